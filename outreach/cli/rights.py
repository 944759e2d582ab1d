"""`outreach contacts export|forget|key` and `outreach retention …`: what people may ask, and what is not kept."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from cyclopts import App

from outreach.cli.contacts import app as contacts
from outreach.cli.terminal import say
from outreach.errors import DefinitionError
from outreach.model.rights import Forgotten, Removed, Replayed
from outreach.services import Services, open_services
from outreach.steps import retention, rights

DAMAGED = 3
"""Exit code of a replay that could not read every line."""

app = App(name="retention", help="What is removed by age, with proof.")


@contacts.command(name="export")
def export_person(email: str, *, to: Path | None = None) -> None:
    """Print everything held about a person as JSON.

    Parameters
    ----------
    email
        The person's address, in any spelling.
    to
        Write it to this file instead; nobody but you can read it.
    """
    with open_services() as services:
        if to is not None:
            print(f"written to {rights.export_to_file(services, email, to)}")
            return
        json.dump(rights.export(services, email), sys.stdout, ensure_ascii=False, indent=2)
    print()


@contacts.command(name="forget")
def forget_person(
    email: str | None = None,
    *,
    why: str = "asked for by the person",
    replay: Path | None = None,
    yes: bool = False,
) -> None:
    """Forget a person for good; figures stay right, and no import brings them back.

    Parameters
    ----------
    email
        The person's address.
    why
        Kept in the erasure log; never write the address here.
    replay
        After a database was restored: forget everybody in this erasure log again, instead of one person. Exit code 3:
        a line could not be read, so somebody may be back.
    yes
        Do not ask whether it is meant.
    """
    if (email is None) == (replay is None):
        raise DefinitionError("contacts forget: name one address, or --replay FILE")
    with open_services() as services:
        if replay is not None:
            replayed = rights.replay(services, replay)
            say(lines_about_replay(replayed))
            if replayed.damaged:
                sys.exit(DAMAGED)
        elif yes or _meant(services, email or ""):
            say(lines_about(rights.forget(services, email or "", why=why)))


def _meant(services: Services, email: str) -> bool:
    """Ask whoever sits at the terminal; a script has nobody to ask."""
    if not sys.stdin.isatty():
        return True
    held = {name: len(rows) for name, rows in rights.export(services, email).items() if isinstance(rows, list) and rows}
    counted = ", ".join(f"{name} {number}" for name, number in held.items()) or "nothing is held about this address"
    say([f"{email}: {counted}"])
    return input("Forget this person? Nobody can undo it. [y/N] ").strip().lower() in ("y", "yes", "j", "ja")


@contacts.command
def key(email: str) -> None:
    """Print the keyed hash of an address, by which the run forms can be told of a person without it."""
    with open_services() as services:
        print(rights.key_of(services, email))


@app.command(name="run")
def run_retention(*, dry_run: bool = False) -> None:
    """Remove what is older than its rule allows; each rule's proof is kept in the database.

    Parameters
    ----------
    dry_run
        Say what would go, and remove nothing.
    """
    with open_services() as services:
        results = retention.dry_run(services) if dry_run else retention.run_retention(services)
    say([f"{_line(each, 'would go' if dry_run else 'removed')}" for each in results if each.removed])
    idle = [each.rule for each in results if not each.removed]
    if idle:
        say([f"nothing old enough: {', '.join(idle)}"])


@app.command
def show() -> None:
    """List the rules as they are in force, and what stays."""
    with open_services() as services:
        shown = retention.shown(services)
    for rule in shown.rules:
        last = next((proof for proof in shown.proofs if proof.rule == rule.name), None)
        say([f"{rule.name}: {rule.what}, after {rule.days} days; last run: {_day(last.at) if last else 'never'}"])
        say([f"  {rule.why}"])


def lines_about(forgotten: Forgotten) -> list[str]:
    """Return what was removed, in words."""
    counted = {name: number for name, number in asdict(forgotten).items() if isinstance(number, int) and number}
    if not counted:
        return [f"nothing was held; the address is kept out from now on, as {forgotten.key}"]
    removed = ", ".join(f"{name} {number}" for name, number in counted.items())
    return [f"forgotten: {removed}", f"the address is kept out from now on, as {forgotten.key}"]


def lines_about_replay(replayed: Replayed) -> list[str]:
    """Return what a replay came to; what needs somebody's attention comes last."""
    lines = [f"{replayed.erasures} people in the log, {len(replayed.forgotten)} of them were in the database"]
    lines += [f"{key} came back by an act of their own since, and stays" for key in replayed.returned]
    lines += [f"line {number} cannot be read: {fault}" for number, fault in replayed.damaged]
    return lines


def _line(removed: Removed, done: str) -> str:
    span = f"{_day(removed.oldest)} to {_day(removed.newest)}"
    return f"{removed.rule}: {removed.removed} {done}, of {span}; proof: SHA-256 {removed.digest}"


def _day(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"

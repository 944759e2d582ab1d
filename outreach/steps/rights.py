"""What people may ask of us: a copy of everything held about them, and to be forgotten for good."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.delivery.queries import plan
from outreach.errors import DefinitionError, NotFound
from outreach.model.erasure import address_key, is_key
from outreach.model.rights import Erasure, Forgotten, Replayed
from outreach.rights import addresses, erasures, error_files, exports
from outreach.rights.queries import export as held
from outreach.rights.queries import forget as forgetting
from outreach.rights.queries import replay as replaying
from outreach.rights.queries import traces
from outreach.services import Services
from outreach.steps.addresses import normalised
from outreach.store import reading, turns

log = logging.getLogger(__name__)

FORMAT = "outreach-person-1"

CROSSWISE = ("40001", "40P01")
"""What PostgreSQL says where two transactions wait for each other and one has to give way."""


def export(services: Services, email: str) -> dict[str, Any]:
    """Return everything held about a person, as JSON can carry it; the same keys whether or not anything is held.

    `format`, `email` and `exported_at` (times are ISO 8601 with their zone); `contact` (null where there is none) with
    `organisation` and `groups`; `consents`, the ledger whole, and `subscriptions`, what of it is in force; `signups`
    and `letters_asked_for`; `suppressions`, why the address is not written to; `forgotten`, when the person was;
    `mails`, each with campaign, wave, subject, status, `sent_at`, `opens_and_clicks` and the email API's `reports`;
    `answers` to forms; and `answers_under_another_address`, how many came by this person's mails but name another
    address: they may be somebody else's, so they are given out to that address alone.
    """
    address = normalised(email)
    key = key_of(services, address)
    with reading(services.sessions) as session:
        found = traces.of(session, address, key)
        sections = held.everything(session, found, key, services.tokens.rid)
    now = services.clock().astimezone(UTC).isoformat()
    return {"format": FORMAT, "email": address, "exported_at": now, **sections}


def forget(services: Services, email: str, *, why: str) -> Forgotten:
    """Forget a person for good; return what was removed. Twice is the same as once.

    The erasure is in the log, and on the disk, before anything is removed: a restored backup can be brought up to date.
    It is there for every address that the person had with us, since a backup may know them by an older one.
    """
    address = normalised(email)
    erasure = Erasure(key_of(services, address), services.clock(), why)
    with reading(services.sessions) as session:
        found = traces.of(session, address, erasure.key)
    logged: set[str] = set()
    _log(services, erasure, found, logged)
    return _forgotten(services, address, erasure, logged)


def replay(services: Services, log: Path) -> Replayed:
    """Forget everybody in the database whose key is in an erasure log; twice is the same as once.

    Who confirmed a sign-up after they were forgotten stays, and what is older than that goes where it can: mails,
    answers and letters asked for, not the contact with its ledger. Nothing else brings anybody back: not an answer, not
    a sign-up that was never confirmed, not an import; but answers given since stay. What the house's own log does not
    know yet is added to it.
    """
    written, damaged = erasures.read(log)
    newest = {each.key: each for each in sorted(written, key=lambda erasure: erasure.at)}
    _add_to_own_log(services, log, newest)
    with reading(services.sessions) as session:
        known = {key: erasure.at for key, erasure in newest.items()}
        matches = sorted(set(replaying.matching(session, known, _keys(services))))
        back = {key for key, email in matches if traces.came_back(session, normalised(email), known[key])}
    people = {(key, normalised(email)) for key, email in matches}
    logged = set(newest)
    done = [_forgotten(services, email, newest[key], logged, again=True) for key, email in sorted(people)]
    with services.sessions.begin() as session:
        for key in sorted(newest.keys() - back):
            forgetting.remember(session, key, newest[key].at)
    removed = tuple(each for each in done if each != Forgotten(each.key))
    return Replayed(len(newest), removed, tuple(sorted(back)), tuple(damaged))


def export_to_file(services: Services, email: str, file: Path) -> Path:
    """Write a person's export to *file*, which nobody but this user can read."""
    return exports.write(file, export(services, email))


def export_to_folder(services: Services, who: str) -> tuple[Path, dict[str, int]]:
    """Write a person's export where only this machine's owner can read it; return the file, and counts of what is in.

    *who* is an address or its key.
    """
    address = resolved(services, who)
    document = export(services, address)
    file = exports.file_for(services.settings.exports, key_of(services, address), services.clock())
    counts = {section: len(value) for section, value in document.items() if isinstance(value, list)}
    return exports.write(file, document), {"contact": int(document["contact"] is not None), **counts}


def forget_by(services: Services, who: str, *, why: str) -> Forgotten:
    """Forget whom an address or a key names; the key of nobody in the database is kept out like any other."""
    try:
        return forget(services, resolved(services, who), why=why)
    except NotFound:
        erasure = Erasure(who.strip(), services.clock(), why)
        erasures.append(services.settings.erasures, erasure)
        with services.sessions.begin() as session:
            forgetting.remember(session, erasure.key, erasure.at)
        return Forgotten(erasure.key)


def resolved(services: Services, who: str) -> str:
    """Return the address that *who* is, or of which it is the key; `NotFound` where no address has it."""
    who = who.strip()
    if not is_key(who):
        return normalised(who)
    with reading(services.sessions) as session:
        keys = {who: services.clock()}
        found = sorted({address for _, address in replaying.matching(session, keys, _keys(services))})
    if not found:
        raise NotFound("person with the key", who)
    return normalised(found[0])


def key_of(services: Services, email: str) -> str:
    """Return the keyed hash by which a person can be named without their address; a key is its own."""
    who = email.strip()
    return who if is_key(who) else address_key(services.settings.erasure_secret(), normalised(who))


def _forgotten(
    services: Services, address: str, erasure: Erasure, logged: set[str], *, again: bool = False
) -> Forgotten:
    """Forget somebody, once more where others wait crosswise; with *again* only what is older than the erasure."""
    try:
        found, removed = _erased(services, address, erasure, logged, again=again)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in CROSSWISE:
            raise
        log.info("somebody else wrote about the person at the same moment; once more")
        found, removed = _erased(services, address, erasure, logged, again=again)
    if not found.back:
        keys = [key_of(services, each) for each in found.addresses]
        removed["exports"] = sum(exports.delete_of(services.settings.exports, key) for key in keys)
        removed["error_rows"] = error_files.take_out(services.settings.imports, found.addresses)
    return Forgotten(erasure.key, **removed)


def _erased(
    services: Services, address: str, erasure: Erasure, logged: set[str], *, again: bool
) -> tuple[traces.Traces, Counter[str]]:
    before = erasure.at if again else None
    with services.sessions.begin() as session:
        turns.forgetting(session)
        found = traces.of(session, address, erasure.key, before)
        approved = _approved(session, found)
        forgetting.hold(session, found)
        found = traces.of(session, address, erasure.key, before)
        if not found.back:
            _log(services, erasure, found, logged)
            for each in found.addresses:
                forgetting.remember(session, key_of(services, each), erasure.at)
        removed = forgetting.erase(session, found, services.tokens.rid)
        removed["approvals"] = _carry_over(services, session, approved)
    return found, removed


def _log(services: Services, erasure: Erasure, found: traces.Traces, logged: set[str]) -> None:
    """Write down, for each address that is not *logged* yet, that the person was forgotten."""
    why = addresses.without(erasure.why, addresses.all_spellings(found.addresses))
    keys = [erasure.key, *(key_of(services, each) for each in found.addresses)]
    for key in dict.fromkeys(keys):
        if key not in logged:
            erasures.append(services.settings.erasures, replace(erasure, key=key, why=why))
            logged.add(key)


def _approved(session: Session, found: traces.Traces) -> dict[int, str]:
    """Return the digests of waves that are approved as they stand, by wave."""
    waves = forgetting.approved_waves(session, found.deliveries)
    digests = {wave_id: plan.digest(session, wave_id) for wave_id in waves}
    return {wave_id: digest for wave_id, digest in digests.items() if plan.approved_digest(session, wave_id) == digest}


def _carry_over(services: Services, session: Session, approved: dict[int, str]) -> int:
    """Let approvals stand for the waves without the person: nobody who is in them gets anything else."""
    for wave_id, before in approved.items():
        by, note = forgetting.approver(session, wave_id)
        after = plan.digest(session, wave_id)
        said = f"{note} " if note else ""
        note = f"{said}[carried over from {before[:12]}: somebody in the wave was forgotten]"
        plan.keep_approval(session, wave_id, after, approved=True, by=by, note=note, at=services.clock())
        forgetting.carry_preflight(session, wave_id, before, after)
    return len(approved)


def _keys(services: Services) -> Callable[[str], str | None]:
    def key_or_none(address: str) -> str | None:
        try:
            return key_of(services, address)
        except DefinitionError:
            return None  # what a form took years ago need not be an address by today's rules

    return key_or_none


def _add_to_own_log(services: Services, log: Path, erasures_read: dict[str, Erasure]) -> None:
    own = services.settings.erasures
    known = {each.key for each in erasures.read(own)[0]} if own.exists() else set()
    for key, erasure in erasures_read.items():
        if key not in known and log.resolve() != own.resolve():
            erasures.append(own, erasure)

"""Golden mails, looked at by eye: what is compiled today is byte for byte what a person found good.

The first wave of every campaign stands there whole, of all others the words; each set of languages once.
"""

import os
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import islice
from pathlib import Path

from tests.judges.mails import Shipped, shipped

GOLDEN = Path(__file__).parent.parent / "golden"
WRITE = "OUTREACH_GOLDEN"
COMMAND = f"look at them, then: {WRITE}=write .venv/bin/python -m pytest tests/judges/test_golden.py"
MOST = 16
"""Lines of a difference that are shown."""


def expected() -> dict[str, str]:
    once = {(one.campaign, one.wave, one.languages): one for one in reversed(shipped())}
    first = {one.campaign: one.wave for one in reversed(shipped())}
    return {name: text for one in once.values() for name, text in _files(one, whole=first[one.campaign] == one.wave)}


def _files(one: Shipped, *, whole: bool) -> Iterator[tuple[str, str]]:
    yield f"{one.name}.txt", one.mail.text
    if whole:
        yield f"{one.name}.html", one.mail.html


def kept() -> dict[str, str]:
    files = (path for path in GOLDEN.rglob("*") if path.is_file())
    return {str(path.relative_to(GOLDEN)): path.read_bytes().decode() for path in files}


def write(mails: Mapping[str, str]) -> None:
    for name in kept().keys() - mails.keys():
        (GOLDEN / name).unlink()
    for name, text in mails.items():
        path = GOLDEN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def difference(name: str, golden: str, compiled: str) -> str:
    lines = unified_diff(golden.splitlines(), compiled.splitlines(), f"golden/{name}", "compiled", lineterm="", n=0)
    return "\n".join(line[:160] for line in islice(lines, MOST))


def test_mails_are_to_the_byte_what_was_looked_at():
    mails = expected()
    if os.environ.get(WRITE) == "write":
        write(mails)
    golden = kept()

    assert (sorted(golden), COMMAND) == (sorted(mails), COMMAND)
    changed = [name for name in sorted(mails) if mails[name] != golden[name]]
    shown = "\n".join(difference(name, golden[name], mails[name]) for name in changed[:3])
    assert not changed, f"{len(changed)} mails changed: {', '.join(changed)}\n{shown}\n{COMMAND}"

"""The nightly broom: what is older than its rule allows goes, a portion a transaction, with proof of what it was."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from outreach.dashboard.retention import retention_markdown
from outreach.model.rights import Removed, Retention, Rule
from outreach.rights import error_files, exports, rules
from outreach.rights.queries import retention
from outreach.services import Services
from outreach.store import reading, turns

PORTION = 5000
"""So many rows go in one transaction: others never wait long for a row."""

FILES: Mapping[str, Callable[[Services, datetime], Iterator[tuple[datetime, Path]]]] = {
    "exports": lambda services, cutoff: exports.older(services.settings.exports, cutoff),
    "imports": lambda services, cutoff: error_files.older(services.settings.imports, cutoff),
}
"""The rules that speak of files; all others speak of rows."""

SHOWN = 8 * len(rules.RULES)


def run_retention(services: Services, *, portion: int = PORTION) -> tuple[Removed, ...]:
    """Remove what is older than its rule allows; return the proof of each rule, which is in the database too.

    Started again after it was broken off, it goes on; the proofs of both runs together name what went.
    """
    now = services.clock()
    return tuple(_run(services, rule, now, portion) for rule in in_force(services))


def dry_run(services: Services) -> tuple[Removed, ...]:
    """Return what a run would remove now; nothing is changed."""
    now = services.clock()
    return tuple(_due(services, rule, rules.cutoff(rule, now)) for rule in in_force(services))


def in_force(services: Services) -> tuple[Rule, ...]:
    """Return the rules with the days that this house gives."""
    return rules.in_force(services.settings.retention)


def shown(services: Services) -> Retention:
    """Return the rules and their newest proofs."""
    with reading(services.sessions) as session:
        return Retention(in_force(services), tuple(retention.proofs(session, SHOWN)), rules.KEPT)


def summary(services: Services) -> str:
    """Return rules and proofs as markdown."""
    return retention_markdown(shown(services), services.clock())


def _due(services: Services, rule: Rule, cutoff: datetime) -> Removed:
    if rule.name in FILES:
        return _of(rule, cutoff, [at for at, _ in FILES[rule.name](services, cutoff)])
    with reading(services.sessions) as session:
        return retention.due(session, rule.name, cutoff)


def _run(services: Services, rule: Rule, now: datetime, portion: int) -> Removed:
    cutoff = rules.cutoff(rule, now)
    if rule.name in FILES:
        return _run_over_files(services, rule, cutoff, now)
    seen = hashlib.sha256()
    proof = replace(_of(rule, cutoff, []), digest=seen.hexdigest(), at=now)
    proof_id: int | None = None
    last: int | str | None = None
    while True:
        with services.sessions.begin() as session:
            turns.forgetting(session)
            gone = retention.remove(session, rule.name, cutoff, services.tokens.rid, after=last, most=portion)
            if gone is None and proof_id is not None:
                return proof
            if gone is not None:
                last = gone.last
                seen.update("".join(f"{line}\n" for line in gone.lines).encode())
                proof = _with(proof, gone.times, seen.hexdigest())
            proof_id = retention.write_proof(session, proof_id, proof, now)
        if gone is None:
            return proof


def _run_over_files(services: Services, rule: Rule, cutoff: datetime, now: datetime) -> Removed:
    seen = hashlib.sha256()
    proof = replace(_of(rule, cutoff, []), at=now)
    for at, file in FILES[rule.name](services, cutoff):
        file.unlink(missing_ok=True)
        seen.update(f"{file.name}\n".encode())
        proof = _with(proof, [at], "")
    proof = replace(proof, digest=seen.hexdigest())
    with services.sessions.begin() as session:
        retention.write_proof(session, None, proof, now)
    return proof


def _of(rule: Rule, cutoff: datetime, times: Iterable[datetime]) -> Removed:
    return _with(Removed(rule.name, cutoff, 0, None, None), list(times), "")


def _with(proof: Removed, times: Iterable[datetime], digest: str) -> Removed:
    """Return the proof with further rows of these times."""
    times = list(times)
    seen = [*times, *(at for at in (proof.oldest, proof.newest) if at is not None)]
    return replace(
        proof,
        removed=proof.removed + len(times),
        oldest=min(seen, default=None),
        newest=max(seen, default=None),
        digest=digest,
    )

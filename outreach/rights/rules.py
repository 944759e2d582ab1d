"""How long what is kept, and why; rules as data, in the order in which they are applied."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.errors import DefinitionError
from outreach.model.rights import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "agents",
        "program and network of whoever opened or clicked",
        30,
        "only needed to tell people from machines, which is done at once; the label stays",
    ),
    Rule(
        "engagement",
        "single opens and clicks",
        90,
        "disputes about a mail come up within weeks; the figures are counted and stay",
    ),
    Rule("reports", "single reports of the email API", 90, "they are written into the ledger; kept for questions"),
    Rule("networks", "networks that answers came from", 30, "only needed to hold programs back that fill in forms"),
    Rule(
        "signup-networks", "networks that sign-ups came from", 30, "the confirmed consent is the proof, not the network"
    ),
    Rule(
        "copies",
        "names and reasons copied into each mail's row",
        365,
        "they show what a mail said while somebody may ask; the contact itself has the name",
    ),
    Rule(
        "signups",
        "sign-ups that were never confirmed, with the contact they made where nothing else needs it",
        14,
        "somebody may have typed in another's address; without a confirmation there is no ground to keep it",
    ),
    Rule(
        "letters",
        "letters that were asked for",
        30,
        "only needed to hold back who asks too often, and while a link works",
    ),
    Rule("calls", "what the email API said of a call", 90, "an error text may quote an address; the outcome stays"),
    Rule("batches", "what was noted of a settled batch", 90, "as for calls"),
    Rule(
        "exports", "files that export-person wrote", 7, "they were made to be handed over, and hold all about a person"
    ),
    Rule(
        "imports",
        "files that an import from an address left: rows with errors",
        30,
        "they were kept to be corrected, and hold what a file said of people",
    ),
    Rule(
        "pictures",
        "pictures of mails, taken for their approver, once the wave is over or was not planned again",
        90,
        "only needed to decide; the mails themselves stay",
    ),
    Rule("milestones", "milestones that Prefect was told", 90, "they are on their way to Prefect only"),
)

KEPT: Mapping[str, str] = {
    "contact": "as long as the person is in our files; `contacts forget` removes it",
    "organisation": "organisations, not people",
    "contact_group": "as long as the contact",
    "consent": "the proof of consent, as long as the contact; it is never changed",
    "subscription": "as long as the consent is in force",
    "suppression": "as long as the address must not be written to",
    "erased": "for good: keyed hashes, so that no import brings anybody back",
    "retention": "for good: the proofs themselves name nobody",
    "delivery": "as long as the figures; the address as long as the contact, copied names and reasons go by a rule",
    "signup": "a confirmed one as long as the contact",
    "batch": "as long as the figures; holds nobody",
    "attempt": "as long as the figures; holds nobody",
    "approval": "for good: which colleague let a wave go",
    "submission": "answers belong to their campaign; `contacts forget` removes a person's",
    "call": "holds nobody",
    "campaign": "holds nobody",
    "wave": "holds nobody",
    "message": "holds nobody",
    "link": "holds nobody",
    "counter": "holds nobody",
    "spent": "holds nobody",
    "preflight": "holds nobody",
    "issue": "holds nobody",
    "source": "holds nobody",
    "content": "holds nobody of ours: what others published",
    "content_revision": "holds nobody of ours: what others published",
}
"""Tables of which rows stay whatever their age, and why."""


def in_force(days: Mapping[str, int]) -> tuple[Rule, ...]:
    """Return the rules with the days that the settings give instead."""
    names = [rule.name for rule in RULES]
    for name, number in days.items():
        if name not in names:
            raise DefinitionError(f"OUTREACH_RETENTION: no rule {name!r}; there is: {', '.join(names)}")
        if number < 1:
            raise DefinitionError(f"OUTREACH_RETENTION: {name}: found {number} days; write 1 or more")
    return tuple(replace(rule, days=days.get(rule.name, rule.days)) for rule in RULES)


def cutoff(rule: Rule, now: datetime) -> datetime:
    """Return the moment before which everything that *rule* speaks of goes."""
    return now - timedelta(days=rule.days)

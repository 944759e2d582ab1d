"""What can be asked about consents in force."""

from sqlalchemy import exists

from outreach.audience.predicates.days import midnight, one_of_pairs
from outreach.audience.predicates.vocabulary import Clause, Listed, Named, predicate
from outreach.model.people import Basis
from outreach.store.tables import ContactRow, SubscriptionRow


@predicate("agrees to mails about {}", example="social-work", of=Named.TOPIC)
def subscribed_to(topics: Listed) -> Clause:
    """Has a consent to this topic in force: given, and not withdrawn since.

    `tracking` is for people who allow that opens and clicks are kept.
    """
    return exists().where(SubscriptionRow.contact_id == ContactRow.id, SubscriptionRow.topic.in_(topics))


@predicate("has agreed to {} (topic=day) or later", example="social-work=2026-01-31", of=Named.TOPIC, pair=True)
def consent_since(pairs: Listed) -> Clause:
    """Has a consent in force that was given on this day or later: `topic=2026-01-31`."""
    return one_of_pairs(
        pairs, lambda topic, day: _agreed(topic, SubscriptionRow.since >= midnight(day)), "topic=2026-01-31"
    )


@predicate("agreed before {} (topic=day)", example="social-work=2026-01-31", of=Named.TOPIC, pair=True)
def consent_before(pairs: Listed) -> Clause:
    """Has a consent in force that was given before this day: `topic=2026-01-31`."""
    return one_of_pairs(
        pairs, lambda topic, day: _agreed(topic, SubscriptionRow.since < midnight(day)), "topic=2026-01-31"
    )


@predicate(
    "may be written to on the basis {} (topic=basis)", example="social-work=membership", of=Named.TOPIC, pair=True
)
def basis(pairs: Listed) -> Clause:
    """Has a consent in force that rests on `consent`, `membership` or `published`: `topic=membership`."""
    return one_of_pairs(pairs, _rests, f"topic={Basis.MEMBERSHIP}")


def _rests(topic: str, ground: str) -> Clause:
    if ground not in tuple(Basis):
        raise ValueError(f"basis {ground!r} is not known; known: {', '.join(Basis)}")
    return _agreed(topic, SubscriptionRow.basis == ground)


def _agreed(topic: str, condition: Clause) -> Clause:
    return exists().where(SubscriptionRow.contact_id == ContactRow.id, SubscriptionRow.topic == topic, condition)

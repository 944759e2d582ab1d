"""Fills the slots of a message for one recipient."""

from collections.abc import Callable, Mapping

from outreach.model.delivery import Batch, Frozen
from outreach.model.mail import MergePlan, Message, Recipient, one_line
from outreach.model.tokens import Tokens

KEYS: Mapping[str, Callable[[Tokens, int], str]] = {
    "unsubscribe": Tokens.unsubscribe,
    "preferences": Tokens.preferences,
    "confirm": Tokens.confirm,
    "rights": Tokens.rights,
}
"""Slots that let their recipient do something; signed only where a message has them, for signing costs most of it."""

LONGEST = 200
"""Characters of a name; it may stand in a subject, and a header has only so much room in a line."""


def merge_plan(batch: Batch, tokens: Tokens) -> MergePlan:
    """Return the batch with every slot of every recipient filled; the same batch gives the same plan."""
    return MergePlan(batch.message, tuple(map(_filling(batch.message, tokens), batch.recipients)))


def recipient(message: Message, who: Frozen, tokens: Tokens) -> Recipient:
    """Return *who* with the values of all slots that a message can have."""
    return _filling(message, tokens)(who)


def _filling(message: Message, tokens: Tokens) -> Callable[[Frozen], Recipient]:
    """Return what fills the slots of *message* for one person after the other."""
    keys = [(name, sign) for name, sign in KEYS.items() if name in message.slots]
    greetings = [(f"salutation_{code}", words) for code, words in message.salutations.items()]

    def filled(who: Frozen) -> Recipient:
        rid = tokens.rid(who.delivery_id)
        name = one_line(who.first_name)[:LONGEST]
        values = {
            "rid": rid,
            "pixel": f"o/{rid}" if who.tracked else f"p/{who.wave_id}",
            "first_name": name,
            "organisation": one_line(who.organisation)[:LONGEST],
        }
        for slot, sign in keys:
            values[slot] = sign(tokens, who.delivery_id)
        for slot, words in greetings:
            values[slot] = words.to(name)
        return Recipient(rid, who.email, values)

    return filled


def onlooker(message: Message, wave_id: int, rid: str) -> Recipient:
    """Return the reader of a mail's online view, who may be anyone: no name, no right to unsubscribe another."""
    values = {
        "rid": rid,
        **dict.fromkeys(KEYS, "-"),
        "pixel": f"p/{wave_id}",
        "first_name": "",
        "organisation": "",
        **{f"salutation_{code}": words.to("") for code, words in message.salutations.items()},
    }
    return Recipient(rid, "", values)

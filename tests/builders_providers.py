"""Mails to send, for tests of providers and of the outbox."""

from itertools import count

from outreach.model.mail import Address, MergePlan, Message, Recipient

_numbers = count(1)


def message(**changes: object) -> Message:
    """A message with slots in every place that can have one."""
    parts: dict[str, object] = {
        "variant": "nl+de",
        "languages": ("nl", "de"),
        "sender": Address("nieuws@example.org", "Vereniging Überall"),
        "reply_to": "redactie@example.org",
        "subject": "Nieuws voor @@first_name@@ | Neues",
        "html": '<html><head></head><body><p>Beste @@first_name@@</p><a href="/c/@@rid@@/1">x</a></body></html>',
        "text": "Beste @@first_name@@,\n\nhttps://example.org/c/@@rid@@/1\n",
        "headers": {"List-Unsubscribe": "<https://example.org/u/@@unsubscribe@@>", "X-Entity-Ref-ID": "@@rid@@"},
    }
    return Message(**{**parts, **changes})  # type: ignore[arg-type]


def recipient(email: str = "anna@example.com", rid: str = "", first_name: str = "Anna <b>") -> Recipient:
    """Somebody with a rid of their own."""
    rid = rid or f"r{next(_numbers)}"
    return Recipient(rid, email, {"rid": rid, "first_name": first_name, "unsubscribe": f"u-{rid}", "unused": "zz"})


def plan(*emails: str, **changes: object) -> MergePlan:
    """A plan for *emails*, each with a new rid."""
    return MergePlan(message(**changes), tuple(recipient(email) for email in emails or ("anna@example.com",)))


def rids(merge: MergePlan) -> list[str]:
    """The ids of a plan, in order."""
    return [who.rid for who in merge.recipients]

"""A mail before and after merging: compiled once per variant with slots open, filled once per recipient.

A slot is a plain ASCII mark, `@@name@@`, that survives CSS inlining. In HTML its value is escaped, in plain text and
headers it stands as it is; header values may hold no line break.
"""

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from outreach.errors import DefinitionError

SLOT = re.compile(r"@@([a-z][a-z0-9_]*)@@")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox with the name shown beside it."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A registered target of a tracked link; *label* is what the reader clicked on."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Salutation:
    """How a mail greets in one language: with `{name}`, and without where no name is known."""

    named: str
    plain: str

    def to(self, first_name: str) -> str:
        """Return the greeting for *first_name*, which may be empty."""
        return self.named.replace("{name}", first_name) if first_name else self.plain


class Pieces:
    """A template split at its slots once, so that filling it is one join."""

    def __init__(self, template: str) -> None:
        self._parts = SLOT.split(template)  # words, name, words, name, … words
        self._picked = _picking(self._parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with every slot filled; `KeyError` names a missing one."""
        parts = self._parts.copy()
        parts[1::2] = self._picked(values)
        return "".join(parts)


def _picking(names: Sequence[str]) -> Callable[[Mapping[str, str]], Sequence[str]]:
    """Return what picks the values of *names*; of one name alone, `itemgetter` would give no sequence."""
    return itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]


@dataclass(frozen=True)
class Mail:
    """One finished mail."""

    rid: str
    recipient: str
    sender: Address
    reply_to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]


def message_name(audience: str, variant: str, version: str = "") -> str:
    """Return what tells a message from the others of its wave: `nl+de`, `members: nl`, `nl, version b`."""
    name = f"{audience}: {variant}" if audience else variant
    return f"{name}, version {version}" if version else name


@dataclass(frozen=True)
class Message:
    """A wave's mail in one variant (`nl`, `de`, `nl+de`), inlined, every link registered, slots open.

    *headers* are the ones beyond From, To, Subject; *links* are numbered by position, which is what tracked addresses
    carry; *salutations* say per language how the slot `salutation_<language>` is filled. *audience* is whom alone it is
    for; empty, as for all but newsletters, it is for every audience of its wave. *version* is `b` for the other text
    where a wave tries two of them.
    """

    variant: str
    languages: tuple[str, ...]
    sender: Address
    reply_to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]
    links: tuple[Link, ...] = ()
    salutations: Mapping[str, Salutation] = field(default_factory=dict)
    audience: str = ""
    version: str = ""

    @property
    def name(self) -> str:
        """What tells it from the wave's other messages: `nl+de`, or `members: nl+de`."""
        return message_name(self.audience, self.variant, self.version)

    @cached_property
    def slots(self) -> frozenset[str]:
        """Names of all slots, wherever they stand."""
        places = (self.subject, self.html, self.text, *self.headers.values())
        return frozenset(chain.from_iterable(SLOT.findall(place) for place in places))

    @cached_property
    def digest(self) -> str:
        """Hash of all a recipient could see; what an approval holds on to."""
        seen = [
            *([self.version] if self.version else ()),
            *([self.audience] if self.audience else ()),  # so that digests of waves from before keep what they were
            self.variant, self.sender.email, self.sender.name, self.reply_to, self.subject, self.html, self.text,
            sorted(self.headers.items()), [(link.url, link.label) for link in self.links],
            sorted((code, words.named, words.plain) for code, words in self.salutations.items()),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()

    @cached_property
    def _split(self) -> tuple[Pieces, Pieces, Pieces, dict[str, Pieces]]:
        headers = {name: Pieces(value) for name, value in self.headers.items()}
        return Pieces(self.subject), Pieces(self.html), Pieces(self.text), headers

    def fill(self, recipient: "Recipient") -> Mail:
        """Return the mail for *recipient*; `MergePlan` has checked that nothing is missing."""
        subject, body, text, headers = self._split
        return Mail(
            rid=recipient.rid,
            recipient=recipient.email,
            sender=self.sender,
            reply_to=self.reply_to,
            subject=subject.fill(recipient.values),
            html=body.fill(recipient.escaped()),
            text=text.fill(recipient.values),
            headers={name: pieces.fill(recipient.values) for name, pieces in headers.items()},
        )


class Recipient(NamedTuple):
    """An address with the values of all slots. Line breaks are taken out of the values: they could forge headers.

    A tuple, since one is made for every mail, and a frozen dataclass takes four times as long to make.
    """

    rid: str
    email: str
    values: Mapping[str, str]

    def escaped(self) -> dict[str, str]:
        """Return the values as they may stand in HTML."""
        return dict(zip(self.values, escape(list(self.values.values())), strict=True))


def escape(values: Sequence[str]) -> Sequence[str]:
    """Return *values* as they may stand in HTML; most people's hold nothing to escape, and one look over all tells."""
    together = "".join(values)
    return values if html.escape(together) == together else [html.escape(value) for value in values]


def one_line(value: str) -> str:
    """Return *value* without control characters or line breaks, fit for a header and a greeting."""
    if value.isprintable():  # as nearly all are; character by character takes twenty times as long
        return value.strip()
    return "".join(c if c.isprintable() else " " for c in value).strip()


@dataclass(frozen=True)
class MergePlan:
    """A message with the recipients of one API call; making it checks that every slot of every recipient is filled."""

    message: Message
    recipients: tuple[Recipient, ...]

    def __post_init__(self) -> None:
        slots = self.message.slots
        for recipient in self.recipients:
            if not slots <= recipient.values.keys():
                missing = slots - recipient.values.keys()
                raise DefinitionError(
                    f"variant {self.message.variant}: no value for slot {', '.join(sorted(missing))}; "
                    f"slots that can be filled: {', '.join(sorted(recipient.values))}"
                )

    def mails(self) -> Iterable[Mail]:
        """Yield the finished mails in the recipients' order."""
        return (self.message.fill(recipient) for recipient in self.recipients)


class Receipt(NamedTuple):
    """A provider's answer for one recipient: its own id for the mail, or why it refused, or that it never tried.

    *later* is why it took nothing for now, though it may take the same another time (SMTP's 4xx). *doubt* is why nobody
    can tell what became of this mail, where that of the others is known. A tuple, since one is made for every mail of
    every call, and a frozen dataclass takes four times as long to make.
    """

    rid: str
    provider_id: str = ""
    refused: str = ""
    untried: bool = False
    later: str = ""
    doubt: str = ""

    @property
    def plain(self) -> bool:
        """Whether it was taken, and there is nothing more to say."""
        return not (self.refused or self.untried or self.later or self.doubt)

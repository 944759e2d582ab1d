"""A call to Mailgun as it travels: a form with the message once, and in its first field what differs, by address.

Slots become `%recipient.x%`: `h_` escaped for HTML, `t_` as they are, `s_` where nobody's differs between the two,
`head_` whole header values.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from json.encoder import encode_basestring as _quoted

from outreach.errors import DefinitionError
from outreach.model.mail import SLOT, MergePlan, Message, escape
from outreach.providers import carriage, envelope
from outreach.providers.port import Limits

MOST_OF_OPTIONS = 16_384
"""Bytes of all o:, h:, v: and t: fields together."""

_ITS_OWN = re.compile(r"%(?:recipient|(?:tag_|mailing_list_)?unsubscribe_)", re.IGNORECASE)
"""What Mailgun would fill in, whoever wrote it."""

_VARIABLES = "recipient-variables"
_BOUNDARY = re.compile(rb"--(outreach-[0-9a-f]{32})\r\n")

Fields = Sequence[tuple[str, str]]


def written(plan: MergePlan, limits: Limits) -> bytes:
    """Return the form with the message, its variables, and everybody who can be written to in this call."""
    message = plan.message
    _check_for_its_own(message)
    variables = _Variables(plan)
    options = _options(plan)
    size = sum(len(name.encode()) + len(value.encode(errors="replace")) for name, value in options)
    if size > MOST_OF_OPTIONS:
        raise DefinitionError(f"mailgun takes {MOST_OF_OPTIONS:,} bytes of headers and options, not {size:,}")
    people = _written_to(plan, variables)
    fields = [
        # an address that every API takes holds nothing that JSON would write another way
        (_VARIABLES, "{" + ", ".join([f'"{email}": {told}' for email, told in sorted(people.items())]) + "}"),
        ("from", envelope.mailbox(message.sender)),
        *(("to", email) for email in people),
        ("subject", variables.in_text(message.subject)),
        ("html", variables.in_html(message.html)),
        ("text", variables.in_text(message.text)),
        *options,
    ]
    return _form(fields, limits)


def content_type(body: bytes) -> str:
    """Return what a form says of itself."""
    boundary = _BOUNDARY.match(body)
    return f"multipart/form-data; boundary={boundary[1].decode() if boundary else 'none'}"


def called(body: bytes, rids: Sequence[str]) -> set[str]:
    """The ids of those who are in the call: its first field tells. All, where it is no form of ours."""
    start = body.find(b"\r\n\r\n") + 4
    if _VARIABLES.encode() not in body[:start]:
        return set(rids)
    end = body.find(b"\r\n", start)
    addressed = body[: start - 4].replace(_VARIABLES.encode(), b"to")  # no text of a mail can hold the boundary in it
    if body.count(addressed, end) == len(rids):
        return set(rids)
    return {values["rid"] for values in json.loads(body[start:end]).values()}


class _Variables:
    """What differs between the recipients of a plan, slot by slot, and as JSON with its keys in order for each of them.

    A slot is looked at for all recipients at once, and the text around the values is made once, which takes a tenth of
    the time of `json.dumps` and gives the same.
    """

    def __init__(self, plan: MergePlan) -> None:
        message, self._people = plan.message, plan.recipients
        in_html, in_text = set(SLOT.findall(message.html)), set(SLOT.findall(f"{message.subject} {message.text}"))
        self._columns = {name: self._column(name) for name in message.slots}
        escaped = {name: escape(self._columns[name]) for name in in_html}
        same = {name for name in in_html & in_text if escaped[name] is self._columns[name]}
        self._html = {name: f"s_{name}" if name in same else f"h_{name}" for name in in_html}
        self._text = {name: f"s_{name}" if name in same else f"t_{name}" for name in in_text}
        values = {key: escaped[name] for name, key in self._html.items()}
        values |= {key: self._columns[name] for name, key in self._text.items()}
        self._keys = {key: ("%s", [_inside(column)]) for key, column in values.items()}
        self._keys["rid"] = ("%s", [_inside([who.rid for who in plan.recipients])])
        for number, name in enumerate(_own_headers(message)):
            self._keys[f"head_{number}"] = self._header(name, message.headers[name])

    def in_html(self, template: str) -> str:
        """Return HTML with Mailgun's variables."""
        return SLOT.sub(lambda slot: f"%recipient.{self._html[slot[1]]}%", template)

    def in_text(self, template: str) -> str:
        """Return a subject or plain text with Mailgun's variables."""
        return SLOT.sub(lambda slot: f"%recipient.{self._text[slot[1]]}%", template)

    def lines(self) -> Iterator[str]:
        """Yield the variables of one recipient after the other."""
        keys = sorted(self._keys)
        form = "{" + ", ".join(f'{_quoted(key)}: "{self._keys[key][0]}"' for key in keys) + "}"
        rows = zip(*chain.from_iterable(self._keys[key][1] for key in keys), strict=True)
        return (form % row for row in rows)

    def _column(self, slot: str) -> list[str]:
        return [who.values[slot] for who in self._people]

    def _header(self, name: str, template: str) -> tuple[str, list[Sequence[str]]]:
        words, names = SLOT.split(template)[::2], SLOT.findall(template)
        for slot in names:
            for value in self._columns[slot]:
                carriage.check_value(name, value)
        form = "%s".join(_quoted(part)[1:-1].replace("%", "%%") for part in words)
        return form, [_inside(self._columns[slot]) for slot in names]


def _inside(column: Sequence[str]) -> Sequence[str]:
    """Return values as they stand between the quotes of JSON; most need no change, and one look over all tells."""
    together = "".join(column)
    return column if len(_quoted(together)) == len(together) + 2 else [_quoted(value)[1:-1] for value in column]


def _check_for_its_own(message: Message) -> None:
    places = {"subject": message.subject, "HTML": message.html, "text": message.text, **message.headers}
    for place, text in places.items():
        found = _ITS_OWN.search(text)
        if found:
            raise DefinitionError(
                f"{place} of the mail: Mailgun would fill in {found[0]!r} itself; write it another way"
            )


def _own_headers(message: Message) -> list[str]:
    """Names of the headers that differ between recipients."""
    return sorted(name for name, value in message.headers.items() if SLOT.search(value))


def _options(plan: MergePlan) -> Fields:
    message = plan.message
    own = {name: f"%recipient.head_{number}%" for number, name in enumerate(_own_headers(message))}
    headers = [(f"h:{name}", own.get(name, value)) for name, value in sorted(message.headers.items())]
    return [
        *([("h:Reply-To", message.reply_to)] if message.reply_to else []),
        *headers,
        ("v:rid", "%recipient.rid%"),
        ("o:tag", plan.recipients[0].rid),  # names this call among the domain's events
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
        ("o:tracking-opens", "no"),
    ]


def _written_to(plan: MergePlan, variables: _Variables) -> Mapping[str, str]:
    """Addresses with their variables; of two recipients at one address the first, since Mailgun drops the other."""
    people: dict[str, str] = {}
    met: set[str] = set()
    for who, told in zip(plan.recipients, variables.lines(), strict=True):
        address = who.email.lower()
        if address in met or not envelope.is_plain(who.email) or ("%" in told and _ITS_OWN.search(told)):
            continue
        met.add(address)
        people[who.email] = told
    return people


def _form(fields: Fields, limits: Limits) -> bytes:
    """Return the fields as multipart/form-data; the boundary is their hash, so that equal fields give equal bytes."""
    with carriage.whole_characters():
        named = [(name.replace('"', "%22"), value) for name, value in fields]
        digest = hashlib.blake2b("\0".join(chain.from_iterable(named)).encode(), digest_size=16).hexdigest()
        head = f'--outreach-{digest}\r\nContent-Disposition: form-data; name="'
        form = "".join([f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in named])
        return carriage.sized("mailgun", limits, f"{form}--outreach-{digest}--\r\n".encode())

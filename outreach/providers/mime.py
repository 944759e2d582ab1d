"""Mails as they stand on the wire (RFC 5322, MIME), for servers that want whole messages.

The standard library writes a message's form once; each mail is joined into it, because writing every mail with it
costs more than sending it. For the same reason a text is encoded once, and not anew for everybody. What goes in is
encoded by the standard library too: bodies as quoted-printable, so that no line is longer than 76 characters, headers
beyond ASCII as encoded words.
"""

import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

from outreach.errors import DefinitionError
from outreach.model.mail import SLOT, Mail, Message, Recipient
from outreach.providers import envelope

LONGEST_LINE = 998
"""Characters of a line that every server passes on."""

RID = "X-Outreach-ID"
"""The header that carries the rid; bounces bring it back to whoever reads them."""

SOFT_BREAK = b"=\r\n"

_PLAIN = re.compile(r"(?:[!-<>-~ ]{0,70}[!-<>-~])?")
"""What quoted-printable leaves as it is, and in one line."""

_TEXT, _HTML = "@text@", "@html@"


class Form:
    """A message whose texts are encoded once for all its recipients.

    What stands between slots is encoded by itself, for around each value the line is broken softly: that is as if it
    were not, and makes what comes before and after it independent of the value's length.
    """

    def __init__(self, message: Message, boundary: str) -> None:
        """*boundary* may be any ASCII; with the `=_` before it no line of quoted-printable can be mistaken for it."""
        self._boundary = boundary
        self._bare = replace(message, text="", html="")
        self._text, self._html = _Printable(message.text), _Printable(message.html)

    def content(self, who: Recipient) -> bytes:
        """Return the whole mail for *who*, but for its Date, which is the moment of sending."""
        texts = self._text.fill(who.values), self._html.fill(who.escaped())
        return _joined(self._bare.fill(who), self._boundary, *texts)


def content(mail: Mail, boundary: str) -> bytes:
    """Return one finished mail as `Form` would."""
    return _joined(mail, boundary, [_printable(mail.text)], [_printable(mail.html)])


class _Printable:
    """A template as quoted-printable."""

    def __init__(self, template: str) -> None:
        pieces = SLOT.split(template)
        self._names = pieces[1::2]
        words = [*map(_unended, pieces[:-1:2]), _printable(pieces[-1])]
        self._parts = [words[0]]
        for word in words[1:]:
            self._parts += [SOFT_BREAK, b"", SOFT_BREAK, word]

    def fill(self, values: Mapping[str, str]) -> list[bytes]:
        """Return the parts of the text with every slot filled."""
        parts = self._parts.copy()
        encoded = {name: _value(values[name]) for name in set(self._names)}
        parts[2::4] = [encoded[name] for name in self._names]
        return parts


def message_id(rid: str, sender: str) -> str:
    """Return a mail's Message-ID, without its brackets: the same whenever the same mail is sent."""
    return f"{rid}@{sender.rpartition('@')[2]}"


def _joined(mail: Mail, boundary: str, text: Iterable[bytes], html: Iterable[bytes]) -> bytes:
    """Return a mail whose texts are encoded already, in pieces."""
    before, between, after = _around(f"=_{boundary}")
    fields = [
        _line("From", envelope.ascii_mailbox(mail.sender)),
        _field("To", mail.recipient),
        *([_field("Reply-To", mail.reply_to)] if mail.reply_to else []),
        _field("Subject", mail.subject),
        _field("Message-ID", f"<{message_id(mail.rid, mail.sender.email)}>"),
        _field(RID, mail.rid),
        *(_field(name, value) for name, value in sorted(mail.headers.items())),
    ]
    return b"".join([*fields, before, *text, between, *html, after])


@lru_cache(maxsize=16)
def _around(boundary: str) -> tuple[bytes, bytes, bytes]:
    """The message without what differs: before the text, between text and HTML, after the HTML."""
    whole = EmailMessage(policy=SMTP)
    whole["MIME-Version"] = "1.0"
    whole["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    for kind, mark in (("plain", _TEXT), ("html", _HTML)):
        part = EmailMessage(policy=SMTP)
        part["Content-Type"] = f"text/{kind}; charset=utf-8"
        part["Content-Transfer-Encoding"] = "quoted-printable"
        part.set_payload(mark)
        whole.attach(part)
    before, _, rest = whole.as_bytes().partition(_TEXT.encode())
    between, _, after = rest.partition(_HTML.encode())
    return before, between, after


def _printable(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")


def _unended(text: str) -> bytes:
    """Return a text that goes on behind a soft break, for which there is room in its last line."""
    return _printable(f"{text}x")[:-1]


def _value(value: str) -> bytes:
    return value.encode() if _PLAIN.fullmatch(value) else _unended(value)


@lru_cache(maxsize=256)
def _field(name: str, value: str) -> bytes:
    return _line(name, _words(value))


def _line(name: str, value: str) -> bytes:
    line = f"{name}: {value}\r\n".encode("ascii")
    if max(map(len, line.splitlines())) > LONGEST_LINE:
        raise DefinitionError(f"header {name}: a line of a mail holds {LONGEST_LINE} characters; make it shorter")
    return line


def _words(value: str) -> str:
    """Return *value* as it stands in a header.

    ASCII stays as it is, unfolded: the library would encode an address that is longer than a line, and nothing decodes
    addresses. What could be mistaken for encoded words, or would lose blanks, is encoded.
    """
    if value.isascii() and value == value.strip() and "=?" not in value:
        return value
    return envelope.encoded_words(value, "\r\n")

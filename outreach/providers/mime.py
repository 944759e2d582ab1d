"""Mails as they stand on the wire (RFC 5322, MIME), for servers that want whole messages.

The standard library writes a message's form once; each mail is joined into it, because writing every mail with it
costs more than sending it. What goes in is encoded by the standard library too: bodies as quoted-printable, so that no
line is longer than 76 characters, headers beyond ASCII as encoded words.
"""

import binascii
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

from outreach.errors import DefinitionError
from outreach.model.mail import Mail
from outreach.providers import envelope

LONGEST_LINE = 998
"""Characters of a line that every server passes on."""

RID = "X-Outreach-ID"
"""The header that carries the rid; bounces bring it back to whoever reads them."""

_TEXT, _HTML = "@text@", "@html@"


def content(mail: Mail, boundary: str) -> bytes:
    """Return the whole message but for its Date, which is the moment of sending.

    *boundary* may be any ASCII; with the `=_` before it no line of quoted-printable can be mistaken for it.
    """
    before, between, after = _form(f"=_{boundary}")
    fields = [
        _line("From", envelope.ascii_mailbox(mail.sender)),
        _field("To", mail.recipient),
        *([_field("Reply-To", mail.reply_to)] if mail.reply_to else []),
        _field("Subject", mail.subject),
        _field("Message-ID", f"<{message_id(mail)}>"),
        _field(RID, mail.rid),
        *(_field(name, value) for name, value in sorted(mail.headers.items())),
    ]
    return b"".join([*fields, before, _printable(mail.text), between, _printable(mail.html), after])


def message_id(mail: Mail) -> str:
    """Return the mail's Message-ID, without its brackets: the same whenever the same mail is sent."""
    return f"{mail.rid}@{mail.sender.email.rpartition('@')[2]}"


@lru_cache(maxsize=16)
def _form(boundary: str) -> tuple[bytes, bytes, bytes]:
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

"""What stands on the envelope of a mail: mailboxes as APIs read them, and headers that are theirs to write."""

import re
from collections.abc import Mapping
from email.charset import BASE64, Charset
from email.header import Header

from outreach.errors import DefinitionError
from outreach.model.mail import Address, one_line

WRITTEN_BY_THE_API = frozenset(
    [
        "from", "to", "cc", "bcc", "subject", "reply-to", "sender", "return-path", "date", "message-id",
        "mime-version", "received", "dkim-signature", "content-type", "content-transfer-encoding",
    ]
)  # fmt: skip
"""Fields of their own in every API; as headers they would be dropped, doubled or refused."""

SPECIAL = frozenset('()<>[]:;@\\,."')
"""Characters that mean something in an address, so that a name with one needs quotes."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_UTF_8 = Charset("utf-8")
_UTF_8.header_encoding = BASE64  # the shorter one of two would be sought letter by letter
_LONGEST_ENCODED_LINE = 64  # with the name of a header before it, not longer than 76
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254


def mailbox(address: Address) -> str:
    """Return `name <address>`. The APIs encode names themselves; quotes are for characters that mean something."""
    name = one_line(address.name)
    if not name:
        return address.email
    if set(name) & SPECIAL:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address.email}>'
    return f"{name} <{address.email}>"


def ascii_mailbox(address: Address) -> str:
    """Return `name <address>` for those that do not encode names themselves."""
    name = one_line(address.name)
    if not name.isascii() or "=?" in name:
        return f"{encoded_words(name)} <{address.email}>"
    return mailbox(address)


def encoded_words(text: str, fold: str = "") -> str:
    """Return *text* as the encoded words of RFC 2047, none too long; *fold* is what breaks a line between two."""
    return Header(text, _UTF_8, maxlinelen=_LONGEST_ENCODED_LINE).encode(linesep=fold)


def is_plain(email: str) -> bool:
    """Whether every API takes the address: ASCII, unquoted, a domain with a dot, nothing longer than SMTP allows."""
    if not _ADDRESS.fullmatch(email) or len(email) > _LONGEST_ADDRESS:
        return False
    return email.index("@") <= _LONGEST_LOCAL


def check_ascii(api: str, headers: Mapping[str, str]) -> None:
    """Refuse headers that *api* would garble."""
    for name, value in headers.items():
        if not value.isascii():
            raise DefinitionError(f"header {name}: {api} garbles {value!r}; write it in ASCII")


def check_names(api: str, headers: Mapping[str, str]) -> None:
    """Refuse headers that *api* has fields for."""
    for name in headers:
        if name.lower() in WRITTEN_BY_THE_API:
            raise DefinitionError(f"header {name}: {api} writes it itself; take it out of the mail's headers")

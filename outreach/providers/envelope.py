"""What stands on the envelope of a mail: mailboxes as APIs read them, and headers that are theirs to write."""

import re
from collections.abc import Mapping

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


def is_plain(email: str) -> bool:
    """Whether every API takes the address: ASCII, unquoted, a domain with a dot, nothing longer than SMTP allows."""
    local, _, _ = email.rpartition("@")
    return bool(_ADDRESS.fullmatch(email)) and len(local) <= _LONGEST_LOCAL and len(email) <= _LONGEST_ADDRESS


def check_names(api: str, headers: Mapping[str, str]) -> None:
    """Refuse headers that *api* has fields for."""
    for name in headers:
        if name.lower() in WRITTEN_BY_THE_API:
            raise DefinitionError(f"header {name}: {api} writes it itself; take it out of the mail's headers")

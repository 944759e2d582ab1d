"""A mail server of aiosmtpd that takes, refuses and fails as told; what it took is read by the standard library."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from outreach.demo.outbox.faults import Fault, FaultKind, Faults
from outreach.model.mail import Address, Mail
from tests.providers.serving import free_port

OF_THE_FORM = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
BUSY = (FaultKind.BUSY_429, FaultKind.BUSY_429_WITH_RETRY_AFTER)
BEFORE = (FaultKind.ERROR_500, FaultKind.TIMEOUT_BEFORE)
USER = "outreach"
HANG_UP = "250 never said"
"""The reply to a sender instead of which the connection ends."""


@dataclass
class SmtpServer:
    """One server. *results* are replies to recipients: `{"RCPT": …}` or `{"DATA": …}`; *greetings* to their senders.

    *closes_after* is how many mails it takes on one connection.
    """

    token: str
    pipelining: bool = True
    faults: Faults = field(default_factory=Faults)
    mails: list[Mail] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    closes_after: int = 0

    def forget(self) -> None:
        self.faults.forget()
        self.mails.clear()
        self.raw.clear()
        self.results.clear()
        self.senders.clear()
        self.envelopes.clear()
        self.connections = self.closes_after = 0
        self.pipelining = True

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.faults.ask_for(Fault(kind, seconds), times)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        session.taken = 0
        return [responses[0], *(["250-PIPELINING"] if self.pipelining else []), *responses[1:]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.closes_after and session.taken >= self.closes_after:
            server.transport.write(b"421 4.7.0 too many mails\r\n")
            server.transport.close()
            return "421 4.7.0 too many mails"
        session.fault = self.faults.next()
        if session.fault and session.fault.kind in BUSY:
            return "451 4.3.2 slow down"
        if self.senders.get(address) is HANG_UP:
            server.transport.abort()
        if address in self.senders:
            return self.senders[address]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        told = self.results.get(address, {}).get("RCPT")
        if told:
            return str(told)
        if address.startswith("refused."):
            return "550 5.1.1 no such user, refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        told = self.results.get(envelope.rcpt_tos[0], {}).get("DATA")
        if told:
            return str(told)
        fault = session.fault
        if fault is None or fault.kind not in BEFORE:
            session.taken += 1
            self.raw.append(bytes(envelope.content or b""))
            self.mails.append(_mail(self.raw[-1]))
            self.envelopes.append((str(envelope.mail_from), envelope.rcpt_tos[0]))
        return await _failed(server, fault) if fault else "250 2.0.0 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (USER.encode(), self.token.encode())
        return AuthResult(success=known, handled=False)


class _Controller(Controller):
    def factory(self) -> SMTP:
        handler = self.handler
        return SMTP(handler, authenticator=handler.authenticate, auth_require_tls=False, **self.SMTP_kwargs)


@contextmanager
def serving_smtp(
    server: SmtpServer, tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Yield the address of *server* while it runs; *tls* begins with STARTTLS, *implicit* stands from the start."""
    controller = _Controller(server, hostname="127.0.0.1", port=free_port(), ssl_context=implicit, tls_context=tls)
    controller.start()
    try:
        yield f"http://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


async def _failed(server: SMTP, fault: Fault) -> str:
    if fault.kind in (FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER):
        await asyncio.sleep(fault.seconds)
    elif fault.kind is FaultKind.WRONG_COUNT:
        server.transport.write(b"what?\r\n")
    elif fault.kind is FaultKind.TRUNCATED:
        server.transport.write(b"25")
        server.transport.close()
    else:
        server.transport.abort()
    return "250 2.0.0 OK"


def _mail(raw: bytes) -> Mail:
    message = message_from_bytes(raw, _class=EmailMessage, policy=WIRE)
    (sender,) = message["From"].addresses
    (recipient,) = message["To"].addresses
    text, html = message.iter_parts()
    headers = {name: str(value) for name, value in message.items() if name not in OF_THE_FORM}
    return Mail(
        rid=headers.pop("X-Outreach-ID"),
        recipient=recipient.addr_spec,
        sender=Address(sender.addr_spec, sender.display_name),
        reply_to=message["Reply-To"].addresses[0].addr_spec if "Reply-To" in message else "",
        subject=str(message["Subject"]),
        html=_text(html),
        text=_text(text),
        headers=headers,
    )


def _text(part: Any) -> str:
    return str(part.get_payload(decode=True).decode()).replace("\r\n", "\n")

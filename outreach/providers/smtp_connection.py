"""One connection to a mail server: mails go one after the other, and each is answered for itself.

Commands are pipelined where the server allows it (RFC 2920): a mail's content travels together with the commands that
announce the next one, so a mail costs one round trip.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from outreach.errors import AccessRefused, DefinitionError, NotTaken, OutcomeUnknown, ProviderBusy, ProviderError
from outreach.model.mail import Receipt, one_line
from outreach.providers.http import GUESSED_WAIT, LONGEST_WORDS

Reply = tuple[int, bytes]

Result = Receipt | ProviderError
"""What became of a letter. An error is not about the letter, or says with `OutcomeUnknown` that nobody can tell."""

AUTHENTICATE = (530, 534, 535, 538)
"""Replies that ask for a login, or for another one."""

DONE, FOR_NOW, FOR_GOOD, NO = range(200, 300), range(400, 500), range(500, 600), range(400, 600)
GO_ON, CLOSING = 354, 421
REPLIES = range(200, 600)
LOST: Reply = (0, b"the connection was lost")


class Security(StrEnum):
    """How the way to the server is kept private."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over; *trusted* are other authorities than the system's."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    seconds: float
    trusted: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.security is Security.NONE and not _is_here(self.host):
            raise DefinitionError(
                f"OUTREACH_SMTP_SECURITY: none is for a server on this machine, and {self.host!r} is another; "
                "write starttls or tls"
            )

    def open(self) -> smtplib.SMTP:
        """Return a connection that is ready for mails."""
        context = self.trusted or ssl.create_default_context() if self.security is not Security.NONE else None
        if self.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.seconds, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        try:
            if self.security is Security.STARTTLS:
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
            smtp.ehlo_or_helo_if_needed()
            if smtp.sock is not None:
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            smtp.close()
            raise
        return smtp


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail on its way: from whom, to whom, and the whole message, which has *id*."""

    rid: str
    id: str
    sender: str
    recipient: str
    content: bytes

    def announced(self) -> list[bytes]:
        """The commands that announce it."""
        return [
            b"MAIL FROM:<%s>\r\n" % self.sender.encode(),
            b"RCPT TO:<%s>\r\n" % self.recipient.encode(),
            b"DATA\r\n",
        ]

    def handed_over(self) -> bytes:
        """The content as it follows DATA: a line that begins with a dot gets another, a dot alone ends it."""
        return self.content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class Connection:
    """An open connection."""

    def __init__(self, server: Server) -> None:
        """Connect; `NotTaken` where nobody answers, `AccessRefused` where we are not let in."""
        self.used = False
        """Whether it has ever taken a mail, so that another one may be worth a try when it is lost."""
        self.lost = False
        """Whether nothing more can be said on it."""
        try:
            self._smtp = server.open()
        except smtplib.SMTPResponseException as error:
            said = error.smtp_error
            raise _turned_away((error.smtp_code, said if isinstance(said, bytes) else said.encode())) from error
        except smtplib.SMTPServerDisconnected as error:
            raise NotTaken(f"smtp cannot be reached: {one_line(str(error))}") from error
        except smtplib.SMTPException as error:  # it offers no STARTTLS, or no way to log in
            raise AccessRefused(f"smtp: {one_line(str(error))}") from error
        except OSError as error:
            raise NotTaken(f"smtp cannot be reached: {type(error).__name__} {one_line(str(error))}") from error
        self._pipelining = self._smtp.has_extn("pipelining")

    def is_alive(self) -> bool:
        """Whether the server still listens, after the connection has waited."""
        (reply,) = self._replies([b"NOOP\r\n"])
        return reply[0] in DONE

    def send(self, letters: Iterable[Letter]) -> Iterator[tuple[Letter, Result]]:
        """Yield every letter that was tried with what became of it, until the connection is lost."""
        ready: Letter | None = None  # let through; its content travels with the commands of the next
        for letter in letters:
            replies = self._replies([*([ready.handed_over()] if ready else []), *letter.announced()])
            if ready:
                yield ready, self._after(ready, replies.pop(0))
            obstacle = self._before(letter, replies)
            ready = None if obstacle else letter
            if obstacle:
                yield letter, obstacle
            if self.lost:
                return
        if ready:
            yield ready, self._after(ready, *self._replies([ready.handed_over()]))

    def close(self) -> None:
        """Take leave, if the server still listens."""
        with contextlib.suppress(OSError):
            if not self.lost:
                self._smtp.quit()
        self._smtp.close()

    def _replies(self, commands: Sequence[bytes]) -> list[Reply]:
        """Return what is said to each command; `LOST` from where on the server is gone."""
        replies: list[Reply] = []
        try:
            for group in [commands] if self._pipelining else [[command] for command in commands]:
                self._smtp.send(b"".join(group))
                replies.extend(self._smtp.getreply() for _ in group)
        except OSError:
            pass
        missing = len(commands) - len(replies)
        self.lost = self.lost or missing > 0 or any(code == CLOSING or code not in REPLIES for code, _ in replies)
        return replies + missing * [LOST]

    def _before(self, letter: Letter, replies: Sequence[Reply]) -> Result | None:
        """What keeps a letter from being handed over, if anything does."""
        wanted = (DONE, DONE, (GO_ON,))
        other = next((reply for reply, good in zip(replies, wanted, strict=True) if reply[0] not in good), None)
        if other is None:
            return _turned_away(LOST) if self.lost else None
        if not self.lost:  # an empty mail to nobody, or none: the next letter begins anew
            self._replies([b".\r\n" if replies[-1][0] == GO_ON else b"RSET\r\n"])
        about_us = other is replies[0] or other[0] in (*AUTHENTICATE, CLOSING)
        return _turned_away(other) if about_us or other[0] not in NO else _put_off_or_refused(letter, other)

    def _after(self, letter: Letter, reply: Reply) -> Result:
        """What became of a letter that was handed over."""
        code, _ = reply
        if code in DONE:
            self.used = True
            return Receipt(letter.rid, letter.id)
        if code == CLOSING:
            return _turned_away(reply)
        if code in NO:
            return _put_off_or_refused(letter, reply)
        return OutcomeUnknown(f"smtp took the content of a mail and gave no usable answer: {_words(reply)}")


def _put_off_or_refused(letter: Letter, reply: Reply) -> Receipt:
    if reply[0] in FOR_NOW:
        return Receipt(letter.rid, later=_words(reply))
    return Receipt(letter.rid, refused=_words(reply))


def _turned_away(reply: Reply) -> ProviderError:
    """What a reply means that is not about the letter."""
    code, _ = reply
    if code in FOR_NOW:
        return ProviderBusy(_words(reply), GUESSED_WAIT)
    return AccessRefused(_words(reply)) if code in FOR_GOOD else NotTaken(_words(reply))


def _words(reply: Reply) -> str:
    code, said = reply
    return f"smtp answered {code}: {one_line(said.decode(errors='replace'))[:LONGEST_WORDS]}"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

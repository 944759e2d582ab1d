"""A mail server of one's own, over SMTP. Every mail is a transaction of its own, on connections that are kept.

A mail whose connection is lost after its last line and before the answer may have been taken: nobody can tell, and
nothing of it is repeated. Bounces come by mail to the sender's address and are not read here.
"""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import format_datetime
from ssl import SSLContext

from outreach import clock
from outreach.clock import Clock
from outreach.errors import (
    AccessRefused,
    DefinitionError,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderError,
    TokenRefused,
)
from outreach.model.mail import MergePlan, Receipt
from outreach.model.provider_report import ProviderReport
from outreach.providers import account, answers, carriage, envelope, mime
from outreach.providers.http import GUESSED_WAIT
from outreach.providers.port import Granularity, Limits, NoLookUp, NoReplays, PartlyUnknown
from outreach.providers.smtp_connection import Connection, Letter, Result, Security, Server

POLICY = " 5.7."
"""How the code of a refusal begins that is about us, or about nobody in particular."""


class Smtp(NoReplays, NoLookUp):
    """Its rid is a mail's Message-ID too, so that whoever gets a mail twice can tell."""

    name = "smtp"
    describes = "a mail server of your own; it tells nothing back, bounces come by mail to the sender and are not read"
    limits = Limits(recipients=100, body_bytes=25_000_000)
    rate = None
    merges = False
    granularity = Granularity.MAIL
    listens = False

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: str,
        user: str,
        password: str,
        bounces: str,
        connections: int,
        seconds: float,
        trusted: SSLContext | None = None,
        clock: Clock = clock.now,
    ) -> None:
        """*bounces* is where bounces go, the sender's address where it is empty; *trusted* replaces the authorities."""
        self._server = Server(host, port, _security(security), user, password, seconds, trusted)
        self._bounces = bounces
        self.account = account.named(self.name, host, str(port), user)
        self._seconds = seconds
        self._clock = clock
        self._idle: deque[Connection] = deque()
        self._senders = ThreadPoolExecutor(connections, "smtp")
        self._connections = connections

    def prepare(self, plan: MergePlan) -> bytes:
        """Return a line of JSON that lists the mails, and all of them; addresses that SMTP cannot write stay out."""
        carriage.check(self.name, self.limits, plan)
        sender = plan.message.sender.email
        for email in (sender, self._bounces or sender):
            if not envelope.is_plain(email):
                raise DefinitionError(f"sender {email!r}: an address is needed that every mail server can write")
        with carriage.whole_characters():
            form = mime.Form(plan.message, plan.message.digest)
            mails = [(who, form.content(who)) for who in plan.recipients if envelope.is_plain(who.email)]
        listed = [(who.rid, mime.message_id(who.rid, sender), who.email, len(content)) for who, content in mails]
        head = json.dumps({"bounces": self._bounces or sender, "mails": listed}).encode()
        return carriage.sized(self.name, self.limits, b"\n".join([head, b"".join([content for _, content in mails])]))

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - SMTP knows no keys
        """Hand the mails over, one after the other on each connection, for as long as a call may take.

        Who was not reached by then counts as untried.
        """
        letters = deque(_letters(body, f"Date: {format_datetime(self._clock())}\r\n".encode()))
        called = {letter.rid for letter in letters}
        told: dict[str, Result] = {
            rid: Receipt(rid, refused="SMTP takes no such address") for rid in rids if rid not in called
        }
        until = time.monotonic() + self._seconds
        lanes = [self._senders.submit(self._lane, letters, told, until) for _ in range(self._lanes(len(letters)))]
        ended = [error for lane in lanes if (error := lane.result())]
        for letter in letters:
            told[letter.rid] = next(iter(ended), NotTaken("smtp: time was up before this mail"))
        return _settled(rids, [told[rid] for rid in rids])

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:  # noqa: ARG002
        """Refuse: a mail server calls no webhooks."""
        raise TokenRefused("a mail server calls no webhooks, so nothing can be believed")

    def close(self) -> None:
        """Let go of connections."""
        self._senders.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _lanes(self, letters: int) -> int:
        return min(self._connections, letters)

    def _lane(self, letters: deque[Letter], told: dict[str, Result], until: float) -> ProviderError | None:
        """Send until no letter is left, the time is up, or the server takes nothing; return what it said then.

        A server may close a connection after so many mails: the mail that meets it goes again on another.
        """
        while letters and time.monotonic() < until:
            try:
                connection = self._open()
            except ProviderError as error:
                return error
            sent = list(connection.send(_while(letters, until)))
            told.update((letter.rid, said) for letter, said in sent)
            if not connection.lost:
                self._idle.append(connection)
                return None
            connection.close()
            if not connection.used or any(isinstance(said, OutcomeUnknown) for _, said in sent):
                return None
            last, said = sent[-1]
            if isinstance(said, NotTaken):
                letters.appendleft(last)
        return None

    def _open(self) -> Connection:
        """Return a connection that was used before, if one is still alive."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self._server)
            if connection.is_alive():
                return connection
            connection.close()


def _security(word: str) -> Security:
    try:
        return Security(word)
    except ValueError:
        raise DefinitionError(f"OUTREACH_SMTP_SECURITY: found {word!r}; there is: {', '.join(Security)}") from None


def _letters(body: bytes, date: bytes) -> Iterator[Letter]:
    """Yield the mails of a call, of the moment that *date* says."""
    end = body.index(b"\n")
    call, end = json.loads(body[:end]), end + 1
    for rid, message_id, email, length in call["mails"]:
        begin, end = end, end + length
        yield Letter(rid, message_id, call["bounces"], email, date + body[begin:end])


def _while(letters: deque[Letter], until: float) -> Iterator[Letter]:
    """Take letters from the heap that all lanes share, while there is time."""
    while time.monotonic() < until:
        try:
            yield letters.popleft()
        except IndexError:
            return


def _settled(rids: Sequence[str], results: Sequence[Result]) -> list[Receipt]:
    """Return the receipts. Where everybody met the same wall, it is the server's, and nobody is put off or refused."""
    unknown = [result for result in results if isinstance(result, OutcomeUnknown)]
    if unknown:
        known = [(rid, one) for rid, one in zip(rids, results, strict=True) if not isinstance(one, OutcomeUnknown)]
        receipts = [Receipt(rid, untried=True) if isinstance(one, ProviderError) else one for rid, one in known]
        raise PartlyUnknown(f"{unknown[0]}; {len(unknown)} of {len(rids)} mails", receipts)
    receipts = [result for result in results if isinstance(result, Receipt)]
    if len(receipts) == len(rids) > 1:
        if all(receipt.later for receipt in receipts):
            raise ProviderBusy(f"{receipts[0].later}; it puts everybody off", GUESSED_WAIT)
        if all(POLICY in receipt.refused for receipt in receipts):
            raise AccessRefused(f"{receipts[0].refused}; it refuses everybody")
    return answers.settled(rids, results)

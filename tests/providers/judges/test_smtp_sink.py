"""SMTP's adapter against postfix's smtp-sink, over real connections."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import AccessRefused, OutcomeUnknown, ProviderBusy, ProviderError
from outreach.model.mail import Address, Mail, MergePlan, Receipt
from tests.builders_providers import message, recipient, rids
from tests.providers import test_smtp
from tests.providers.contract import new_key
from tests.providers.judges.conftest import RunSink

CALLS, MOST = 2, 100
LANES = 2
NASTY = "@@first_name@@\n.\n..\nFrom x\n" + "é" * 400 + "\n" + "x" * 2000 + " \n=3D\n\n"
OF_ITS_OWN = re.compile(rb"(?s)(?P<envelope>.*?\n)Received: .*?\n(?=\S)")
"""What the sink writes before a message: its envelope, and a header."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that may be given to another user: those above pytest's are closed."""
    made = Path(tempfile.mkdtemp(prefix="outreach-sink-"))
    yield made
    shutil.rmtree(made)


def plan(*emails: str) -> MergePlan:
    people = (recipient(email, first_name=f".Zoë {email} =C3") for email in emails)
    return MergePlan(message(text=NASTY, html=f"<p>{NASTY}</p>", subject="Zoë @@first_name@@"), tuple(people))


def test_every_mail_arrives_as_it_was_filled_over_connections_that_are_kept(smtp_sink: RunSink, folder: Path) -> None:
    merges = [plan(*(f"p{call}-{n}@example.com" for n in range(MOST))) for call in range(CALLS)]

    with smtp_sink(folder) as sink:
        provider = test_smtp.make(f"http://127.0.0.1:{sink.port}", user="", connections=LANES)
        receipts = [provider.send(provider.prepare(merge), new_key(), rids(merge)) for merge in merges]
        provider.close()

    kept = [_kept(path.read_bytes()) for path in folder.iterdir()]
    sent = [mail for merge in merges for mail in merge.mails()]
    assert all(receipt.plain for told in receipts for receipt in told)
    assert 1 <= sink.sessions <= LANES
    assert sorted(kept, key=lambda one: one[1].recipient) == [
        (["nieuws@example.org", mail.recipient], mail) for mail in sorted(sent, key=lambda mail: mail.recipient)
    ]


@pytest.mark.parametrize(
    ("options", "later", "refused"),
    [
        (("-r", "RCPT"), "450: 4.3.0 Error: command failed", ""),
        (("-r", "."), "450: 4.3.0 Error: command failed", ""),
        (("-f", "RCPT", "-B", "550 5.1.1 no such user"), "", "550: 5.1.1 no such user"),
        (("-f", ".", "-B", "554 5.6.0 not this"), "", "554: 5.6.0 not this"),
    ],
)
def test_a_mail_is_put_off_or_refused_in_the_servers_words(
    smtp_sink: RunSink, folder: Path, options: tuple[str, ...], later: str, refused: str
) -> None:
    (receipt,) = _answered(smtp_sink, folder, options)

    assert (receipt.later, receipt.refused) == tuple(said and f"smtp answered {said}" for said in (later, refused))
    assert (receipt.provider_id, receipt.untried) == ("", False)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("-r", "MAIL"), ProviderBusy),
        (("-f", "MAIL"), AccessRefused),
        (("-Q", "RCPT"), ProviderBusy),
        (("-q", "."), OutcomeUnknown),
    ],
)
def test_what_is_not_about_the_mail_is_told_apart(
    smtp_sink: RunSink, folder: Path, options: tuple[str, ...], error: type[ProviderError]
) -> None:
    with pytest.raises(error):
        _answered(smtp_sink, folder, options)


def _answered(smtp_sink: RunSink, folder: Path, options: tuple[str, ...]) -> list[Receipt]:
    merge = plan("anna@example.com")
    with smtp_sink(folder, *options) as sink:
        provider = test_smtp.make(f"http://127.0.0.1:{sink.port}", user="")
        try:
            return provider.send(provider.prepare(merge), new_key(), rids(merge))
        finally:
            provider.close()


def _kept(dumped: bytes) -> tuple[list[str], Mail]:
    """From whom to whom the envelope says, and the mail, in a file of the sink's."""
    before = OF_ITS_OWN.match(dumped)
    assert before is not None
    envelope = re.findall(r"^X-(?:Mail|Rcpt)-Args: <(.*)>$", before["envelope"].decode(), re.MULTILINE)
    return envelope, _read(message_from_bytes(dumped[before.end() : -1]))


def _read(kept: Any) -> Mail:
    """The mail as the library's older parser reads it, which is quick."""
    headers = {name: str(make_header(decode_header(value))) for name, value in kept.items()}
    text, html = (part.get_payload(decode=True).decode() for part in kept.get_payload())
    name, email = parseaddr(kept["From"])
    return Mail(
        rid=headers["X-Outreach-ID"],
        recipient=headers["To"],
        sender=Address(email, str(make_header(decode_header(name)))),
        reply_to=headers["Reply-To"],
        subject=headers["Subject"],
        html=html,
        text=text,
        headers={name: headers[name] for name in message().headers},
    )

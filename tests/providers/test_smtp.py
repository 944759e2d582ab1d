"""SMTP's adapter against aiosmtpd."""

import itertools
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import (
    AccessRefused,
    DefinitionError,
    NotTaken,
    ProviderBusy,
    ProviderError,
    TokenRefused,
)
from outreach.model.mail import Address, Receipt
from outreach.providers import smtp
from outreach.providers.port import PartlyUnknown
from outreach.providers.smtp import Smtp
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers import certificates
from tests.providers.contract import AnswersEachMail, ProviderContract, new_key, send
from tests.providers.fake_api import ApiUnderTest
from tests.providers.smtp_server import HANG_UP, USER, SmtpServer, serving_smtp
from tests.providers.test_http import saying

TOKEN = "password-of-the-mail-server"
SERVER = SmtpServer(TOKEN)


def make(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20, **changes: Any) -> Smtp:
    host, port = urlsplit(url).hostname, urlsplit(url).port or 25
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "security": "none" if host == "127.0.0.1" else "starttls",
        "user": USER,
        "password": token,
        "bounces": "",
        "connections": 1,
        "seconds": seconds,
        "clock": lambda: NOON,
    }
    return Smtp(**{**given, **changes})


@pytest.fixture(scope="module")
def running() -> Iterator[ApiUnderTest]:
    with serving_smtp(SERVER) as url:
        provider = make(url)
        yield ApiUnderTest(url, SERVER, make, provider)
        provider.close()


def receipts(provider: Smtp, *emails: str) -> list[Receipt]:
    merge = plan(*emails)
    return provider.send(provider.prepare(merge), new_key(), rids(merge))


class TestSmtp(AnswersEachMail, ProviderContract):
    waits = 30.0
    stranger = "535"
    turned_away_cases = (
        ({"RCPT": "530 5.7.0 closed"}, AccessRefused),
        ({"RCPT": "538 5.7.11 closed"}, AccessRefused),
    )

    @pytest.mark.parametrize("step", ["RCPT", "DATA"])
    def test_who_is_put_off_is_told_apart_from_a_server_that_puts_everybody_off(
        self, api: ApiUnderTest, step: str
    ) -> None:
        for email in ("anna@example.com", "bo@example.com"):
            api.server.results[email] = {step: "450 4.2.1 come back later"}

        anna, cleo = receipts(api.provider, "anna@example.com", "cleo@example.com")
        (bo,) = receipts(api.provider, "bo@example.com")

        said = "smtp answered 450: 4.2.1 come back later"
        assert (anna.later, anna.untried, cleo.plain, bo.later) == (said, False, True, said)
        with pytest.raises(ProviderBusy, match="it puts everybody off"):
            receipts(api.provider, "anna@example.com", "bo@example.com")
        assert [mail.recipient for mail in api.taken()] == ["cleo@example.com"]

    def test_a_sender_that_is_not_allowed_locks_out_and_loses_nobody(self, api: ApiUnderTest) -> None:
        api.server.senders["nieuws@example.org"] = "553 5.7.1 not your address"

        with pytest.raises(AccessRefused, match=r"553: 5\.7\.1 not your address"):
            send(api, plan("anna@example.com", "bo@example.com"))

        assert api.taken() == []

    @pytest.mark.parametrize("step", ["RCPT", "DATA"])
    def test_a_server_that_refuses_everybody_for_its_policy_locks_out(self, api: ApiUnderTest, step: str) -> None:
        for email in ("anna@example.com", "bo@example.com"):
            api.server.results[email] = {step: "554 5.7.1 relay access denied"}

        with pytest.raises(AccessRefused, match="relay access denied; it refuses everybody"):
            receipts(api.provider, "anna@example.com", "bo@example.com")
        (anna,) = receipts(api.provider, "anna@example.com")
        assert anna.refused == "smtp answered 554: 5.7.1 relay access denied"

    @pytest.mark.parametrize("pipelining", [True, False])
    def test_each_refused_mail_is_refused_alone_at_whatever_step(self, api: ApiUnderTest, pipelining: bool) -> None:
        api.server.pipelining = pipelining
        api.server.results["bo@example.com"] = {"DATA": "550 5.6.0 refused for what it says"}
        provider = api.like_this()

        told = receipts(provider, "refused.anna@example.com", "bo@example.com", "cleo@example.com", "dan@example.com")

        provider.close()
        assert [receipt.refused for receipt in told] == [
            "smtp answered 550: 5.1.1 no such user, refused",
            "smtp answered 550: 5.6.0 refused for what it says",
            "",
            "",
        ]
        assert [mail.recipient for mail in api.taken()] == ["cleo@example.com", "dan@example.com"]

    def test_a_server_that_goes_down_instead_of_an_answer_took_nothing(self, api: ApiUnderTest) -> None:
        api.server.results["anna@example.com"] = {"DATA": "421 4.3.2 going down"}
        provider = api.like_this()

        with pytest.raises(ProviderBusy, match="going down"):
            receipts(provider, "anna@example.com")

        provider.close()

    def test_connections_are_kept_from_batch_to_batch(self, api: ApiUnderTest) -> None:
        provider = api.like_this()

        for _ in range(3):
            receipts(provider, "anna@example.com", "bo@example.com")

        provider.close()
        assert (api.server.connections, len(api.taken())) == (1, 6)

    def test_a_connection_that_was_closed_meanwhile_is_opened_again(self, api: ApiUnderTest) -> None:
        provider = api.like_this()
        receipts(provider, "anna@example.com")
        provider._idle[0]._smtp.sock.shutdown(2)

        receipts(provider, "bo@example.com")

        provider.close()
        assert (api.server.connections, len(api.taken())) == (2, 2)

    def test_a_server_that_closes_after_so_many_mails_loses_none(self, api: ApiUnderTest) -> None:
        api.server.closes_after = 2
        provider = api.like_this()

        told = receipts(provider, *(f"p{n}@example.com" for n in range(5)))

        provider.close()
        assert [bool(receipt.provider_id) for receipt in told] == [True] * 5
        assert [mail.recipient for mail in api.taken()] == [f"p{n}@example.com" for n in range(5)]

    @pytest.mark.parametrize("fault", [FaultKind.RESET_AFTER, FaultKind.TRUNCATED, FaultKind.WRONG_COUNT])
    def test_a_connection_lost_before_the_answer_makes_one_mail_unknown_and_repeats_none(
        self, api: ApiUnderTest, fault: FaultKind
    ) -> None:
        provider = api.like_this()
        merge = plan("anna@example.com", "bo@example.com", "cleo@example.com", "dan@example.com")
        anna, bo, cleo, dan = rids(merge)
        body = provider.prepare(merge)
        api.server.faults.ask_for(None, 1)
        api.fail(fault)

        with pytest.raises(PartlyUnknown, match="1 of 4 mails") as unknown:
            provider.send(body, new_key(), rids(merge))

        provider.close()
        assert unknown.value.known == (
            Receipt(anna, f"{anna}@example.org"),
            Receipt(cleo, untried=True),
            Receipt(dan, untried=True),
        )
        assert [mail.rid for mail in api.taken()] == [anna, bo]

    def test_several_connections_share_a_batch(self, api: ApiUnderTest) -> None:
        provider = make(api.url, connections=3)

        told = receipts(provider, *(f"p{n}@example.com" for n in range(30)))

        provider.close()
        assert sorted(mail.rid for mail in api.taken()) == sorted(receipt.rid for receipt in told)
        assert all(receipt.provider_id for receipt in told)

    def test_who_is_not_reached_in_time_is_untried(self, api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
        moments = itertools.count()
        monkeypatch.setattr(smtp, "time", SimpleNamespace(monotonic=lambda: next(moments)))
        provider = make(api.url, seconds=5)

        told = receipts(provider, *(f"p{n}@example.com" for n in range(6)))

        provider.close()
        assert [receipt.untried for receipt in told] == [False, False, False, True, True, True]
        assert [mail.recipient for mail in api.taken()] == [f"p{n}@example.com" for n in range(3)]

    def test_the_message_is_what_a_mail_should_be(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")
        (rid,) = rids(merge)

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), [rid])

        message = message_from_bytes(api.server.raw[0], policy=WIRE)
        assert receipt.provider_id == f"{rid}@example.org"
        assert (message["Message-ID"], message["X-Outreach-ID"]) == (f"<{rid}@example.org>", rid)
        assert (message["Date"], message["MIME-Version"]) == (format_datetime(NOON), "1.0")
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative", "text/plain", "text/html"
        ]  # fmt: skip

    def test_no_line_is_longer_than_servers_pass_on(self, api: ApiUnderTest) -> None:
        long = "ä.b " * 2000
        address = f"<https://example.org/{'u' * 900}>"

        send(api, plan(html=f"<p>{long}</p>", text=long, subject=long[:400], headers={"List-Unsubscribe": address}))

        (raw,) = api.server.raw
        lines = raw.split(b"\r\n")
        assert (max(map(len, lines)) <= 998, b"\n" in b"".join(lines)) == (True, False)
        assert (api.taken()[0].html, api.taken()[0].headers) == (f"<p>{long}</p>", {"List-Unsubscribe": address})

    def test_lines_that_begin_with_dots_arrive(self, api: ApiUnderTest) -> None:
        merge = plan(text=".\n..\n.a\n\n.\n", html=".\n<p>.</p>\n.")

        send(api, merge)

        assert api.taken() == list(merge.mails())

    @pytest.mark.parametrize("value", [" a", "a ", "=?utf-8?q?a?=", "=?utf-8?q?a=0D=0ABcc:_b@example.org?=", "ü" * 200])
    def test_headers_mean_what_they_say(self, api: ApiUnderTest, value: str) -> None:
        merge = plan(subject=value, headers={"X-A": value})

        send(api, merge)

        assert [(mail.subject, dict(mail.headers)) for mail in api.taken()] == [(value, {"X-A": value})]

    def test_bounces_go_where_they_should(self, api: ApiUnderTest) -> None:
        provider = make(api.url, bounces="bounces@example.org")

        receipts(provider, "anna@example.com")
        send(api, plan("bo@example.com"))

        provider.close()
        assert api.server.envelopes == [
            ("bounces@example.org", "anna@example.com"),
            ("nieuws@example.org", "bo@example.com"),
        ]

    @pytest.mark.parametrize("email", ["zoë@example.com", '"a b"@example.com', "a@localhost", "a@example.com>\r\nDATA"])
    def test_an_address_that_smtp_cannot_write_is_refused_alone(self, api: ApiUnderTest, email: str) -> None:
        merge = plan(email, "bo@example.com")

        odd, bo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (odd.refused, bool(bo.provider_id)) == ("SMTP takes no such address", True)

    def test_alone_it_is_refused_without_a_connection(self) -> None:
        (receipt,) = receipts(make(), "zoë@example.com")

        assert receipt.refused == "SMTP takes no such address"

    @pytest.mark.parametrize("changes", [{"sender": Address("zoë@example.org")}, {"sender": Address("a@b>c")}])
    def test_a_sender_that_smtp_cannot_write_is_refused(self, api: ApiUnderTest, changes: dict[str, Any]) -> None:
        with pytest.raises(DefinitionError, match="an address is needed that every mail server can write"):
            api.provider.prepare(plan(**changes))

    def test_a_header_that_fits_no_line_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="header X-A: a line of a mail holds 998 characters"):
            api.provider.prepare(plan(headers={"X-A": "x" * 1000}))

    def test_webhooks_are_not_believed(self, api: ApiUnderTest) -> None:
        with pytest.raises(TokenRefused, match="a mail server calls no webhooks"):
            api.provider.reports({}, b"", NOON)

    def test_plain_text_is_for_this_machine_alone(self) -> None:
        for host in ("mail.example.org", "192.0.2.1"):
            with pytest.raises(DefinitionError, match="none is for a server on this machine"):
                make(host=host, security="none")
        for host in ("localhost", "::1"):
            make(host=host, security="none").close()

    def test_a_word_for_security_that_is_none_is_told_which_there_are(self) -> None:
        with pytest.raises(DefinitionError, match="found 'ssl'; there is: starttls, tls, none"):
            make(security="ssl")

    @pytest.mark.parametrize(
        ("greeting", "error"),
        [
            (b"", NotTaken),
            (b"421 4.3.2 closed for now\r\n", ProviderBusy),
            (b"554 5.3.2 no service here\r\n", AccessRefused),
            (b"220 hello\r\n", NotTaken),
        ],
    )
    def test_a_server_that_does_not_let_us_in_has_taken_nothing(
        self, greeting: bytes, error: type[ProviderError]
    ) -> None:
        with saying(greeting, first=True) as url:
            provider = make(url)
            with pytest.raises(ProviderError) as raised:
                receipts(provider, "anna@example.com")
            provider.close()

        assert type(raised.value) is error

    def test_a_connection_lost_before_anything_was_handed_over_loses_nobody(self, api: ApiUnderTest) -> None:
        api.server.senders["nieuws@example.org"] = HANG_UP
        provider = api.like_this()

        with pytest.raises(NotTaken):
            receipts(provider, "anna@example.com")

        provider.close()
        assert api.taken() == []

    def test_a_server_without_starttls_is_not_spoken_to(self, api: ApiUnderTest) -> None:
        provider = make(api.url, security="starttls")

        with pytest.raises(AccessRefused, match="STARTTLS"):
            receipts(provider, "anna@example.com")

        provider.close()
        assert api.taken() == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_way_to_the_server_is_private_and_the_server_is_who_it_should_be(security: str, tmp_path: Path) -> None:
    server, pem = SmtpServer(TOKEN), certificates.pem("127.0.0.1")
    (tmp_path / "server.pem").write_bytes(pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")

    with serving_smtp(server, **{"tls" if security == "starttls" else "implicit": context}) as url:
        friend = make(url, security=security, trusted=ssl.create_default_context(cadata=certificates.public(pem)))
        stranger = make(url, security=security)
        (receipt,) = receipts(friend, "anna@example.com")
        with pytest.raises(NotTaken, match="SSLCertVerificationError"):
            receipts(stranger, "bo@example.com")
        friend.close()
        stranger.close()

    assert (bool(receipt.provider_id), [mail.recipient for mail in server.mails]) == (True, ["anna@example.com"])

"""What the ledger relies on where an API can be asked about its mails: mix it into the provider's contract."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import AccessRefused, OutcomeUnknown, ProviderBusy
from outreach.providers.port import Found, Provider, Sought
from tests.builders_providers import plan, rids
from tests.providers.contract import LONG_AGO, send, sought
from tests.providers.fake_api import ApiUnderTest
from tests.providers.test_http import answering, saying

LATER = datetime(2100, 1, 1, tzinfo=UTC)


class LooksUp:
    """And this, where the API can be asked what became of a call."""

    looks_up: ClassVar[bool] = True
    no_list_cases: ClassVar[tuple[bytes, ...]] = (b"[]", b"[1]", b'"x"', b"null", b"\xff", b"<html>Hello</html>", b"")
    """Answers with 2xx that are no list of mails."""

    def test_it_finds_every_mail_of_a_call_with_the_id_that_the_call_gave(self, api: ApiUnderTest) -> None:
        send(api, plan("other@example.com"))
        merge = plan(*(f"p{n}@example.com" for n in range(5)))
        ids = send(api, merge)

        found = api.provider.find(sought(merge))

        told = {receipt.rid: receipt for receipt in found.receipts}
        assert [told[rid].provider_id for rid in rids(merge)] == ids
        assert all(receipt.plain for receipt in found.receipts)
        assert found.whole is True

    def test_it_finds_what_was_taken_and_never_answered(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")
        api.fail(FaultKind.RESET_AFTER)
        with pytest.raises(OutcomeUnknown):
            send(api, merge)

        found = api.provider.find(sought(merge))

        assert sorted(receipt.rid for receipt in found.receipts) == sorted(rids(merge))

    def test_it_finds_nothing_of_what_never_arrived(self, api: ApiUnderTest) -> None:
        send(api, plan("anna@example.com"))

        assert api.provider.find(sought(plan("anna@example.com", "bo@example.com"))) == Found()

    def test_it_finds_only_those_who_are_asked_about(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")
        send(api, merge)
        first, second = rids(merge)

        found = api.provider.find(Sought({second: "bo@example.com"}, first, LONG_AGO))

        assert [receipt.rid for receipt in found.receipts] == [second]

    def test_a_mail_of_an_earlier_call_is_not_taken_for_one_of_this(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")
        send(api, merge)

        assert api.provider.find(sought(merge, LATER)) == Found()

    @pytest.mark.parametrize("said", [b"500 No\r\nContent-Length: 2", b"200 OK\r\nContent-Length: 9"])
    def test_without_a_whole_answer_nothing_is_known(self, api: ApiUnderTest, said: bytes) -> None:
        with saying(b"HTTP/1.1 %s\r\n\r\n{}" % said) as url, pytest.raises(OutcomeUnknown):
            ask(api.like_this(url))

    def test_a_list_that_asks_to_wait_is_waited_for(self, api: ApiUnderTest) -> None:
        with answering(429, b"", Retry_After="5") as url, pytest.raises(ProviderBusy) as busy:
            ask(api.like_this(url))

        assert busy.value.seconds == 5.0

    def test_a_list_that_does_not_let_us_in_says_so(self, api: ApiUnderTest) -> None:
        with pytest.raises(AccessRefused, match="401"):
            ask(api.like_this(token="not-the-token"))

    def test_a_2xx_that_is_no_list_settles_nothing(self, api: ApiUnderTest, no_list_case: bytes) -> None:
        with answering(200, no_list_case) as url, pytest.raises(OutcomeUnknown):
            ask(api.like_this(url))


def ask(provider: Provider) -> Found:
    """Ask once about a call."""
    try:
        return provider.find(sought(plan()))
    finally:
        provider.close()

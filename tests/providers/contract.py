"""What the ledger relies on, held against every provider over real connections: subclass it and give it an API.

A new provider is proved by one more subclass; it writes no test of its own for any of this. Where APIs differ, the
subclass says how, and is held to it: `KeysContract` is for APIs that honour idempotency keys.
"""

import itertools
from typing import ClassVar, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import DefinitionError, NotTaken, OutcomeUnknown, ProviderBusy, ProviderError, ProviderRefused
from outreach.model.mail import Address, Mail, MergePlan, Recipient, one_line
from outreach.providers.port import Provider
from tests.builders_providers import message, plan, rids
from tests.providers.serving import free_port

_keys = itertools.count(1)
PATIENCE = 0.2
"""Seconds that an impatient provider waits for an answer."""

words = st.text(max_size=30).map(one_line)
names = words.map(lambda name: " ".join(name.split()))  # address parsers fold blanks
AFTER = (FaultKind.ERROR_500_AFTER, FaultKind.RESET_AFTER, FaultKind.TRUNCATED, FaultKind.WRONG_COUNT)
UNKNOWN = (FaultKind.ERROR_500, *AFTER)


class ApiUnderTest(Protocol):
    """The server's side of a test: what it took, and how to make it fail."""

    provider: Provider

    def taken(self) -> list[Mail]:
        """The finished mails that the API has, in order."""
        ...

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        """Make the next calls fail."""
        ...

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        """The same provider with another address, token or patience."""
        ...


def new_key() -> str:
    return f"key-{next(_keys)}"


def send(api: ApiUnderTest, merge: MergePlan, key: str = "") -> list[str]:
    """Send *merge*; return the ids that the API gave."""
    receipts = api.provider.send(api.provider.prepare(merge), key or new_key(), rids(merge))
    return [receipt.provider_id for receipt in receipts]


class ProviderContract:
    """Every provider passes this."""

    keys: ClassVar[bool] = False
    """Whether the API honours idempotency keys."""
    id_per_mail: ClassVar[bool] = True
    """Whether the API gives every mail an id, not one to the whole call."""
    refuses_whole_calls: ClassVar[bool] = False
    """Whether one refused recipient makes the API refuse everybody in the call."""
    ascii_headers: ClassVar[bool] = False
    """Whether headers may only be ASCII."""

    def test_it_says_whether_it_replays(self, api: ApiUnderTest) -> None:
        assert api.provider.replays is self.keys

    def test_the_api_has_the_mail_that_filling_the_slots_here_would_give(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")

        send(api, merge)

        assert api.taken() == list(merge.mails())

    def test_merging_there_and_filling_here_give_the_same_mail(self, api: ApiUnderTest) -> None:
        @settings(max_examples=25, deadline=None)
        @given(name=words, subject=words, text=words, sender=names)
        def law(name: str, subject: str, text: str, sender: str) -> None:
            rid = f"h{next(_keys)}"
            token = f"@@rid@@{ascii(name) if self.ascii_headers else name}"
            who = Recipient(rid, "anna@example.com", {"rid": rid, "first_name": name, "unsubscribe": token})
            mail = message(
                subject=f"{subject} @@first_name@@@@rid@@ @@nobody",
                text=f"{text}@@unsubscribe@@",
                html=f"<p title='@@first_name@@'>{text}@@unsubscribe@@</p>",
                sender=Address("nieuws@example.org", sender),
            )
            merge = MergePlan(mail, (who,))
            send(api, merge)
            assert api.taken()[-1:] == list(merge.mails())

        law()

    def test_there_is_one_receipt_per_recipient_in_order(self, api: ApiUnderTest) -> None:
        merge = plan(*(f"p{n}@example.com" for n in range(20)))

        receipts = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert [receipt.rid for receipt in receipts] == rids(merge) == [mail.rid for mail in api.taken()]
        assert all(receipt.provider_id and not receipt.refused for receipt in receipts)
        assert len({receipt.provider_id for receipt in receipts}) == (len(receipts) if self.id_per_mail else 1)

    def test_every_recipient_has_headers_of_their_own(self, api: ApiUnderTest) -> None:
        merge = plan(*(f"p{n}@example.com" for n in range(3)), headers={"X-Own": "<@@unsubscribe@@>", "X-Same": "x"})

        send(api, merge)

        assert [dict(mail.headers) for mail in api.taken()] == [
            {"X-Own": f"<u-{rid}>", "X-Same": "x"} for rid in rids(merge)
        ]

    def test_a_refused_recipient_does_not_make_the_others_unknown(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "refused.bo@example.com", "cleo@example.com")
        if self.refuses_whole_calls:
            with pytest.raises(ProviderRefused, match="400"):
                send(api, merge)
            assert api.taken() == []
            return

        receipts = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert [receipt.rid for receipt in receipts] == rids(merge)
        assert [r.rid for r in receipts if not r.refused and not r.untried] == [mail.rid for mail in api.taken()]
        assert bool(receipts[0].provider_id) is True
        assert "refused" in receipts[1].refused

    def test_equal_plans_give_equal_bytes(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")
        same = MergePlan(message(headers=dict(reversed(list(message().headers.items())))), merge.recipients)

        assert api.provider.prepare(merge) == api.provider.prepare(same)

    @pytest.mark.parametrize("fault", UNKNOWN)
    def test_an_answer_that_says_nothing_certain_is_unknown(self, api: ApiUnderTest, fault: FaultKind) -> None:
        api.fail(fault)

        with pytest.raises(OutcomeUnknown):
            send(api, plan())

    @pytest.mark.parametrize("fault", [FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER])
    def test_no_answer_in_time_is_unknown(self, api: ApiUnderTest, fault: FaultKind) -> None:
        impatient, merge = api.like_this(seconds=PATIENCE), plan()
        api.fail(fault, seconds=3 * PATIENCE)

        with pytest.raises(OutcomeUnknown):
            impatient.send(impatient.prepare(merge), new_key(), rids(merge))

        impatient.close()

    def test_429_says_how_long_to_wait_and_nothing_was_taken(self, api: ApiUnderTest) -> None:
        api.fail(FaultKind.BUSY_429_WITH_RETRY_AFTER, seconds=7)

        with pytest.raises(ProviderBusy) as busy:
            send(api, plan())

        assert (busy.value.seconds, api.taken()) == (7.0, [])

    def test_429_without_a_time_is_guessed(self, api: ApiUnderTest) -> None:
        api.fail(FaultKind.BUSY_429)

        with pytest.raises(ProviderBusy) as busy:
            send(api, plan())

        assert (busy.value.seconds, api.taken()) == (30.0, [])

    def test_a_wrong_token_is_refused(self, api: ApiUnderTest) -> None:
        stranger, merge = api.like_this(token="not-the-token"), plan()

        with pytest.raises(ProviderRefused, match="401"):
            stranger.send(stranger.prepare(merge), new_key(), rids(merge))

        stranger.close()
        assert api.taken() == []

    def test_a_call_that_breaks_the_rules_is_refused_in_the_apis_own_words(self, api: ApiUnderTest) -> None:
        with pytest.raises(ProviderRefused, match=r"4(00|22): .+"):
            api.provider.send(b'{"nonsense": 1}', new_key(), ["r1"])

    def test_nothing_listening_is_not_taken(self, api: ApiUnderTest) -> None:
        nowhere, merge = api.like_this(url=f"http://127.0.0.1:{free_port()}"), plan()

        with pytest.raises(NotTaken, match="cannot be reached"):
            nowhere.send(nowhere.prepare(merge), new_key(), rids(merge))

        nowhere.close()

    def test_a_name_that_does_not_resolve_is_not_taken(self, api: ApiUnderTest) -> None:
        nowhere, merge = api.like_this(url="http://no-such-host.invalid"), plan()

        with pytest.raises(NotTaken):
            nowhere.send(nowhere.prepare(merge), new_key(), rids(merge))

        nowhere.close()

    def test_it_takes_as_many_as_it_says_and_refuses_more(self, api: ApiUnderTest) -> None:
        most = api.provider.limits.recipients
        api_ids = send(api, plan(*(f"p{n}@example.com" for n in range(most))))

        assert len(api_ids) == most
        with pytest.raises(DefinitionError, match="cut smaller batches"):
            api.provider.prepare(plan(*(f"p{n}@example.com" for n in range(most + 1))))

    @pytest.mark.parametrize("rid", ["", "a b", "ä", "x" * 65])
    def test_an_id_that_cannot_be_echoed_is_refused(self, api: ApiUnderTest, rid: str) -> None:
        who = Recipient(rid, "anna@example.com", {"rid": rid, "first_name": "", "unsubscribe": ""})

        with pytest.raises(DefinitionError, match="cannot be echoed"):
            api.provider.prepare(MergePlan(message(), (who,)))

    @pytest.mark.parametrize("headers", [{"X-A": "b\r\nBcc: c@example.com"}, {"X A": "b"}, {"X:": "b"}])
    def test_headers_that_would_forge_others_are_refused(self, api: ApiUnderTest, headers: dict[str, str]) -> None:
        with pytest.raises(DefinitionError, match="header"):
            api.provider.prepare(plan(headers=headers))

    def test_a_mail_too_large_for_a_call_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match=r"takes [\d,]+ bytes"):
            api.provider.prepare(plan(html="x" * (api.provider.limits.body_bytes + 1)))

    def test_half_a_character_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="half a character"):
            api.provider.prepare(plan(text="a \ud83d b"))

    def test_errors_show_no_token(self, api: ApiUnderTest) -> None:
        stranger, merge = api.like_this(token="secret-token-xyz"), plan()

        with pytest.raises(ProviderError) as error:
            stranger.send(stranger.prepare(merge), new_key(), rids(merge))

        stranger.close()
        assert "secret-token-xyz" not in str(error.value)


class KeysContract(ProviderContract):
    """And this, where the same body under the same key is answered again instead of sent again."""

    keys = True

    def test_a_replay_is_answered_again_and_not_sent_again(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()

        assert send(api, merge, key) == send(api, merge, key)
        assert api.taken() == list(merge.mails())

    @pytest.mark.parametrize("fault", AFTER)
    def test_a_replay_settles_what_got_lost_after_it_was_taken(self, api: ApiUnderTest, fault: FaultKind) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()
        api.fail(fault)
        with pytest.raises(OutcomeUnknown):
            send(api, merge, key)

        assert len(send(api, merge, key)) == 2
        assert api.taken() == list(merge.mails())

    def test_another_body_under_the_same_key_is_unknown_and_not_sent(self, api: ApiUnderTest) -> None:
        first, key = plan("anna@example.com"), new_key()
        send(api, first, key)

        with pytest.raises(OutcomeUnknown, match="409"):
            send(api, MergePlan(message(text="other"), first.recipients), key)

        assert api.taken() == list(first.mails())

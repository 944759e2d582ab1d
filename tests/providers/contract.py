"""What the ledger relies on, held against every provider over real connections: subclass it and give it an API.

A new provider is proved by one more subclass; it writes no test of its own for any of this. Where APIs differ, the
subclass says how, and is held to it: `keys_contract` is for APIs that know idempotency keys, `look_up_contract` for
those that can be asked about their mails, `left_out_contract` for those that do not carry every mail, `AnswersEachMail`
for those that turn single mails away. A test that takes `x_case` runs once for each of the class's `x_cases`.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import (
    AccessRefused,
    DefinitionError,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
)
from outreach.model.mail import Address, MergePlan, Receipt, Recipient, one_line
from outreach.providers.port import Granularity, Sought
from tests.builders_providers import message, plan, rids
from tests.providers.fake_api import ApiUnderTest
from tests.providers.serving import free_port
from tests.providers.test_http import answering

_keys = itertools.count(1)
PATIENCE = 0.2
"""Seconds that an impatient provider waits for an answer."""

words = st.text(max_size=30).map(one_line)
names = words.map(lambda name: " ".join(name.split()))  # address parsers fold blanks
AFTER = (FaultKind.ERROR_500_AFTER, FaultKind.RESET_AFTER, FaultKind.TRUNCATED, FaultKind.WRONG_COUNT)
UNKNOWN = (FaultKind.ERROR_500, *AFTER)


@dataclass(frozen=True)
class Said:
    """What an API says to a whole call."""

    status: int
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    """What our error repeats of it, or adds."""

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def new_key() -> str:
    return f"key-{next(_keys)}"


def send(api: ApiUnderTest, merge: MergePlan, key: str = "") -> list[str]:
    """Send *merge*; return the ids that the API gave."""
    receipts = api.provider.send(api.provider.prepare(merge), key or new_key(), rids(merge))
    return [receipt.provider_id for receipt in receipts]


def send_to(api: ApiUnderTest, said: Said, *emails: str) -> list[Receipt]:
    """Send a mail, or one to each of *emails*, to an API that answers as told."""
    merge = plan(*emails)
    with answering(said.status, said.bytes(), **said.headers) as url:
        provider = api.like_this(url)
        try:
            return provider.send(provider.prepare(merge), new_key(), rids(merge))
        finally:
            provider.close()


LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def sought(merge: MergePlan, since: datetime = LONG_AGO) -> Sought:
    """The question what became of a call with *merge*."""
    return Sought({who.rid: who.email for who in merge.recipients}, rids(merge)[0], since)


class ProviderContract:
    """Every provider passes this."""

    keys: ClassVar[bool] = False
    """Whether the API honours idempotency keys."""
    looks_up: ClassVar[bool] = False
    """Whether it can be asked about its mails."""
    merges: ClassVar[bool] = False
    """Whether the message travels once however many get it."""
    granularity: ClassVar[Granularity] = Granularity.MAIL
    """What the API gives an id to."""
    refuses_whole_calls: ClassVar[bool] = False
    """Whether one refused recipient makes the API refuse everybody in the call."""
    ascii_headers: ClassVar[bool] = False
    """Whether headers may only be ASCII."""
    waits: ClassVar[float] = 7.0
    """The seconds that we wait where the API says seven, if it can say so."""
    stranger: ClassVar[str] = "401"
    """The code that a wrong token is answered with."""

    def test_it_says_what_it_can(self, api: ApiUnderTest) -> None:
        said = api.provider

        assert (said.replays, said.looks_up) == (self.keys, self.looks_up)
        assert (said.merges, said.granularity) == (self.merges, self.granularity)
        assert bool(said.keys_live) or not said.replays
        assert said.settles >= timedelta(minutes=15)
        assert said.describes != ""

    def test_who_has_no_list_finds_nothing(self, api: ApiUnderTest) -> None:
        if not self.looks_up:
            with pytest.raises(OutcomeUnknown, match="no list"):
                api.provider.find(sought(plan()))

    def test_the_message_travels_once_for_all_or_once_for_each(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com", html="<p>only once</p>")

        assert api.provider.prepare(merge).count(b"only once") == (1 if self.merges else 2)

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
        assert len({receipt.provider_id for receipt in receipts}) == (
            len(receipts) if self.granularity is Granularity.MAIL else 1
        )

    def test_every_recipient_has_headers_of_their_own(self, api: ApiUnderTest) -> None:
        merge = plan(*(f"p{n}@example.com" for n in range(3)), headers={"X-Own": "<@@unsubscribe@@>", "X-Same": "x"})

        send(api, merge)

        assert [dict(mail.headers) for mail in api.taken()] == [
            {"X-Own": f"<u-{rid}>", "X-Same": "x"} for rid in rids(merge)
        ]

    def test_a_mail_without_reply_to_has_none(self, api: ApiUnderTest) -> None:
        merge = plan(reply_to="", sender=Address("a@example.org"))

        send(api, merge)

        assert api.taken() == list(merge.mails())

    @pytest.mark.parametrize(
        "name", ["Überall", "Überall e. V", "Verein, e.V.", 'Die "Guten", e.V.', "a\\b", "a\r\nBcc: b"]
    )
    def test_the_senders_name_arrives_in_one_line(self, api: ApiUnderTest, name: str) -> None:
        send(api, plan(sender=Address("a@example.org", name)))

        assert [" ".join(mail.sender.name.split()) for mail in api.taken()] == [" ".join(name.split())]

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

        assert (busy.value.seconds, api.taken()) == (self.waits, [])

    def test_429_without_a_time_is_guessed(self, api: ApiUnderTest) -> None:
        api.fail(FaultKind.BUSY_429)

        with pytest.raises(ProviderBusy) as busy:
            send(api, plan())

        assert (busy.value.seconds, api.taken()) == (30.0, [])

    def test_a_wrong_token_is_refused(self, api: ApiUnderTest) -> None:
        stranger, merge = api.like_this(token="not-the-token"), plan()

        with pytest.raises(ProviderRefused, match=self.stranger):
            stranger.send(stranger.prepare(merge), new_key(), rids(merge))

        stranger.close()
        assert api.taken() == []

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

    @pytest.mark.parametrize("name", ["Reply-To", "Bcc", "Message-Id"])
    def test_headers_that_it_writes_itself_are_refused(self, api: ApiUnderTest, name: str) -> None:
        with pytest.raises(DefinitionError, match=f"header {name}: {api.provider.name} writes it itself"):
            api.provider.prepare(plan(headers={name: "a@example.org"}))

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


class HttpContract(ProviderContract):
    """And this, where calls are made over HTTP."""

    misfit_cases: ClassVar[tuple[bytes, ...]] = (b"{}", b"[]", b"[1]", b'"x"', b"null", b"\xff", b"<html>Hello</html>")
    """Answers with 2xx that do not answer a call with one mail."""
    busy_cases: ClassVar[tuple[tuple[Said, float], ...]] = (
        (Said(429), 30.0),
        (Said(429, b"Too many requests", words="Too many requests"), 30.0),
        (Said(429, {"message": "slow"}, {"Retry-After": "5"}), 5.0),
    )
    """Answers that ask to wait, with the seconds that we do."""
    locked_cases: ClassVar[tuple[Said, ...]] = (Said(401, {"message": "no"}), Said(403, {"message": "no"}))
    """Answers that shut out the account or the token: no mail was looked at."""

    def test_it_waits_as_the_api_asks_in_its_own_way(self, api: ApiUnderTest, busy_case: tuple[Said, float]) -> None:
        said, seconds = busy_case

        with pytest.raises(ProviderBusy, match=f"answered {said.status}.*{said.words}") as busy:
            send_to(api, said)

        assert busy.value.seconds == seconds

    def test_an_account_that_may_not_send_locks_out_and_loses_nobody(
        self, api: ApiUnderTest, locked_case: Said
    ) -> None:
        with pytest.raises(AccessRefused, match=f"answered {locked_case.status}: .*{locked_case.words}"):
            send_to(api, locked_case)

    def test_a_2xx_that_does_not_answer_the_call_is_unknown(self, api: ApiUnderTest, misfit_case: bytes) -> None:
        with pytest.raises(OutcomeUnknown):
            send_to(api, Said(200, misfit_case))

    def test_a_5xx_is_unknown_whatever_it_says(self, api: ApiUnderTest, misfit_case: bytes) -> None:
        with pytest.raises(OutcomeUnknown):
            send_to(api, Said(500, misfit_case))

    def test_a_call_that_breaks_the_rules_is_refused_in_the_apis_own_words(self, api: ApiUnderTest) -> None:
        with pytest.raises(ProviderRefused, match=r"4(00|22): .+"):
            api.provider.send(b'{"nonsense": 1}', new_key(), ["r1"])


class AnswersEachMail:
    """And this, where a mail may be turned away for a reason that is not in it; `results` of the server says why."""

    turned_away_cases: ClassVar[tuple[tuple[dict[str, Any], type[ProviderError]], ...]]
    """What an API answers for a mail that it turns away, its code first, with what it means if it turns away all."""

    def test_a_call_turned_away_for_every_mail_says_why_and_lost_nobody(
        self, api: ApiUnderTest, turned_away_case: tuple[dict[str, Any], type[ProviderError]]
    ) -> None:
        result, error = turned_away_case
        code, *_ = str(next(iter(result.values()))).split()
        for email in ("anna@example.com", "bo@example.com"):
            api.server.results[email] = result

        with pytest.raises(error, match=rf"\b{code}\b.* closed"):
            send(api, plan("anna@example.com", "bo@example.com"))

        assert api.taken() == []

    def test_mails_turned_away_within_a_call_are_tried_again(
        self, api: ApiUnderTest, turned_away_case: tuple[dict[str, Any], type[ProviderError]]
    ) -> None:
        merge = plan("anna@example.com", "bo@example.com", "cleo@example.com")
        result, _ = turned_away_case
        for late in ("bo@example.com", "cleo@example.com"):
            api.server.results[late] = result

        anna, *others = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert anna.provider_id != ""
        assert others == [Receipt(rid, untried=True) for rid in rids(merge)[1:]]

"""SES's adapter against a server that enforces Amazon's documented contract and merges as it documents."""

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import DefinitionError, TokenRefused
from outreach.model.mail import Address, MergePlan
from outreach.model.wave import Kind
from outreach.providers import basic_auth
from outreach.providers.ses import KINDS, TURNED_AWAY, Ses
from tests.builders_providers import message, plan, recipient, rids
from tests.conftest import NOON
from tests.providers import sns_sender
from tests.providers.contract import AnswersEachMail, HttpContract, Said, new_key, send
from tests.providers.fake_api import ApiUnderTest
from tests.providers.left_out_contract import LeavesSomeOut
from tests.providers.ses_server import KEY_ID, REGION, SesServer
from tests.providers.webhook_contract import SECRET, WebhookContract

TOKEN = "ses-secret-key"
SERVER = SesServer(TOKEN)
FETCHED = {sns_sender.CERTIFICATE: sns_sender.certificate(), sns_sender.SUBSCRIBE: b"<ok/>"}


def make(
    url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20, secret: str = SECRET, **changes: Any
) -> Ses:
    given: dict[str, Any] = {
        "region": REGION,
        "url": url,
        "key_id": KEY_ID,
        "secret_key": token,
        "session_token": "",
        "configuration_set": "outreach",
        "topic": sns_sender.ARN,
        "webhook_secret": secret,
        "seconds": seconds,
        "fetch": FETCHED.__getitem__,
    }
    return Ses(**{**given, **changes})


def error(status: int, name: str) -> Said:
    headers = {"x-amzn-errortype": f"{name}:http://internal.amazon.com/x"}
    return Said(status, {"message": "no"}, headers, words=f"{name}; no")


class TestSes(AnswersEachMail, LeavesSomeOut, HttpContract):
    odd_cases = (
        recipient("zoë@example.com"),
        recipient("a@localhost"),
        recipient("anna@example.com", first_name="Zoë"),
        recipient("anna@example.com", first_name="x" * 996),
        recipient("anna@example.com", first_name=""),
    )
    looks_like_an_id = '"Name":"rid","Value":"@@rid@@"'
    merges = True
    ascii_headers = True
    stranger = "403: InvalidSignatureException"
    misfit_cases = (
        *HttpContract.misfit_cases,
        b'{"BulkEmailEntryResults": []}',
        b'{"BulkEmailEntryResults": [3]}',
        b'{"BulkEmailEntryResults": [{"Status": "SUCCESS"}]}',
    )
    busy_cases = (
        *HttpContract.busy_cases,
        (error(400, "ThrottlingException"), 30.0),
        (error(400, "TooManyRequestsException"), 30.0),
        (error(429, "TooManyRequestsException"), 30.0),
    )
    locked_cases = (
        *HttpContract.locked_cases,
        error(400, "AccountSuspendedException"),
        error(400, "SendingPausedException"),
        error(400, "MailFromDomainNotVerifiedException"),
        error(400, "LimitExceededException"),
        error(404, "NotFoundException"),
    )
    turned_away_cases = tuple(
        ({"Status": status, "Error": "closed"}, kind) for status, kind in TURNED_AWAY.items() if status.isupper()
    )

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")

        send(api, merge)

        (call,) = api.server.calls
        assert call["ConfigurationSetName"] == "outreach"
        assert call["ConfigurationOverrides"] == {
            "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
        }
        assert [entry["ReplacementTags"] for entry in call["BulkEmailEntries"]] == [
            [{"Name": "rid", "Value": rid}] for rid in rids(merge)
        ]

    def test_values_that_no_slot_asks_for_stay_at_home(self, api: ApiUnderTest) -> None:
        send(api, plan(html="<p>@@first_name@@</p>", text="t", subject="s", headers={}))

        (entry,) = api.server.calls[0]["BulkEmailEntries"]
        data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
        assert (json.loads(data), entry["ReplacementHeaders"]) == ({"h_first_name": "Anna &lt;b&gt;"}, [])

    def test_braces_mean_nothing_to_it_wherever_they_stand(self, api: ApiUnderTest) -> None:
        @settings(max_examples=40, deadline=None)
        @given(parts=st.lists(st.sampled_from(["@@first_name@@", "{", "}", "\\", "{{h_rid}}", "a", "\n"]), max_size=12))
        def law(parts: list[str]) -> None:
            api.server.forget()
            people = (recipient(first_name="{{t_rid}} }"), recipient("bo@example.com", first_name="Bo"))
            merge = MergePlan(message(html="".join(parts) + "x", text="".join(parts), subject="}@@rid@@{"), people)
            send(api, merge)
            assert api.taken() == list(merge.mails())

        law()

    @pytest.mark.parametrize(
        ("headers", "match"),
        [
            ({"X-A": "ä"}, "header X-A: SES garbles 'ä'; write it in ASCII"),
            ({"X-A": ""}, "header X-A: SES takes 1 to 995 characters"),
            ({"X-A": "x" * 996}, "header X-A: SES takes 1 to 995 characters"),
            ({f"X-{n}": "x" for n in range(16)}, "takes 15 headers, not 16"),
        ],
    )
    def test_headers_that_it_does_not_carry_are_refused(
        self, api: ApiUnderTest, headers: dict[str, str], match: str
    ) -> None:
        with pytest.raises(DefinitionError, match=match):
            api.provider.prepare(plan(headers=headers))

    def test_a_mail_larger_than_a_template_may_be_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="takes 500,000 bytes of a mail"):
            api.provider.prepare(plan(html="é" * 250_001))

    def test_a_key_that_is_lent_travels_with_its_token(self, api: ApiUnderTest) -> None:
        provider, merge = make(api.url, session_token="lent"), plan()

        provider.send(provider.prepare(merge), new_key(), rids(merge))

        provider.close()
        ((headers, _),) = api.server.requests
        assert (headers["x-amz-security-token"], api.taken()) == ("lent", list(merge.mails()))

    def test_long_names_beyond_ascii_go_in_words_that_are_not_too_long(self, api: ApiUnderTest) -> None:
        name = "Verein für Überaus Lange Namen, gegründet in Mönchengladbach am Rhein e.V." * 2

        call = json.loads(api.provider.prepare(plan(sender=Address("a@example.org", name))))

        words = call["FromEmailAddress"].split(" <")[0].split()
        assert (max(map(len, words)) <= 75, len(words) > 2) == (True, True)

    @pytest.mark.parametrize("region", ["", "Frankfurt", "eu-central-1.example.org/#"])
    def test_a_region_that_is_none_is_named(self, region: str) -> None:
        with pytest.raises(DefinitionError, match="is no region; one looks like eu-central-1"):
            make("", region=region)

    def test_the_region_says_where_its_api_is(self) -> None:
        assert b"anna@example.com" in make("").prepare(plan())

    def test_a_topic_that_is_none_is_named(self) -> None:
        with pytest.raises(DefinitionError, match="OUTREACH_SES_TOPIC: 'outreach' is no ARN"):
            make(topic="outreach")


class TestSesWebhooks(WebhookContract):
    make = staticmethod(make)
    ages = True
    covers_the_body = True
    kinds = {  # noqa: RUF012
        "Send": Kind.ACCEPTED,
        "Delivery": Kind.DELIVERED,
        "DeliveryDelay": Kind.DEFERRED,
        "Bounce": Kind.BOUNCED,
        "Complaint": Kind.COMPLAINED,
        "Reject": Kind.REFUSED,
        "Rendering Failure": Kind.REFUSED,
    }
    ignored = ("Open", "Click", "Subscription")

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        when = {"timestamp": "2026-11-20T12:00:00.000Z"} if at else {}
        hard = {"bounceType": "Permanent", "bounceSubType": "General"} if word == "Bounce" else {}
        about = {word[0].lower() + word[1:] if word != "Rendering Failure" else "failure": {**when, **hard}}
        return {"eventType": word, **about, "mail": {**when, "messageId": "0107", "tags": {"rid": [rid]}}}

    def bounced(self, said: str) -> dict[str, Any]:
        event = self.event("Bounce")
        who = {"emailAddress": "anna@example.com", "diagnosticCode": said}
        return {**event, "bounce": {**event["bounce"], "bouncedRecipients": [who]}}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"authorization": basic_auth.header(secret)}

    def wrapped(self, document: object, secret: str, at: datetime) -> bytes:
        text = super().wrapped(document, secret, at).decode(errors="replace")
        return sns_sender.message(text, at, MessageId=f"m-{hashlib.sha256(text.encode()).hexdigest()[:20]}")

    def test_the_words_are_those_of_the_table(self) -> None:
        assert self.kinds == KINDS

    @pytest.mark.parametrize(
        ("about", "kind"),
        [
            ({"bounceType": "Permanent", "bounceSubType": "NoEmail"}, Kind.BOUNCED),
            ({"bounceType": "Permanent", "bounceSubType": "Suppressed"}, Kind.REFUSED),
            ({"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}, Kind.REFUSED),
            ({"bounceType": "Transient", "bounceSubType": "MailboxFull"}, Kind.SOFT_BOUNCED),
            ({"bounceType": "Undetermined", "bounceSubType": "Undetermined"}, Kind.SOFT_BOUNCED),
            ({}, Kind.SOFT_BOUNCED),
        ],
    )
    def test_a_bounce_says_more_by_its_type(self, about: dict[str, str], kind: Kind) -> None:
        (report,) = self.reports({**self.event("Bounce"), "bounce": about})

        assert report.kind is kind

    def test_what_could_not_be_rendered_says_why(self) -> None:
        event = {**self.event("Rendering Failure"), "failure": {"errorMessage": "Attribute 'name' is not present"}}

        assert [report.detail for report in self.reports(event)] == ["Attribute 'name' is not present"]

    def test_an_identitys_own_feedback_names_no_mail_of_ours(self) -> None:
        about = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}

        assert self.reports({"notificationType": "Bounce", **about, "mail": {"messageId": "0107"}}) == []

    def test_a_complaint_that_its_own_list_made_up_is_none(self) -> None:
        event = {**self.event("Complaint"), "complaint": {"complaintSubType": "OnAccountSuppressionList"}}

        assert [report.kind for report in self.reports(event)] == [Kind.REFUSED]

    def test_the_text_that_sets_a_topic_up_is_no_event(self) -> None:
        text = "Successfully validated SNS topic for Amazon SES event publishing."

        assert self.reports(text.encode()) == []

    @pytest.mark.parametrize("word", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
    def test_only_a_subscription_with_our_secret_is_confirmed(self, word: str) -> None:
        asked: list[str] = []

        def fetch(url: str) -> bytes:
            asked.append(url)
            return FETCHED[url]

        provider = make(fetch=fetch)
        body = sns_sender.message(
            "You have chosen to subscribe", Type=word, Token="t", SubscribeURL=sns_sender.SUBSCRIBE
        )

        with pytest.raises(TokenRefused):
            provider.reports(self.proof(body, "another", NOON), body, NOON)
        assert asked == []
        assert provider.reports(self.proof(body, SECRET, NOON), body, NOON) == []
        confirmed = [sns_sender.SUBSCRIBE] if word == "SubscriptionConfirmation" else []
        assert asked == [sns_sender.CERTIFICATE, *confirmed]

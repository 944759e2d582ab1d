"""Resend's adapter against a server that enforces its documented contract."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach import clock
from outreach.errors import TokenRefused
from outreach.model.mail import Receipt
from outreach.model.wave import Kind
from outreach.providers.resend import Resend
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import Said, new_key, send, send_to
from tests.providers.fake_api import ApiUnderTest
from tests.providers.keys_contract import KeysContract
from tests.providers.resend_server import ResendServer
from tests.providers.webhook_contract import SECRET, WebhookContract

KEY = "re_key"
SERVER = ResendServer(KEY)


def make(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20, secret: str = SECRET) -> Resend:
    return Resend(url=url, key=token, webhook_secret=whsec(secret), seconds=seconds)


def whsec(secret: str) -> str:
    return "whsec_" + base64.b64encode(secret.encode()).decode()


class TestResend(KeysContract):
    misfit_cases = (
        *KeysContract.misfit_cases,
        b'{"data": []}',
        b'{"data": [3]}',
        b'{"data": [{"id": "1"}], "errors": [{"index": 0, "message": "no"}]}',
        b'{"data": [{"id": "1"}], "errors": [{"index": 7, "message": "no"}]}',
        b'{"data": [{"id": "1"}], "errors": [{"message": "no"}]}',
    )
    busy_cases = (
        *KeysContract.busy_cases,
        (Said(429, {"name": "rate_limit_exceeded"}, {"ratelimit-reset": "2"}), 2.0),
    )
    locked_cases = (
        *KeysContract.locked_cases,
        Said(
            429, {"statusCode": 429, "name": "daily_quota_exceeded", "message": "no"}, words="daily_quota_exceeded; no"
        ),
        Said(
            429,
            {"statusCode": 429, "name": "monthly_quota_exceeded", "message": "no"},
            words="monthly_quota_exceeded; no",
        ),
    )

    def test_a_replay_tells_of_refused_mails_again(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com", "refused.bo@example.com", "cleo@example.com"), new_key()
        body = api.provider.prepare(merge)

        once, again = (api.provider.send(body, key, rids(merge)) for _ in range(2))

        assert once == again
        assert [(bool(r.provider_id), r.refused) for r in once] == [
            (True, ""),
            (False, "Resend: Invalid `to` was refused"),
            (True, ""),
        ]

    def test_after_a_day_the_api_has_forgotten(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com"), new_key()
        send(api, merge, key)
        api.server.clock.forward(hours=24)
        send(api, merge, key)

        assert api.taken() == 2 * list(merge.mails())

    def test_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))

        assert item["tags"] == [{"name": "rid", "value": rids(merge)[0]}]

    def test_an_answer_without_errors_is_as_good_as_one_with_none(self, api: ApiUnderTest) -> None:
        (receipt,) = send_to(api, Said(200, {"data": [{"id": "1"}], "errors": None}))

        assert receipt == Receipt(receipt.rid, "1")


class TestResendWebhooks(WebhookContract):
    make = staticmethod(make)
    ages = True
    covers_the_body = True
    kinds = {  # noqa: RUF012
        "email.sent": Kind.ACCEPTED,
        "email.delivered": Kind.DELIVERED,
        "email.delivery_delayed": Kind.DEFERRED,
        "email.bounced": Kind.BOUNCED,
        "email.complained": Kind.COMPLAINED,
        "email.failed": Kind.REFUSED,
        "email.suppressed": Kind.REFUSED,
    }
    ignored = ("email.opened", "email.clicked", "email.scheduled", "contact.created")

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        bounce = {"bounce": {"type": "Permanent", "subType": "General", "message": "no such user"}}
        data = {"email_id": "m1", "tags": {"rid": rid}, **(bounce if word == "email.bounced" else {})}
        when = {"created_at": "2026-11-20T12:00:00.000Z"} if at else {}
        return {"type": word, **when, "data": data}

    def bounced(self, said: str) -> dict[str, Any]:
        data = {"tags": {"rid": "r1"}, "bounce": {"type": "Permanent", "subType": "General", "message": said}}
        return {**self.event("email.bounced"), "data": data}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        event_id, stamp = f"msg_{hashlib.sha256(body).hexdigest()[:20]}", str(int(at.timestamp()))
        mac = hmac.new(secret.encode(), f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = f"v1a,AAAA v1,{base64.b64encode(mac).decode()}"
        return {"svix-id": event_id, "svix-timestamp": stamp, "svix-signature": signature}

    @pytest.mark.parametrize(
        ("bounce", "kind"),
        [
            ({"type": "Permanent", "subType": "General"}, Kind.BOUNCED),
            ({"type": "Permanent", "subType": "Suppressed"}, Kind.REFUSED),
            ({"message": "Resend has suppressed sending to this address"}, Kind.REFUSED),
            ({"type": "Transient", "subType": "MailboxFull"}, Kind.SOFT_BOUNCED),
            ({"type": "Undetermined", "subType": "Undetermined"}, Kind.SOFT_BOUNCED),
            ({}, Kind.SOFT_BOUNCED),
            ({"type": "Permanent", "message": "550 5.7.26 DMARC"}, Kind.SOFT_BOUNCED),
            ({"type": "Permanent", "diagnosticCode": ["smtp; 552 5.2.2 full"]}, Kind.SOFT_BOUNCED),
            ({"type": "Permanent", "diagnosticCode": "smtp; 550 5.1.1 unknown"}, Kind.BOUNCED),
        ],
    )
    def test_a_bounce_says_more_by_its_type(self, bounce: dict[str, str], kind: Kind) -> None:
        event = self.event("email.bounced")

        (report,) = self.reports({**event, "data": {**event["data"], "bounce": bounce}})

        assert report.kind is kind

    def test_tags_may_come_back_as_they_were_sent(self) -> None:
        event = self.event("email.delivered")
        tags = [{"name": "other", "value": "x"}, {"name": "rid", "value": "r7"}]

        (report,) = self.reports({**event, "data": {"tags": tags}})

        assert report.rid == "r7"

    @pytest.mark.parametrize("missing", ["svix-id", "svix-timestamp", "svix-signature"])
    def test_every_header_of_the_proof_is_needed_and_signed(self, missing: str) -> None:
        body = json.dumps(self.event("email.sent")).encode()
        proof = self.proof(body, SECRET, NOON)
        other = {"svix-id": "msg_2", "svix-timestamp": str(int(NOON.timestamp()) + 1), "svix-signature": "v1,AAAA"}

        for forged in ({name: proof[name] for name in proof if name != missing}, {**proof, missing: other[missing]}):
            with pytest.raises(TokenRefused):
                self.listener.reports(forged, body, NOON)

    def test_a_proof_is_believed_for_five_minutes(self) -> None:
        body = json.dumps(self.event("email.sent")).encode()
        proof = self.proof(body, SECRET, NOON)

        assert len(self.listener.reports(proof, body, NOON + timedelta(seconds=300))) == 1
        with pytest.raises(TokenRefused, match="300 s"):
            self.listener.reports(proof, body, NOON + timedelta(seconds=301))

    def test_the_official_library_believes_the_same_signatures(self) -> None:
        from resend import Webhooks  # a second that only this test needs

        body, now = json.dumps(self.event("email.delivered")).encode(), clock.now()
        proof = self.proof(body, SECRET, now)
        headers = {name.removeprefix("svix-"): value for name, value in proof.items()}

        theirs = Webhooks.verify({"payload": body.decode(), "headers": headers, "webhook_secret": whsec(SECRET)})

        assert theirs["type"] == "email.delivered"
        assert [report.kind for report in self.listener.reports(proof, body, now)] == [Kind.DELIVERED]

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_no base64"])
    def test_a_secret_that_is_none_believes_nothing(self, secret: str) -> None:
        silent = Resend(url="http://127.0.0.1:1", key="k", webhook_secret=secret, seconds=1)
        body = b"{}"

        with pytest.raises(TokenRefused, match="no webhook secret of the form"):
            silent.reports(self.proof(body, "", NOON), body, NOON)

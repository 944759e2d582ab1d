"""What every provider's webhooks are held to: subclass it and say how that provider writes and proves an event."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from outreach.errors import ProviderError, TokenRefused
from outreach.model.wave import Kind
from outreach.providers import basic_auth
from outreach.providers.port import Provider
from tests.conftest import NOON

SECRET = "webhook-secret"


class WebhookContract:
    """Every provider passes this."""

    make: ClassVar[Callable[..., Provider]]
    """Makes the provider, if asked with another *secret* of its webhooks."""
    kinds: ClassVar[Mapping[str, Kind]]
    """The provider's words and what they mean to us, as its documentation lists them."""
    ignored: ClassVar[tuple[str, ...]]
    """Words that it documents and that say nothing of a delivery."""
    batches: ClassVar[bool] = False
    """Whether a webhook may hold several events."""
    ages: ClassVar[bool] = False
    """Whether what proves it carries a time."""
    covers_the_body: ClassVar[bool] = False
    """Whether what proves it is a signature of the body."""

    @property
    def listener(self) -> Provider:
        return self.make()

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        """One event as the provider documents it; without a time where *at* is None."""
        raise NotImplementedError

    def bounced(self, said: str) -> dict[str, Any]:
        """A bounce that the provider calls permanent, with the words of the recipient's server."""
        raise NotImplementedError

    def several(self, *events: dict[str, Any]) -> object:
        """A webhook with several events."""
        return list(events)

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        """The headers that show that the provider sent *body*."""
        raise NotImplementedError

    def wrapped(self, document: object, secret: str, at: datetime) -> bytes:
        """The body that *document* travels as."""
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    def reports(self, document: object, at: datetime = NOON, secret: str = SECRET) -> list[Any]:
        body = self.wrapped(document, secret, at)
        return self.listener.reports(self.proof(body, secret, at), body, at)

    def test_every_word_is_translated_with_rid_and_time(self) -> None:
        told = {word: self.reports(self.event(word)) for word in self.kinds}

        assert {word: [(r.rid, r.kind, r.at) for r in reports] for word, reports in told.items()} == {
            word: [("r1", kind, NOON)] for word, kind in self.kinds.items()
        }

    def test_an_event_has_the_same_id_each_time_and_another_than_others(self) -> None:
        ids = {word: self.reports(self.event(word))[0].event_id for word in self.kinds}

        assert ids == {word: self.reports(self.event(word))[0].event_id for word in self.kinds}
        assert all(0 < len(event_id) <= 200 for event_id in ids.values())
        assert len(set(ids.values())) == len(ids)

    def test_words_that_say_nothing_of_a_delivery_are_left_out_with_a_line_in_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)

        for word in (*self.ignored, "invented-tomorrow"):
            assert self.reports(self.event(word)) == []

        assert len(caplog.records) == len(self.ignored) + 1

    @pytest.mark.parametrize("rid", [None, 3, "<b>", "", "a b", "x" * 65, ["r1"]])
    def test_events_of_mails_that_are_not_ours_are_left_out(self, rid: object) -> None:
        assert self.reports(self.event(next(iter(self.kinds)), rid)) == []

    def test_several_events_in_one_webhook_are_all_heard(self) -> None:
        if not self.batches:
            with pytest.raises((ProviderError, TokenRefused)):
                self.reports(self.several(self.event(next(iter(self.kinds)))))
            return
        word, *_ = self.kinds

        heard = self.reports(
            self.several(self.event(word, "r1"), self.event("invented-tomorrow", "r2"), self.event(word, "r3"))
        )

        assert [report.rid for report in heard] == ["r1", "r3"]
        assert self.reports(self.several()) == []

    @pytest.mark.parametrize("body", [b"", b"3", b"null", b'"x"', b"{}", b"\xff", b"[3]", b"[[]]", b"[null]"])
    def test_what_cannot_be_read_is_an_error_even_if_authentic(self, body: bytes) -> None:
        with pytest.raises((ProviderError, TokenRefused)):
            self.reports(body)

    def test_an_event_without_a_time_happened_now(self) -> None:
        (report,) = self.reports(self.event(next(iter(self.kinds)), at=None))

        assert (report.at, report.event_id != "") == (NOON, True)

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ("smtp; 550 5.1.1 no such user", Kind.BOUNCED),
            ("550 5.2.1 disabled", Kind.BOUNCED),
            ("550 gone", Kind.BOUNCED),
            ("550 5.7.26 DMARC", Kind.SOFT_BOUNCED),
            ("552 5.2.2 full", Kind.SOFT_BOUNCED),
            ("552 5.2.3 too large", Kind.SOFT_BOUNCED),
            ("552 5.3.4 too large", Kind.SOFT_BOUNCED),
        ],
    )
    def test_a_bounce_that_is_our_own_fault_does_not_condemn_the_address(self, said: str, kind: Kind) -> None:
        (report,) = self.reports(self.bounced(said))

        assert (report.kind, said in report.detail) == (kind, True)

    def test_without_a_secret_nothing_is_believed(self) -> None:
        body = self.wrapped(self.event(next(iter(self.kinds))), "", NOON)

        with pytest.raises(TokenRefused, match="no webhook"):
            self.make(secret="").reports(self.proof(body, "", NOON), body, NOON)

    def test_a_stranger_is_refused(self) -> None:
        event = self.event(next(iter(self.kinds)))

        with pytest.raises(TokenRefused):
            self.reports(event, secret="another")
        with pytest.raises(TokenRefused):
            self.listener.reports({}, self.bare(event), NOON)

    def bare(self, event: dict[str, Any]) -> bytes:
        """The event without what proves it."""
        return json.dumps(event).encode()

    def test_a_body_that_was_tampered_with_is_refused_where_it_is_signed(self) -> None:
        body = self.wrapped(self.event(next(iter(self.kinds))), SECRET, NOON)
        proof = self.proof(body, SECRET, NOON)

        if self.covers_the_body:
            with pytest.raises(TokenRefused):
                self.listener.reports(proof, body.replace(b"r1", b"r2"), NOON)

    def test_an_old_proof_is_refused_where_it_has_a_time(self) -> None:
        if self.ages:
            body = self.wrapped(self.event(next(iter(self.kinds))), SECRET, NOON)
            proof = self.proof(body, SECRET, NOON)
            for now in (NOON + timedelta(hours=9), NOON - timedelta(seconds=301)):
                with pytest.raises(TokenRefused):
                    self.listener.reports(proof, body, now)


class BasicAuthContract(WebhookContract):
    """And this, where nothing is signed and the secret stands in the webhook's address, or is a bearer."""

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"authorization": basic_auth.header(secret)}

    @pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Digest webhook-secret", "webhook-secret"])
    def test_another_authorization_is_refused(self, header: str) -> None:
        with pytest.raises(TokenRefused, match="does not show our secret"):
            self.listener.reports({"authorization": header}, b"{}", NOON)

    def test_a_bearer_is_as_good_as_a_user_with_password(self) -> None:
        body = self.wrapped(self.event(next(iter(self.kinds))), SECRET, NOON)

        assert len(self.listener.reports({"authorization": f"Bearer {SECRET}"}, body, NOON)) == 1
        with pytest.raises(TokenRefused):
            self.listener.reports({"authorization": "Bearer another"}, body, NOON)

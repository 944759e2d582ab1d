"""Which messages of Amazon SNS are believed, and how a subscription is confirmed."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from outreach.errors import ProviderError, TokenRefused
from outreach.providers.sns import Topic
from tests.conftest import NOON
from tests.providers import sns_sender
from tests.providers.sns_sender import ARN, CERTIFICATE, HOST, SUBSCRIBE, message


class Amazon:
    """What Amazon shows at its addresses, and who asked for it."""

    def __init__(self, certificate: bytes = b"") -> None:
        self.certificate = certificate or sns_sender.certificate()
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.certificate if url.endswith(".pem") else b"<ok/>"


def test_a_signed_message_is_believed_and_its_certificate_fetched_once() -> None:
    amazon = Amazon()
    topic = Topic(ARN, amazon)

    told = [topic.opened(message(text), NOON)["Message"] for text in ("eins", "zwei")]

    assert (told, amazon.asked) == (["eins", "zwei"], [CERTIFICATE])


def test_a_subject_is_signed_too() -> None:
    assert Topic(ARN, Amazon()).opened(message("x", Subject="s"), NOON)["Subject"] == "s"


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject", "Signature"])
def test_whatever_was_tampered_with_is_refused(name: str) -> None:
    told = json.loads(message("x", Subject="s"))
    told[name] = {"Timestamp": "2026-11-20T12:00:01.000Z", "Signature": "AAAA"}.get(name, "other")

    with pytest.raises(TokenRefused, match="does not fit"):
        Topic(ARN, Amazon()).opened(json.dumps(told).encode(), NOON)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"TopicArn": "arn:aws:sns:eu-central-1:999999999999:outreach"}, "is of topic"),
        ({"SignatureVersion": "1"}, "SHA-1; set the topic's attribute SignatureVersion to 2"),
        ({"Type": "Invented"}, "no message of Amazon SNS"),
        ({"Timestamp": "yesterday"}, "no message of Amazon SNS"),
        ({"Timestamp": ""}, "too old"),
        ({"SigningCertURL": CERTIFICATE.replace("https:", "http:")}, "does not stand at"),
        ({"SigningCertURL": CERTIFICATE.replace("amazonaws.com", "amazonaws.com.example.org")}, "does not stand at"),
        ({"SigningCertURL": CERTIFICATE.replace("https://", "https://example.org@")}, "does not stand at"),
        ({"SigningCertURL": CERTIFICATE.replace("eu-central-1", "us-east-1")}, "does not stand at"),
        ({"SigningCertURL": f"{HOST}/other.pem"}, "does not stand at"),
        ({"SigningCertURL": f"{HOST}:444/SimpleNotificationService-ab.pem"}, "does not stand at"),
        ({"SigningCertURL": f"{CERTIFICATE}?x"}, "does not stand at"),
    ],
)
def test_what_others_could_sign_is_refused_before_anything_is_fetched(changes: dict[str, str], match: str) -> None:
    amazon = Amazon()

    with pytest.raises(TokenRefused, match=match):
        Topic(ARN, amazon).opened(message("x", **changes), NOON)

    assert amazon.asked == []


@pytest.mark.parametrize("age", [timedelta(hours=2), timedelta(seconds=-300)])
def test_a_message_is_believed_for_two_hours(age: timedelta) -> None:
    topic = Topic(ARN, Amazon())
    beyond = timedelta(seconds=1) if age > timedelta(0) else timedelta(seconds=-1)

    assert topic.opened(message("x", NOON - age), NOON)["Message"] == "x"
    with pytest.raises(TokenRefused, match="too old, or of a time to come"):
        topic.opened(message("x", NOON - age - beyond), NOON)


def test_a_certificate_that_is_over_is_not_believed() -> None:
    with pytest.raises(TokenRefused, match="not valid now"):
        Topic(ARN, Amazon(sns_sender.certificate(days=-1))).opened(message("x"), NOON)


def test_a_key_of_another_kind_is_not_believed() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()

    with pytest.raises(TokenRefused, match="holds no RSA key"):
        Topic(ARN, Amazon(sns_sender.certificate(of=other))).opened(message("x"), NOON)


def test_a_new_certificate_takes_the_place_of_the_old() -> None:
    amazon = Amazon()
    topic = Topic(ARN, amazon)
    newer = CERTIFICATE.replace("0123", "4567")

    for url in (CERTIFICATE, newer, newer):
        topic.opened(message("x", SigningCertURL=url), NOON)

    assert amazon.asked == [CERTIFICATE, newer]


def test_what_is_no_certificate_is_an_error() -> None:
    with pytest.raises(ProviderError, match="holds no certificate"):
        Topic(ARN, Amazon(b"<html>")).opened(message("x"), NOON)


@pytest.mark.parametrize("missing", ["MessageId", "Signature", "SigningCertURL", "SignatureVersion", "TopicArn"])
def test_a_message_that_lacks_something_is_refused(missing: str) -> None:
    told = {name: value for name, value in json.loads(message("x")).items() if name != missing}

    with pytest.raises(TokenRefused, match="lacks what its signature covers"):
        Topic(ARN, Amazon()).opened(json.dumps(told).encode(), NOON)


def test_without_a_topic_nothing_is_believed() -> None:
    with pytest.raises(TokenRefused, match="no webhook topic is set"):
        Topic("", Amazon()).opened(message("x"), NOON)


def test_a_subscription_of_ours_is_confirmed_at_amazon_and_nowhere_else() -> None:
    amazon = Amazon()
    topic = Topic(ARN, amazon)
    asked = {"Type": "SubscriptionConfirmation", "Token": "abc"}

    topic.confirm(topic.opened(message("x", SubscribeURL=SUBSCRIBE, **asked), NOON))
    assert amazon.asked == [CERTIFICATE, SUBSCRIBE]
    with pytest.raises(TokenRefused, match="nowhere else"):
        topic.confirm(topic.opened(message("x", SubscribeURL="https://example.org/?x", **asked), NOON))


def test_a_topic_in_china_is_asked_there() -> None:
    arn = "arn:aws-cn:sns:cn-north-1:123456789012:outreach"
    url = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-ab.pem"

    told = Topic(arn, Amazon()).opened(message("x", TopicArn=arn, SigningCertURL=url), NOON)

    assert told["Message"] == "x"

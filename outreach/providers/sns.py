"""Amazon SNS, which carries the events of Amazon SES: whose messages are believed, and how a subscription is confirmed.

Messages are signed with a certificate that stands at an address in the message. So that address has to be Amazon's, in
the region of our topic; the topic has to be ours, since anybody can have one that signs.
"""

import base64
import binascii
import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from outreach.errors import DefinitionError, ProviderError, TokenRefused
from outreach.providers.events import from_text

log = logging.getLogger(__name__)

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"

SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""Types of messages, and what the signature of each covers, in order; a notification may have no subject."""

RETRIED_FOR, AHEAD = timedelta(hours=2), timedelta(seconds=300)
"""How old a message may be (its sending is repeated for an hour at most), or ahead of our clock."""

_ARN = re.compile(r"arn:(aws|aws-cn):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{1,64}\.pem")

Fetch = Callable[[str], bytes]


class Topic:
    """One topic of ours; *fetch* gets certificates, and confirms subscriptions."""

    def __init__(self, arn: str, fetch: Fetch) -> None:
        found = _ARN.fullmatch(arn)
        if arn and not found:
            raise DefinitionError(f"OUTREACH_SES_TOPIC: {arn!r} is no ARN; one looks like arn:aws:sns:eu-central-1:…:…")
        self._arn = arn
        self._host = f"sns.{found[2]}.amazonaws.com{'.cn' if found[1] == 'aws-cn' else ''}" if found else ""
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}

    def opened(self, body: bytes, now: datetime) -> Mapping[str, str]:
        """Return an authentic message; `TokenRefused` says what is wrong with another."""
        message = self._readable(body, now)
        certificate = self._certificate(message["SigningCertURL"], now)
        key = certificate.public_key()
        signed = "".join(f"{name}\n{message[name]}\n" for name in SIGNED[message["Type"]] if name in message)
        try:
            if not isinstance(key, rsa.RSAPublicKey):
                raise TokenRefused("the certificate of the message holds no RSA key")
            signature = base64.b64decode(message["Signature"], validate=True)
            key.verify(signature, signed.encode(errors="replace"), padding.PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error):
            raise TokenRefused("the message's signature does not fit it") from None
        return message

    def confirm(self, message: Mapping[str, str]) -> None:
        """Tell Amazon that the subscription was meant; it sends nothing before."""
        if not message["SubscribeURL"].startswith(f"https://{self._host}/?"):
            raise TokenRefused(f"a subscription to {self._arn} is confirmed at {self._host}, nowhere else")
        self._fetch(message["SubscribeURL"])
        log.info("the subscription to %s is confirmed", self._arn)

    def _readable(self, body: bytes, now: datetime) -> dict[str, str]:
        """The message as far as it can be judged without its certificate."""
        if not self._arn:
            raise TokenRefused("no webhook topic is set, so nothing can be believed; set OUTREACH_SES_TOPIC")
        try:
            found = json.loads(body)
            message = {name: value for name, value in found.items() if isinstance(value, str)}
            sent = from_text(message["Timestamp"])
            needed = [*SIGNED[message["Type"]], "Signature", "SignatureVersion", "SigningCertURL"]
        except (AttributeError, KeyError, ValueError):
            raise TokenRefused("the webhook is no message of Amazon SNS; raw delivery has to be off") from None
        if not set(needed) - {"Subject"} <= set(message):
            raise TokenRefused("the message lacks what its signature covers")
        if message["TopicArn"] != self._arn:
            raise TokenRefused(f"the message is of topic {message['TopicArn']!r}, not of {self._arn}")
        if message["SignatureVersion"] != "2":
            raise TokenRefused("the message is signed with SHA-1; set the topic's attribute SignatureVersion to 2")
        if sent is None or not now - RETRIED_FOR <= sent <= now + AHEAD:
            raise TokenRefused("the message is too old, or of a time to come")
        return message

    def _certificate(self, url: str, now: datetime) -> x509.Certificate:
        certificate = self._certificates.get(url)
        if certificate is None:
            start = f"https://{self._host}"
            if not url.startswith(start) or not _CERTIFICATE.fullmatch(url.removeprefix(start)):
                raise TokenRefused(f"the message's certificate does not stand at {self._host}")
            try:
                certificate = x509.load_pem_x509_certificate(self._fetch(url))
            except ValueError as error:
                raise ProviderError(f"{url} holds no certificate: {error}") from error
            self._certificates = {url: certificate}  # a new one takes the place of the old
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise TokenRefused("the message's certificate is not valid now")
        return certificate

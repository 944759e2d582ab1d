"""An SNS topic that signs its messages as Amazon documents: RSA with SHA-256 over names and values, line by line."""

import base64
import json
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conftest import NOON
from tests.providers import certificates

ARN = "arn:aws:sns:eu-central-1:123456789012:outreach"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn={ARN}&Token=abc"


def certificate(days: int = 30, of: CertificatePublicKeyTypes | None = None) -> bytes:
    since, until = NOON - timedelta(days=30), NOON + timedelta(days=days)
    made = certificates.certificate("sns.amazonaws.com", since, until, of=of)
    return made.public_bytes(Encoding.PEM)


def message(text: str, at: datetime = NOON, **changes: str) -> bytes:
    """A signed message that carries *text*."""
    told = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": ARN,
        "Message": text,
        "Timestamp": at.isoformat().replace("+00:00", ".000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
        **changes,
    }
    unsigned = ("Signature", "SignatureVersion", "SigningCertURL")
    signed = "".join(f"{name}\n{told[name]}\n" for name in sorted(told) if name not in unsigned)
    signature = certificates.key().sign(signed.encode(), padding.PKCS1v15(), SHA256())
    return json.dumps({"Signature": base64.b64encode(signature).decode(), **told}).encode()

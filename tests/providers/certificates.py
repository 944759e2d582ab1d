"""Certificates of our own making, for servers of tests and for what they sign."""

from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from outreach import clock


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    name: str,
    since: datetime,
    until: datetime,
    *alternatives: x509.GeneralName,
    of: CertificatePublicKeyTypes | None = None,
) -> x509.Certificate:
    """A certificate of our key, or *of* another, that is its own authority."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, of or key().public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(since).not_valid_after(until)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(key(), SHA256())


def pem(address: str) -> bytes:
    """Key and certificate of a server at *address*, valid now."""
    now = clock.now()
    here = x509.IPAddress(ip_address(address))
    shown = certificate(address, now - timedelta(days=1), now + timedelta(days=1), here)
    secret = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + shown.public_bytes(Encoding.PEM)


def public(pem: bytes) -> str:
    """The part that everybody may see."""
    return "-----BEGIN CERTIFICATE" + pem.decode().partition("-----BEGIN CERTIFICATE")[2]

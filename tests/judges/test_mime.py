"""Every mail as it travels: read by Python's parser without a defect, signed and verified by dkimpy."""

from email.message import EmailMessage
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from outreach.model.letter import HOUSE
from tests.judges.mails import Shipped, one_of_each, shipped

LONGEST = 998
"""Bytes of a line in a mail, by RFC 5322."""

SIGNED = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Reply-To", b"MIME-Version", b"Content-Type")
FOR_LEAVING = (b"List-Unsubscribe", b"List-Unsubscribe-Post")
"""Without these two under a signature, nobody offers one-click unsubscribing (RFC 8058, section 4)."""

SELECTOR, DOMAIN = b"lindeplein", b"example.org"


def test_mail_programs_read_every_mail_without_a_defect():
    assert {one.name: defects for one in shipped() if (defects := _defects(one.read))} == {}


def _defects(mail: EmailMessage) -> list[object]:
    parts = list(mail.walk())
    in_headers = [(name, value.defects) for part in parts for name, value in part.items() if value.defects]
    return [*(part.defects for part in parts if part.defects), *in_headers]


def test_mail_programs_read_every_mail_as_it_was_written():
    for one in shipped():
        mail = one.read
        _, text, html = mail.walk()

        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert text.get_content().splitlines() == one.mail.text.splitlines()
        assert html.get_content().splitlines() == one.mail.html.splitlines()
        assert (mail["Subject"], mail["To"]) == (one.mail.subject, one.mail.recipient)
        assert {name: mail[name] for name in one.mail.headers} == one.mail.headers


def test_every_line_of_every_mail_may_travel():
    lines = [(one.name, line) for one in shipped() for line in one.source.split(b"\r\n")]

    assert [one.name for one in shipped() if not one.source.partition(b"\r\n\r\n")[0].isascii()] == []
    assert [(name, line) for name, line in lines if len(line) > LONGEST or b"\n" in line or b"\r" in line] == []


def test_a_signature_holds_over_all_that_a_reader_leaves_by():
    unsigned = [one.name for one in one_of_each() if not dkim.verify(_signed(one.source, _headers(one)), dnsfunc=_dns)]

    assert unsigned == []


def test_a_signature_breaks_when_one_byte_of_a_header_changes():
    one = next(one for one in shipped() if one.campaign != HOUSE)
    signed = _signed(one.source, _headers(one))

    unnoticed = [name for name in _headers(one) if dkim.verify(_spoilt(signed, name), dnsfunc=_dns)]
    assert unnoticed == []


def _spoilt(signed: bytes, header: bytes) -> bytes:
    start = signed.index(b"\r\n" + header + b": ") + len(header) + 4
    return signed[:start] + bytes([signed[start] ^ 1]) + signed[start + 1 :]


def _headers(one: Shipped) -> list[bytes]:
    """Letters belong to no list: nobody can leave by them."""
    return [*SIGNED, *(() if one.campaign == HOUSE else FOR_LEAVING)]


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _signed(source: bytes, headers: list[bytes]) -> bytes:
    pem = _key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    signature = dkim.sign(source, SELECTOR, DOMAIN, pem, include_headers=headers)
    return bytes(signature) + source


def _dns(name: bytes, timeout: int = 5) -> bytes:
    assert name == SELECTOR + b"._domainkey." + DOMAIN + b"."
    pem = _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b"".join(pem.splitlines()[1:-1])

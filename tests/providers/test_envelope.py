"""Mailboxes and headers as APIs read them."""

import pytest

from outreach.errors import DefinitionError
from outreach.model.mail import Address
from outreach.providers.envelope import check_names, mailbox


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "a@example.org"),
        ("Überall", "Überall <a@example.org>"),
        ("Überall e. V", '"Überall e. V" <a@example.org>'),
        ("Verein, e.V.", '"Verein, e.V." <a@example.org>'),
        ('Die "Guten"', '"Die \\"Guten\\"" <a@example.org>'),
        ('Die "Guten", e.V.', '"Die \\"Guten\\", e.V." <a@example.org>'),
        ("a\r\nBcc: b", '"a  Bcc: b" <a@example.org>'),
    ],
)
def test_names_are_quoted_where_they_must(name: str, shown: str) -> None:
    assert mailbox(Address("a@example.org", name)) == shown


@pytest.mark.parametrize("name", ["From", "TO", "bcc", "Reply-To", "Message-ID", "DKIM-Signature", "content-type"])
def test_headers_that_every_api_has_fields_for_are_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match=f"header {name}: pigeon writes it itself"):
        check_names("pigeon", {name: "x"})

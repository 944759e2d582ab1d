"""What tells the accounts of an email API apart, in the ledger."""

import re
from typing import Any

import pytest
from pydantic import SecretStr

from outreach.services import PROVIDERS, open_provider
from outreach.settings import Settings

SECRET = "a-key-nobody-may-see"
GIVEN: dict[str, Any] = {
    "lettermint_token": SecretStr(SECRET),
    "postmark_token": SecretStr(SECRET),
    "mailgun_domain": "mail.example.org",
    "mailgun_key": SecretStr(SECRET),
    "brevo_key": SecretStr(SECRET),
    "resend_key": SecretStr(SECRET),
    "mailjet_key": SecretStr(SECRET),
    "mailjet_secret_key": SecretStr(SECRET),
    "ses_key_id": "AKIAEXAMPLE",
    "ses_secret_key": SecretStr(SECRET),
    "ses_configuration_set": "outreach",
    "smtp_host": "mail.example.org",
}
OTHER = SecretStr("another")

TELLING: dict[str, dict[str, Any]] = {
    "outbox": {"outbox_url": "http://127.0.0.1:1"},
    "lettermint": {"lettermint_token": OTHER},
    "postmark": {"postmark_token": OTHER, "postmark_stream": "another"},
    "mailgun": {"mailgun_url": "https://api.mailgun.net", "mailgun_domain": "other.example.org"},
    "brevo": {"brevo_key": OTHER},
    "resend": {"resend_key": OTHER},
    "mailjet": {"mailjet_key": OTHER},
    "ses": {"ses_region": "eu-west-1", "ses_key_id": "AKIAANOTHER"},
    "smtp": {"smtp_host": "other.example.org", "smtp_port": 465, "smtp_user": "another"},
}
"""Settings that make it another account, by provider."""

MERELY_NEW: dict[str, dict[str, Any]] = {
    "outbox": {"outbox_token": OTHER, "outbox_url": "http://127.0.0.1:8410/"},
    "mailgun": {
        "mailgun_key": OTHER,
        "mailgun_url": "https://API.eu.mailgun.net/",
        "mailgun_domain": "Mail.example.org",
    },
    "mailjet": {"mailjet_secret_key": OTHER},
    "ses": {"ses_secret_key": OTHER},
    "smtp": {"smtp_password": OTHER},
}
"""Settings that leave the account what it is."""


def account(provider: str, **changed: Any) -> str:
    opened = open_provider(Settings(_env_file=None, provider=provider, **(GIVEN | changed)))
    opened.close()
    return opened.account


def test_every_provider_has_an_account_of_its_own_that_shows_no_key() -> None:
    accounts = {provider: account(provider) for provider in PROVIDERS}

    assert len(set(accounts.values())) == len(PROVIDERS)
    assert [found for found in accounts.values() if not re.fullmatch("[0-9a-f]{16}", found)] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_decides_whose_mails_are_listed_makes_another_account_and_nothing_else(provider: str) -> None:
    ours = account(provider)

    assert [name for name, value in TELLING[provider].items() if account(provider, **{name: value}) == ours] == []
    assert account(provider, **MERELY_NEW.get(provider, {})) == ours

"""Which email API the settings choose."""

import pytest
from pydantic import SecretStr

from outreach.errors import DefinitionError, SettingMissing
from outreach.model.mail import MergePlan
from outreach.services import PROVIDERS, open_provider
from outreach.settings import Settings
from tests.builders_compose import compiled, reader, wave

NEEDED = {
    "lettermint": ("lettermint_token",),
    "postmark": ("postmark_token",),
    "mailgun": ("mailgun_domain", "mailgun_key"),
    "brevo": ("brevo_key",),
    "resend": ("resend_key",),
    "ses": ("ses_key_id", "ses_secret_key", "ses_configuration_set"),
    "mailjet": ("mailjet_key", "mailjet_secret_key"),
    "smtp": ("smtp_host",),
}
PLAIN = ("mailgun_domain", "ses_key_id", "ses_configuration_set", "smtp_host")


def settings(provider: str, *given: str) -> Settings:
    values = {name: "mail.example.org" if name in PLAIN else SecretStr("a-key") for name in given}
    return Settings(_env_file=None, provider=provider, **values)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_is_opened_by_its_name(name: str) -> None:
    provider = open_provider(settings(name, *NEEDED.get(name, ())))

    assert provider.name == name
    provider.close()


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in NEEDED.items() for field in fields])
def test_a_missing_setting_is_named(name: str, field: str) -> None:
    given = [other for other in NEEDED[name] if other != field]

    with pytest.raises(SettingMissing, match=f"OUTREACH_{field.upper()} is missing"):
        open_provider(settings(name, *given))


def test_an_unknown_provider_is_told_which_there_are() -> None:
    with pytest.raises(DefinitionError, match="no provider 'pigeon'; there is: outbox, lettermint, postmark, mailgun"):
        open_provider(settings("pigeon"))


def test_mailgun_is_in_the_eu_unless_told_otherwise() -> None:
    assert settings("mailgun").mailgun_url == "https://api.eu.mailgun.net"


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_carries_the_mails_that_this_house_writes(name: str) -> None:
    mail = compiled(wave(), variant="nl+de")
    provider = open_provider(settings(name, *NEEDED.get(name, ())))
    body = provider.prepare(MergePlan(mail, (reader(mail),)))
    provider.close()

    assert reader(mail).rid.encode() in body

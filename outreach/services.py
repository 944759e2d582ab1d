"""Opens what the steps work with: database, provider, templates, tokens. The only builder."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature

from jinja2.sandbox import SandboxedEnvironment
from pydantic import SecretStr

from outreach import clock, templating
from outreach.clock import Clock
from outreach.errors import DefinitionError, SettingMissing
from outreach.model.breaker import Thresholds
from outreach.model.cap import Cap
from outreach.model.pace import read_rules
from outreach.model.tokens import Tokens
from outreach.providers.brevo import Brevo
from outreach.providers.lettermint import Lettermint
from outreach.providers.mailgun import Mailgun
from outreach.providers.mailjet import Mailjet
from outreach.providers.outbox import Outbox
from outreach.providers.port import Provider
from outreach.providers.postmark import Postmark
from outreach.providers.rate import read_rate
from outreach.providers.resend import Resend
from outreach.providers.ses import Ses
from outreach.providers.smtp import Smtp
from outreach.settings import Settings
from outreach.store import Sessions, migrate, open_engine, open_sessions


@dataclass(frozen=True)
class Services:
    """Everything a step needs; given to it, never fetched by it."""

    settings: Settings
    sessions: Sessions
    provider: Provider
    templates: SandboxedEnvironment
    tokens: Tokens
    clock: Clock


@contextmanager
def open_services(settings: Settings | None = None, clock: Clock = clock.now) -> Iterator[Services]:
    """Open everything and close it again; the embedded database is made or upgraded on the way."""
    settings = settings or Settings()
    _check(settings)
    if not settings.database_url:
        settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    if settings.database_url and not migrate.is_current(engine):
        raise DefinitionError("the database has an older version of the tables; run: outreach migrate")
    migrate.upgrade(engine)
    provider = open_provider(settings)
    try:
        yield Services(
            settings=settings,
            sessions=open_sessions(engine),
            provider=provider,
            templates=templating.environment(settings.templates),
            tokens=Tokens(settings.key()),
            clock=clock,
        )
    finally:
        provider.close()
        engine.dispose()


def _check(settings: Settings) -> None:
    """Have what cannot be read told before anything is sent."""
    Thresholds.read(settings.stop_at)
    Cap.read(settings.frequency_cap)
    read_rules(settings.time_zone, settings.quiet_hours, settings.domain_limits, settings.warm_up)
    read_rate(settings.rate)


def open_provider(settings: Settings) -> Provider:
    """Return the email API that the settings name, or say which there are.

    What a provider is made of are the settings that begin with its name.
    """
    make = PROVIDERS.get(settings.provider)
    if make is None:
        raise DefinitionError(f"OUTREACH_PROVIDER: no provider {settings.provider!r}; there is: {', '.join(PROVIDERS)}")
    parts = [name for name, part in signature(make).parameters.items() if part.default is part.empty]
    return make(**{part: _part(settings, part) for part in parts})


PROVIDERS: Mapping[str, Callable[..., Provider]] = {
    "outbox": Outbox,
    "lettermint": Lettermint,
    "postmark": Postmark,
    "mailgun": Mailgun,
    "ses": Ses,
    "brevo": Brevo,
    "resend": Resend,
    "mailjet": Mailjet,
    "smtp": Smtp,
}
"""What `OUTREACH_PROVIDER` may say."""

NEEDED: Mapping[str, str] = {
    "lettermint_token": "the API token of your Lettermint project",
    "postmark_token": "the server API token of your Postmark server",
    "mailgun_domain": "the sending domain that Mailgun knows",
    "mailgun_key": "a sending key of that domain",
    "brevo_key": "an API key (v3) of your Brevo account",
    "resend_key": "an API key of your Resend team",
    "mailjet_key": "the public API key of your Mailjet account",
    "mailjet_secret_key": "the secret key beside it",
    "ses_key_id": "the access key id of a user who may ses:SendBulkEmail",
    "ses_secret_key": "the secret access key beside it",
    "ses_configuration_set": "the configuration set whose events go to the topic",
    "smtp_host": "the name of your mail server",
}
"""Settings without which a provider cannot send, in words for those who have to find them."""


def _part(settings: Settings, part: str) -> object:
    if part == "seconds":
        return settings.call_seconds
    field = f"{settings.provider}_{part}"
    found = getattr(settings, field)
    value = found.get_secret_value() if isinstance(found, SecretStr) else found
    if field in NEEDED and not value.strip():
        raise SettingMissing(f"OUTREACH_{field.upper()}", NEEDED[field])
    return value.strip() if field in NEEDED else value


def migrate_database(settings: Settings | None = None) -> None:
    """Bring the database to the newest version."""
    settings = settings or Settings()
    if not settings.database_url:
        settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    migrate.upgrade(engine)
    engine.dispose()

"""Opens what the steps work with: database, provider, templates, tokens. The only builder."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from jinja2.sandbox import SandboxedEnvironment
from pydantic import SecretStr

from outreach import clock, templating
from outreach.clock import Clock
from outreach.errors import DefinitionError, SettingMissing
from outreach.model.tokens import Tokens
from outreach.providers.brevo import Brevo
from outreach.providers.lettermint import Lettermint
from outreach.providers.mailgun import Mailgun
from outreach.providers.mailjet import Mailjet
from outreach.providers.outbox import Outbox
from outreach.providers.port import Provider
from outreach.providers.postmark import Postmark
from outreach.providers.resend import Resend
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


def open_provider(settings: Settings) -> Provider:
    """Return the email API that the settings name, or say which there are."""
    build = BUILDERS.get(settings.provider)
    if build is None:
        raise DefinitionError(f"OUTREACH_PROVIDER: no provider {settings.provider!r}; there is: {', '.join(BUILDERS)}")
    return build(settings)


def _outbox(settings: Settings) -> Provider:
    return Outbox(
        url=settings.outbox_url,
        token=settings.outbox_token.get_secret_value(),
        webhook_secret=settings.outbox_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
        replays=settings.outbox_idempotency,
    )


def _lettermint(settings: Settings) -> Provider:
    return Lettermint(
        url=settings.lettermint_url,
        token=_needed(settings, "lettermint_token", "the API token of your Lettermint project"),
        webhook_secret=settings.lettermint_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
    )


def _postmark(settings: Settings) -> Provider:
    return Postmark(
        url=settings.postmark_url,
        token=_needed(settings, "postmark_token", "the server API token of your Postmark server"),
        stream=settings.postmark_stream,
        webhook_secret=settings.postmark_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
    )


def _mailgun(settings: Settings) -> Provider:
    return Mailgun(
        url=settings.mailgun_url,
        domain=_needed(settings, "mailgun_domain", "the sending domain that Mailgun knows"),
        key=_needed(settings, "mailgun_key", "a sending key of that domain"),
        signing_key=settings.mailgun_signing_key.get_secret_value(),
        seconds=settings.call_seconds,
    )


def _brevo(settings: Settings) -> Provider:
    return Brevo(
        url=settings.brevo_url,
        key=_needed(settings, "brevo_key", "an API key (v3) of your Brevo account"),
        webhook_secret=settings.brevo_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
    )


def _resend(settings: Settings) -> Provider:
    return Resend(
        url=settings.resend_url,
        key=_needed(settings, "resend_key", "an API key of your Resend team"),
        webhook_secret=settings.resend_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
    )


def _mailjet(settings: Settings) -> Provider:
    return Mailjet(
        url=settings.mailjet_url,
        key=_needed(settings, "mailjet_key", "the public API key of your Mailjet account"),
        secret_key=_needed(settings, "mailjet_secret_key", "the secret key beside it"),
        webhook_secret=settings.mailjet_webhook_secret.get_secret_value(),
        seconds=settings.call_seconds,
    )


BUILDERS: Mapping[str, Callable[[Settings], Provider]] = {
    "outbox": _outbox,
    "lettermint": _lettermint,
    "postmark": _postmark,
    "mailgun": _mailgun,
    "brevo": _brevo,
    "resend": _resend,
    "mailjet": _mailjet,
}
"""What `OUTREACH_PROVIDER` may say."""


def _needed(settings: Settings, field: str, why: str) -> str:
    found = getattr(settings, field)
    value = (found.get_secret_value() if isinstance(found, SecretStr) else str(found)).strip()
    if not value:
        raise SettingMissing(f"OUTREACH_{field.upper()}", why)
    return value


def migrate_database(settings: Settings | None = None) -> None:
    """Bring the database to the newest version."""
    engine = open_engine((settings or Settings()).database)
    migrate.upgrade(engine)
    engine.dispose()

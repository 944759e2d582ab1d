"""Opens what the steps work with: database, provider, templates, tokens. The only builder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jinja2.sandbox import SandboxedEnvironment

from outreach import clock, templating
from outreach.clock import Clock
from outreach.errors import DefinitionError, SettingMissing
from outreach.model.tokens import Tokens
from outreach.providers.lettermint import Lettermint
from outreach.providers.outbox import Outbox
from outreach.providers.port import Provider
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
    match settings.provider:
        case "outbox":
            return Outbox(
                url=settings.outbox_url,
                token=settings.outbox_token.get_secret_value(),
                webhook_secret=settings.outbox_webhook_secret.get_secret_value(),
                seconds=settings.call_seconds,
                replays=settings.outbox_idempotency,
            )
        case "lettermint":
            if not settings.lettermint_token.get_secret_value():
                raise SettingMissing("OUTREACH_LETTERMINT_TOKEN", "the API token of your Lettermint project")
            return Lettermint(
                url=settings.lettermint_url,
                token=settings.lettermint_token.get_secret_value(),
                webhook_secret=settings.lettermint_webhook_secret.get_secret_value(),
                seconds=settings.call_seconds,
            )
        case other:
            raise DefinitionError(f"OUTREACH_PROVIDER: no provider {other!r}; there is: outbox, lettermint")


def migrate_database(settings: Settings | None = None) -> None:
    """Bring the database to the newest version."""
    engine = open_engine((settings or Settings()).database)
    migrate.upgrade(engine)
    engine.dispose()

"""Settings from the environment (prefix `OUTREACH_`) or a `.env` file; embedded defaults for everything but secrets."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from outreach.errors import DefinitionError, SettingMissing

ROOT = Path(__file__).resolve().parent.parent

SECRET_LENGTH = 32


def _by_commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_by_commas)]


def _by_equals(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): days.strip() for name, _, days in parts}


Days = Annotated[dict[str, int], NoDecode, BeforeValidator(_by_equals)]


class Settings(BaseSettings):
    """What one installation needs to know; `.env.example` lists it with words."""

    model_config = SettingsConfigDict(
        env_prefix="OUTREACH_", env_file=(ROOT / ".env", ".env"), extra="ignore", frozen=True
    )

    home: Path = Field(default=Path(".outreach"), description="folder of the embedded database and the outbox")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite under `home`")
    secret: SecretStr = Field(default=SecretStr(""), description="signs links and tokens; 32 characters or more")
    erasure_key: SecretStr = Field(
        default=SecretStr(""),
        description="recognises people who asked to be forgotten; empty: made from `secret`. Never change it",
    )
    erasure_log: Path | None = Field(
        default=None,
        description="file of those who were forgotten, replayed after a restore; empty: erasures.jsonl under `home`",
    )
    retention: Days = Field(
        default_factory=dict,
        description="days after which things are removed, where they are not the rules' own: engagement=60,calls=30",
    )
    public_url: str = Field(default="http://127.0.0.1:8400", description="address of the receiver as readers see it")
    prefect_url: str = Field(default="http://127.0.0.1:4200", description="address of Prefect's UI, for links")
    templates: Path = Field(default=ROOT / "templates")
    audiences: Path = Field(default=ROOT / "audiences")

    provider: str = Field(
        default="outbox",
        description="outbox | lettermint | postmark | mailgun | ses | brevo | resend | mailjet | smtp",
    )
    outbox_url: str = Field(default="http://127.0.0.1:8410")
    outbox_token: SecretStr = Field(default=SecretStr("outbox"))
    outbox_webhook_secret: SecretStr = Field(default=SecretStr("outbox-webhooks"))
    outbox_idempotency: bool = Field(default=True, description="whether the outbox honours idempotency keys")
    lettermint_url: str = Field(default="https://api.lettermint.co/v1")
    lettermint_token: SecretStr = Field(default=SecretStr(""))
    lettermint_webhook_secret: SecretStr = Field(default=SecretStr(""))
    postmark_url: str = Field(default="https://api.postmarkapp.com")
    postmark_token: SecretStr = Field(default=SecretStr(""))
    postmark_stream: str = Field(
        default="broadcast", description="message stream; newsletters belong to a broadcast one"
    )
    postmark_webhook_secret: SecretStr = Field(default=SecretStr(""))
    mailgun_url: str = Field(default="https://api.eu.mailgun.net", description="US: https://api.mailgun.net")
    mailgun_domain: str = Field(default="")
    mailgun_key: SecretStr = Field(default=SecretStr(""))
    mailgun_signing_key: SecretStr = Field(default=SecretStr(""), description="signs webhooks; not the API key")
    brevo_url: str = Field(default="https://api.brevo.com/v3")
    brevo_key: SecretStr = Field(default=SecretStr(""))
    brevo_webhook_secret: SecretStr = Field(default=SecretStr(""))
    resend_url: str = Field(default="https://api.resend.com")
    resend_key: SecretStr = Field(default=SecretStr(""))
    resend_webhook_secret: SecretStr = Field(default=SecretStr(""), description="begins with whsec_")
    mailjet_url: str = Field(default="https://api.mailjet.com/v3.1")
    mailjet_key: SecretStr = Field(default=SecretStr(""))
    mailjet_secret_key: SecretStr = Field(default=SecretStr(""))
    mailjet_webhook_secret: SecretStr = Field(default=SecretStr(""))
    ses_region: str = Field(default="eu-central-1")
    ses_url: str = Field(default="", description="empty: the region's own endpoint")
    ses_key_id: str = Field(default="", description="access key id of a user who may ses:SendBulkEmail")
    ses_secret_key: SecretStr = Field(default=SecretStr(""))
    ses_session_token: SecretStr = Field(default=SecretStr(""), description="only of keys that are lent for a while")
    ses_configuration_set: str = Field(default="", description="the one whose events go to the topic")
    ses_topic: str = Field(default="", description="ARN of the SNS topic whose messages are believed")
    ses_webhook_secret: SecretStr = Field(default=SecretStr(""), description="stands in the subscription's address")
    smtp_host: str = Field(default="", description="name of your own mail server")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: str = Field(default="starttls", description="starttls | tls | none; none only on this machine")
    smtp_user: str = Field(default="", description="empty: the server asks for no login")
    smtp_password: SecretStr = Field(default=SecretStr(""))
    smtp_bounces: str = Field(default="", description="address that bounces go to; empty: the sender's")
    smtp_connections: int = Field(default=4, ge=1, le=50, description="connections that share one batch")

    quiet_hours: str = Field(
        default="", description="when nobody is written to, in each recipient's time zone: 21:00-08:00; empty: never"
    )
    time_zone: str = Field(default="Europe/Amsterdam", description="where people live of whom nothing else is known")
    domain_limits: str = Field(
        default="", description="mails an hour to one receiving domain: gmail.com+googlemail.com=2000,t-online.de=500"
    )
    warm_up: str = Field(
        default="", description="mails a day from a new sending domain, from a first day on: 2026-12-01: 200, 500, 1000"
    )
    stop_at: str = Field(
        default="bounces=5,soft=20,complaints=0.3,errors=10",
        description="percentages at which a wave pauses itself; empty: it never does",
    )
    frequency_cap: str = Field(
        default="", description="most mails to one person in so many days over all campaigns: 3/7; empty: no cap"
    )
    batch_size: int = Field(default=500, ge=1, description="recipients in one call at most")
    rate: str = Field(
        default="", description="what waves send a second: 20 mails, 2 calls; empty: nine tenths of what the API takes"
    )
    late_minutes: int = Field(
        default=60, ge=1, description="a wave that begins so long after it was due asks before it goes"
    )
    call_seconds: float = Field(default=20.0, gt=0, description="longest wait for one answer of an email API")
    lease_seconds: float = Field(default=60.0, gt=0, description="a batch unfinished for so long counts as left behind")
    trusted_proxies: Listed = Field(default=(), description="addresses whose X-Forwarded-For is believed")
    spamassassin: str = Field(
        default="spamassassin", description="program that scores mails before they are approved; empty: none"
    )
    chromium: str = Field(
        default="chromium", description="program that takes pictures of mails for their approver; empty: none"
    )
    private_feed_hosts: Listed = Field(
        default=(),
        description="host:port pairs that feeds and imports may be fetched from although their address is private",
    )

    @property
    def database(self) -> str:
        """The database's URL, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'outreach.db'}"

    @property
    def erasures(self) -> Path:
        """The erasure log: outside the database, so that a restored one can be brought up to date."""
        return self.erasure_log or self.home / "erasures.jsonl"

    @property
    def exports(self) -> Path:
        """Where exports of people wait to be handed over."""
        return self.home.absolute() / "exports"

    @property
    def imports(self) -> Path:
        """Where files from addresses are imported from, and their rows with errors stay."""
        return self.home.absolute() / "imports"

    def key(self) -> str:
        """Return the secret that signs; refuse to go on without one."""
        secret = self.secret.get_secret_value()
        if not secret:
            raise SettingMissing("OUTREACH_SECRET", f"it signs links; set {SECRET_LENGTH} random characters or more")
        if len(secret) < SECRET_LENGTH:
            raise DefinitionError(f"OUTREACH_SECRET: found {len(secret)} characters; write {SECRET_LENGTH} or more")
        return secret

    def erasure_secret(self) -> bytes:
        """Return the secret that addresses of forgotten people are hashed with."""
        return (self.erasure_key.get_secret_value() or f"erasure of {self.key()}").encode()

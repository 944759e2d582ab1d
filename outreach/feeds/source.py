"""What a person says of a source, checked; and what is shown of it, without secrets."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from outreach.errors import DefinitionError, FeedUnreachable
from outreach.model.content import SourceKind

_LANGUAGE = re.compile(r"[a-z]{2}")
_TOPIC = re.compile(r"[\w][\w .&/-]{0,79}")
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_URL_LENGTH = 1_000
_QUERY_LENGTH = 1_500
"""With the address it stands in an index of PostgreSQL, whose entries are bounded."""
_SECRET = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)

_NO_DATABASE = (
    "url: this is no database's address that can be used here; give one such as "
    "postgresql://reader:${NEWS_PASSWORD}@db.example.org/news or sqlite:////srv/news.db"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is pulled: where, and what the last pull left behind."""

    id: int
    kind: SourceKind
    url: str
    query: str
    topic: str
    language: str
    state: str = "active"
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    read_at: datetime | None = None

    @property
    def shown(self) -> str:
        """The address as it may be shown and logged."""
        return shown(self.kind, self.url)


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as comms staff see it in a list; *url* holds no password."""

    id: int
    kind: SourceKind
    url: str
    topic: str
    language: str
    state: str
    items: int
    checked_at: datetime | None
    failures: int
    last_error: str


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source fit to be kept."""

    kind: SourceKind
    url: str
    query: str
    topic: str
    language: str

    @property
    def shown(self) -> str:
        """The address as it may be shown and logged."""
        return shown(self.kind, self.url)


def checked(url: str, *, topic: str, language: str, query: str | None = None) -> NewSource:
    """Return the source that a person described, or say what is wrong with it. A *query* makes it a database."""
    topic, language = topic.strip(), language.strip().lower()
    if not _TOPIC.fullmatch(topic):
        raise DefinitionError(f"topic: {topic[:80]!r} does not work; give a word or two, such as social-work")
    if not _LANGUAGE.fullmatch(language):
        raise DefinitionError(f"language: {language[:20]!r} does not work; give a code of two letters, such as nl")
    if query is not None:
        return NewSource(SourceKind.DATABASE, _database_address(url), _select(query), topic, language)
    return NewSource(SourceKind.FEED, _web_address(url), "", topic, language)


def shown(kind: SourceKind, url: str) -> str:
    """Return *url* without its secrets."""
    if kind is SourceKind.FEED:
        return url
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "database"
    query = {name: "***" if _SECRET.search(name) else value for name, value in parsed.query.items()}
    return parsed.set(query=query).render_as_string(hide_password=True)


def opened_up(url: str) -> URL:
    """Return the database's address with every `${NAME}` taken from the environment."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise FeedUnreachable(shown(SourceKind.DATABASE, url), f"the environment has no {found[1]}; set it")
        return os.environ[found[1]]

    parsed = make_url(url)
    return parsed.set(password=_PLACEHOLDER.sub(value, parsed.password)) if parsed.password else parsed


def _web_address(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        usable = False
    if not usable or len(url) > _URL_LENGTH or any(character.isspace() for character in url):
        raise DefinitionError(
            f"url: {url[:200]!r} is no web address; give one such as https://example.org/feed.xml, "
            "or a database's address together with a query"
        )
    if parts.username or parts.password:
        raise DefinitionError(f"url: the address on {parts.hostname} holds a name or password; feeds must be public")
    return parts._replace(fragment="").geturl()


def _database_address(url: str) -> str:
    try:
        parsed = make_url(url.strip())
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        dialect = parsed.get_dialect()
        dialect.import_dbapi()
    except (ArgumentError, ValueError, ImportError) as error:
        raise DefinitionError(_NO_DATABASE) from error
    address = parsed.render_as_string(hide_password=False)
    if dialect.is_async or len(address) > _URL_LENGTH:
        raise DefinitionError(_NO_DATABASE)
    return address


def _select(query: str) -> str:
    query = query.strip().rstrip(";").strip()
    if not re.match(r"(?:select|with)\b", query, re.IGNORECASE):
        raise DefinitionError(f"query: {query[:60]!r} does not begin with SELECT; sources are only read")
    if len(query) > _QUERY_LENGTH:
        raise DefinitionError(
            f"query: more than {_QUERY_LENGTH} characters; make a view in the database and select that"
        )
    if ";" in query:
        raise DefinitionError("query: one SELECT without a semicolon inside; sources are only read")
    return query

"""A database query as a source: its rows are items, by the names of its columns.

Reading only, bounded in rows and time; the address may hold a password, so no error of a driver is shown as it came.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from outreach.errors import FeedBroken, FeedUnreachable
from outreach.feeds import dates, identity, pictures, words
from outreach.feeds.source import Source, opened_up
from outreach.model.content import FeedItem

MOST_ROWS = 1_000
SECONDS = 20
COLUMNS = (
    "uid", "title", "link", "body", "language", "published", "starts", "ends", "place", "cancelled", "image",
    "image_alt",
)  # fmt: skip

_NAMING = ("uid", "id", "link")
_MILLISECONDS_FROM = 100_000_000_000
_log = logging.getLogger(__name__)

_LIMITS: Mapping[str, tuple[str, ...]] = {
    "sqlite": ("PRAGMA query_only = ON",),
    "postgresql": ("SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {SECONDS * 1000}"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_execution_time = {SECONDS * 1000}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_statement_time = {SECONDS}"),
}
_CONNECT: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"timeout": 5, "check_same_thread": False},
    "postgresql": {"connect_timeout": 10},
    "mysql": {"connect_timeout": 10},
    "mariadb": {"connect_timeout": 10},
}


def read(source: Source, now: datetime, zone: tzinfo) -> list[FeedItem]:
    """Return the rows of the source's query as items, uids unique; times without a zone are meant in *zone*."""
    url = opened_up(source.url)
    _look_for_the_file(url, source.shown)
    try:
        with _connected(url) as connection:
            columns, rows = _rows(connection, source.query)
    except (SQLAlchemyError, OSError) as error:
        why = _without_password(str(getattr(error, "orig", None) or error), url)
        raise FeedUnreachable(source.shown, f"the database answers: {why}") from None
    _check(columns, source.shown)
    if len(rows) > MOST_ROWS:
        _log.warning("only the first %d rows kept", MOST_ROWS, extra={"source": source.shown})
    named = (dict(zip(columns, row, strict=True)) for row in rows[:MOST_ROWS])
    return identity.unique(item for row in named if (item := _item(row, source.shown, now, zone)))


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    backend = url.get_backend_name()
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=dict(_CONNECT.get(backend, {})))
    try:
        with engine.connect() as connection:
            for limit in _LIMITS.get(backend, ()):
                connection.exec_driver_sql(limit)
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _rows(connection: Connection, query: str) -> tuple[list[str], Sequence[Sequence[Any]]]:
    # no parameters: percent signs and colons in the query are the query's own
    bare = connection.execution_options(no_parameters=True, stream_results=True)
    interrupt = getattr(connection.connection.dbapi_connection, "interrupt", None)
    timer = threading.Timer(SECONDS, interrupt) if interrupt else None
    if timer:  # SQLite knows no time limit of its own
        timer.start()
    try:
        with bare.exec_driver_sql(query) as result:
            return list(map(str.lower, result.keys())), result.fetchmany(MOST_ROWS + 1)
    finally:
        if timer:
            timer.cancel()


def _look_for_the_file(url: URL, shown: str) -> None:
    # SQLite would make an empty database where the name is wrong
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise FeedUnreachable(shown, f"there is no file {url.database or '(in memory)'}")


def _check(columns: Sequence[str], shown: str) -> None:
    missing = [] if "title" in columns else ["title"]
    if not any(name in columns for name in _NAMING):
        missing.append("one of uid, id, link")
    if missing:
        raise FeedBroken(
            shown,
            f"the query has no column {' and no '.join(missing)}; found: {', '.join(columns)}; "
            f"name columns with AS, known: {', '.join(COLUMNS)}",
        )


def _item(row: Mapping[str, Any], shown: str, now: datetime, zone: tzinfo) -> FeedItem | None:
    title, link, body = words.title(_text(row, "title")), words.link(_text(row, "link")), words.body(_text(row, "body"))
    starts = _moment(row.get("starts"), zone, now)
    if not title or (starts is None and _text(row, "starts").strip()):
        _log.warning("row skipped: no title, or a start that is no date", extra={"source": shown})
        return None
    given = _text(row, "uid").strip() or _text(row, "id").strip()
    image, image_alt = pictures.of_columns(_text(row, "image"), _text(row, "image_alt"))
    return FeedItem(
        uid=identity.uid_of(words.printable(given), link, title, body),
        title=title,
        link=link,
        body=body,
        language=_text(row, "language").strip() or None,
        published=_moment(row.get("published"), zone, now),
        starts=starts,
        ends=_moment(row.get("ends"), zone, now) if starts else None,
        place=words.title(_text(row, "place")),
        cancelled=_text(row, "cancelled").strip().lower() in {"1", "true", "t", "yes"},
        image=image,
        image_alt=image_alt,
    )


def _moment(value: Any, zone: tzinfo, now: datetime) -> datetime | None:
    if isinstance(value, date):
        return dates.aware(value, zone)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _since_1970(value)
    return dates.moment(value, zone, now) if isinstance(value, str) else None


def _since_1970(value: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _without_password(text: str, url: URL) -> str:
    secrets = [str(url.password or ""), *(str(value) for value in url.query.values())]
    for secret in filter(None, secrets):
        for written in (secret, quote(secret), quote_plus(secret)):
            text = text.replace(written, "***")
    return " ".join(text.split())[:300]

"""Pulling: sources are fetched and read, and what is new, revised or cancelled is stored."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.errors import FeedBusy, FeedError, FeedGone, StateError
from outreach.feeds import database, queries, reading
from outreach.feeds.decide import Cancelled, Intent, New, Revised, decide
from outreach.feeds.fetch import Fetched, Fetcher, LastTime
from outreach.feeds.source import Source, SourceView, checked
from outreach.model.content import Content, FeedItem, SourceKind
from outreach.services import Services
from outreach.store import milestones
from outreach.store import reading as reading_only

WHOLE_AGAIN = timedelta(days=7)
"""After so long an unchanged source is read again: a calendar's later dates come within reach with time alone."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one pull of one source came to. *note* says what people should know of the source itself."""

    source_id: int
    url: str
    unchanged: bool = False
    new: int = 0
    revised: int = 0
    cancelled: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull of all sources came to. *failed* holds address and reason; *notes* address and news of a source."""

    sources: int
    unchanged: int
    failed: tuple[tuple[str, str], ...]
    new: int
    revised: int
    cancelled: int
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Pulled:
    """The items, None where nothing changed; a database has no answer of a server with them."""

    items: list[FeedItem] | None
    answer: Fetched | None = None


def add_source(services: Services, url: str, *, topic: str, language: str, query: str | None = None) -> int:
    """Keep a source of news or events; with a *query* it is a database. Return its number."""
    new = checked(url, topic=topic, language=language, query=query)
    with services.sessions.begin() as session:
        return queries.add(session, new)


def list_sources(services: Services) -> list[SourceView]:
    """Return all sources, by topic."""
    with reading_only(services.sessions) as session:
        return queries.views(session)


def due_sources(services: Services) -> list[int]:
    """Return the sources to pull now: not those that are gone, nor those that asked for time."""
    with reading_only(services.sessions) as session:
        return queries.due(session, services.clock())


def pull_source(services: Services, source_id: int, *, fetcher: Fetcher | None = None) -> SourceReport:
    """Pull one source. What fails is written down with the source, and raised as `FeedError`."""
    with reading_only(services.sessions) as session:
        source = queries.source(session, source_id)
    if source.state != queries.ACTIVE:
        raise StateError(f"source {source_id} ({source.shown}) is {source.state} and is not pulled any more")
    now = services.clock()
    try:
        pulled = _pulled(source, now, fetcher or _fetcher(services))
    except FeedError as error:
        _name(error, source)
        _write_down(services, source_id, error, now)
        raise
    return _stored(services, source, pulled, now)


def pull(services: Services) -> PullReport:
    """Pull every source that is due; one that fails does not stop the others."""
    reports: list[SourceReport] = []
    failed: list[tuple[str, str]] = []
    fetcher = _fetcher(services)
    for source_id in due_sources(services):
        try:
            reports.append(pull_source(services, source_id, fetcher=fetcher))
        except FeedError as error:
            failed.append((error.url, error.why))
        except Exception as error:
            _log.exception("pulling failed", extra={"source_id": source_id})
            failed.append((f"source {source_id}", f"unexpected: {type(error).__name__}"))
    return PullReport(
        sources=len(reports) + len(failed),
        unchanged=sum(report.unchanged for report in reports),
        failed=tuple(failed),
        new=sum(report.new for report in reports),
        revised=sum(report.revised for report in reports),
        cancelled=sum(report.cancelled for report in reports),
        notes=tuple((report.url, report.note) for report in reports if report.note),
    )


def fitting(
    services: Services, *, topic: str, language: str, news: int, events: int, since: datetime | None = None
) -> tuple[tuple[Content, ...], tuple[Content, ...]]:
    """Return up to *news* items, newest first, and up to *events* coming events, soonest first."""
    now = services.clock()
    with reading_only(services.sessions) as session:
        return (
            tuple(queries.newest_news(session, topic=topic, language=language, limit=news, since=since)),
            tuple(queries.upcoming_events(session, topics=(topic,), language=language, limit=events, now=now)),
        )


def counted(services: Services) -> dict[str, int]:
    """Return how many pieces of content there are, by kind and language."""
    with reading_only(services.sessions) as session:
        return queries.counted(session)


def _fetcher(services: Services) -> Fetcher:
    return Fetcher(allowed=frozenset(services.settings.private_feed_hosts))


def _pulled(source: Source, now: datetime, fetcher: Fetcher) -> _Pulled:
    if source.kind is SourceKind.DATABASE:
        return _Pulled(database.read(source, now, reading.HOME_ZONE))
    answer = fetcher.fetch(source.url, _last_time(source, now), now)
    if answer.body is None:
        return _Pulled(None, answer)
    return _Pulled(reading.read(answer.body, answer.url, now, content_type=answer.content_type), answer)


def _last_time(source: Source, now: datetime) -> LastTime:
    if source.read_at is None or now - source.read_at >= WHOLE_AGAIN:
        return LastTime()
    return LastTime(source.etag, source.last_modified, source.digest)


def _stored(services: Services, source: Source, pulled: _Pulled, now: datetime) -> SourceReport:
    with services.sessions.begin() as session:
        queries.lock(session, source.id)
        intents: list[Intent] = []
        if pulled.items is not None:
            intents = decide(queries.known(session, source.id, pulled.items), pulled.items, now)
            queries.store(session, source, intents, now)
        queries.record_answer(session, source.id, pulled.answer, now, read=pulled.items is not None)
        note = _follow(session, source, pulled.answer)
        report = SourceReport(
            source_id=source.id,
            url=source.shown,
            unchanged=pulled.items is None,
            new=_count(intents, New),
            revised=_count(intents, Revised),
            cancelled=_count(intents, Cancelled),
            note=note,
        )
        if report.new or report.revised or report.cancelled:
            milestones.note(session, "outreach.content.pulled", "outreach.content", _milestone(source, report), now)
    return report


def _follow(session: Session, source: Source, answer: Fetched | None) -> str:
    return queries.move(session, source.id, answer.moved_to) if answer and answer.moved_to else ""


def _milestone(source: Source, report: SourceReport) -> dict[str, str | int]:
    return {
        "source": source.id,
        "topic": source.topic,
        "language": source.language,
        "new": report.new,
        "revised": report.revised,
        "cancelled": report.cancelled,
    }


def _name(error: FeedError, source: Source) -> None:
    """Have the error name the source by its own address, wherever redirects led."""
    if error.url != source.shown:
        error.why = f"{error.why} (at {error.url})"
        error.url = source.shown
        error.args = (f"{error.url}: {error.why}",)


def _count(intents: list[Intent], kind: type[Intent]) -> int:
    return sum(isinstance(intent, kind) for intent in intents)


def _write_down(services: Services, source_id: int, error: FeedError, now: datetime) -> None:
    not_before = now + timedelta(seconds=error.seconds) if isinstance(error, FeedBusy) else None
    _log.warning("source failed: %s", error.why, extra={"source_id": source_id})
    with services.sessions.begin() as session:
        queries.record_failure(
            session, source_id, error.why, now, gone=isinstance(error, FeedGone), not_before=not_before
        )

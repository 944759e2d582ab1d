"""Sources and content in the database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from outreach.errors import DefinitionError, NotFound
from outreach.feeds import decide
from outreach.feeds.decide import Cancelled, Intent, Known, New, Revised
from outreach.feeds.fetch import Fetched
from outreach.feeds.source import NewSource, Source, SourceView, shown
from outreach.model.content import Content, ContentKind, FeedItem, SourceKind
from outreach.store.tables import ContentRevisionRow, ContentRow, SourceRow

T = TypeVar("T")

ACTIVE, GONE = "active", "gone"
MOST_NEW = 200
"""More than these no newsletter holds."""
_AT_ONCE = 500
_ERROR_LENGTH = 500


def add(session: Session, new: NewSource) -> int:
    """Keep a source; one that is there already is refused."""
    if there := _with_address(session, new.url, new.query):
        raise DefinitionError(f"url: {new.shown} is source {there} already, under the topic {_topic(session, there)!r}")
    row = SourceRow(
        kind=new.kind, url=new.url, query=new.query, topic=new.topic, language=new.language, state=ACTIVE, failures=0
    )
    session.add(row)
    session.flush()
    return row.id


def views(session: Session) -> list[SourceView]:
    """Return all sources with the number of items kept of each, by topic."""
    kept = select(ContentRow.source_id, func.count().label("number")).group_by(ContentRow.source_id).subquery()
    rows = session.execute(
        select(SourceRow, func.coalesce(kept.c.number, 0))
        .outerjoin(kept, kept.c.source_id == SourceRow.id)
        .order_by(SourceRow.topic, SourceRow.id)
    )
    return [_view(row, count) for row, count in rows]


def due(session: Session, now: datetime) -> list[int]:
    """Return the sources that may be asked now."""
    waited = or_(SourceRow.not_before.is_(None), SourceRow.not_before <= now)
    return list(session.scalars(select(SourceRow.id).where(SourceRow.state == ACTIVE, waited).order_by(SourceRow.id)))


def source(session: Session, source_id: int) -> Source:
    """Return a source as it is pulled."""
    row = _row(session, source_id)
    return Source(
        id=row.id,
        kind=SourceKind(row.kind),
        url=row.url,
        query=row.query,
        topic=row.topic,
        language=row.language,
        state=row.state,
        etag=row.etag,
        last_modified=row.last_modified,
        digest=row.digest,
        read_at=row.read_at,
    )


def lock(session: Session, source_id: int) -> None:
    """Let two pulls of one source store one after the other."""
    session.execute(select(SourceRow.id).where(SourceRow.id == source_id).with_for_update())


def record_answer(session: Session, source_id: int, answer: Fetched | None, now: datetime, *, read: bool) -> None:
    """Write down that the source answered; with *read*, that it was read whole. A database gives no *answer*."""
    row = _row(session, source_id)
    row.checked_at, row.not_before, row.failures, row.last_error = now, None, 0, None
    if read:
        row.read_at = now
        row.changed_at = row.changed_at if answer and answer.digest == row.digest else now
    if answer:
        row.etag, row.last_modified, row.digest = answer.etag, answer.last_modified, answer.digest


def record_failure(
    session: Session, source_id: int, why: str, now: datetime, *, gone: bool = False, not_before: datetime | None = None
) -> None:
    """Write down that a pull failed; the source stays active unless it is *gone*."""
    row = _row(session, source_id)
    row.checked_at, row.not_before, row.last_error = now, not_before, why[:_ERROR_LENGTH]
    row.failures += 1
    if gone:
        row.state = GONE


def move(session: Session, source_id: int, url: str) -> str:
    """Give the source the address that its server says is the new one; return what to tell people of it."""
    row = _row(session, source_id)
    if (there := _with_address(session, url, row.query)) and there != source_id:
        row.last_error = f"has moved to {url}, which is source {there} already; remove one of the two"[:_ERROR_LENGTH]
        return row.last_error
    row.url = url
    return f"has moved to {url}"


def known(session: Session, source_id: int, items: Iterable[FeedItem]) -> dict[str, Known]:
    """Return by uid what we have of the source's *items*, whatever names they are known by."""
    names = sorted({name for item in items for name in decide.names_of(item)})
    found: dict[str, Known] = {}
    for some in _portions(names):
        rows = session.scalars(select(ContentRow).where(ContentRow.source_id == source_id, ContentRow.uid.in_(some)))
        found |= {row.uid: Known(row.id, row.uid, row.link, row.digest, row.cancelled) for row in rows}
    return found


def store(session: Session, source: Source, intents: Sequence[Intent], now: datetime) -> None:
    """Carry out the intents; every state that content passes through is kept as a revision."""
    _add_content(session, source, [intent.item for intent in intents if isinstance(intent, New)], now)
    for intent in intents:
        match intent:
            case Revised(content_id, item):
                _revise(session, source, content_id, item, now)
            case Cancelled(content_id, item):
                _cancel(session, content_id, item, now)
    there = [intent.content_id for intent in intents if not isinstance(intent, New)]
    for some in _portions(there):
        session.execute(update(ContentRow).where(ContentRow.id.in_(some)).values(seen_at=now))


def newest_news(session: Session, *, topic: str, language: str, limit: int, since: datetime | None) -> list[Content]:
    """Return news, newest first; no more than one item per link."""
    query = (
        _fitting(ContentKind.NEWS, (topic,), language)
        .where(ContentRow.published >= since if since else ContentRow.published.is_not(None))
        .order_by(ContentRow.published.desc(), ContentRow.id.desc())
    )
    return _once_per_link(session, query, limit)


def news_seen(
    session: Session,
    *,
    topics: Collection[str],
    language: str,
    after: datetime | None,
    until: datetime,
    published: datetime,
) -> list[Content]:
    """Return news that was seen for the first time after *after*, not later than *until*; edits make nothing new.

    The newest *MOST_NEW* of it, published since *published*.
    """
    first = aliased(ContentRevisionRow)
    query = (
        _fitting(ContentKind.NEWS, topics, language)
        .join(first, and_(first.content_id == ContentRow.id, first.revision == 1))
        .where(first.seen_at <= until, ContentRow.published >= published)
        .order_by(ContentRow.published.desc(), ContentRow.id.desc())
    )
    query = query.where(first.seen_at > after) if after else query
    return [_content(row) for row in session.scalars(query.limit(MOST_NEW))]


def linked(
    session: Session, *, topics: Collection[str], language: str, links: Collection[str], now: datetime
) -> list[Content]:
    """Return the news and the coming events that lead to one of *links*."""
    found = [
        row
        for kind in ContentKind
        for row in session.scalars(_fitting(kind, topics, language).where(ContentRow.link.in_(links)).limit(MOST_NEW))
    ]
    return [_content(row) for row in found if row.starts is None or row.starts > now]


def upcoming_events(
    session: Session, *, topics: Collection[str], language: str, limit: int, now: datetime
) -> list[Content]:
    """Return events that will take place, soonest first, leaving out those that their source no longer lists."""
    query = (
        _fitting(ContentKind.EVENT, topics, language)
        .join(SourceRow, SourceRow.id == ContentRow.source_id)
        .where(ContentRow.starts > now, _still_listed())
        .order_by(ContentRow.starts, ContentRow.id)
    )
    return [_content(row) for row in session.scalars(query.limit(limit))]


def _still_listed() -> ColumnElement[bool]:
    return or_(SourceRow.read_at.is_(None), ContentRow.seen_at >= SourceRow.read_at)


def _fitting(kind: ContentKind, topics: Collection[str], language: str) -> Select[tuple[ContentRow]]:
    return select(ContentRow).where(
        ContentRow.topic.in_(topics),
        ContentRow.kind == kind,
        ContentRow.language == language,
        ContentRow.cancelled.is_(False),
    )


def _once_per_link(session: Session, query: Select[tuple[ContentRow]], limit: int) -> list[Content]:
    # the same article often stands in two feeds of one house
    found: dict[str, Content] = {}
    for row in session.scalars(query.limit(limit * 4)):
        found.setdefault(row.link or str(row.id), _content(row))
    return list(found.values())[:limit]


def _add_content(session: Session, source: Source, items: Sequence[FeedItem], now: datetime) -> None:
    rows = [ContentRow(source_id=source.id, uid=item.uid, revision=1, **_columns(source, item, now)) for item in items]
    for row, item in zip(rows, items, strict=True):
        row.published = item.published or now
    session.add_all(rows)
    session.flush()
    session.add_all(_revision(row, now) for row in rows)


def _revise(session: Session, source: Source, content_id: int, item: FeedItem, now: datetime) -> None:
    row = session.get_one(ContentRow, content_id)
    for name, value in _columns(source, item, now).items():
        setattr(row, name, value)
    row.revision += 1
    session.add(_revision(row, now))


def _cancel(session: Session, content_id: int, item: FeedItem, now: datetime) -> None:
    # the words stay what people were told; a struck-out date comes with hardly any
    row = session.get_one(ContentRow, content_id)
    row.cancelled, row.digest = True, item.digest
    row.revision += 1
    session.add(_revision(row, now))


def _columns(source: Source, item: FeedItem, now: datetime) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "topic": source.topic,
        "language": _language(item.language) or source.language,
        "title": item.title,
        "link": item.link,
        "body": item.body,
        "image": item.image,
        "image_alt": item.image_alt,
        "place": item.place,
        "starts": item.starts,
        "ends": item.ends,
        "cancelled": item.cancelled,
        "digest": item.digest,
        "seen_at": now,
    }


def _language(given: str | None) -> str | None:
    code = (given or "").strip().lower().replace("_", "-").partition("-")[0]
    return code if len(code) == len("nl") and code.isascii() and code.isalpha() else None


def _revision(row: ContentRow, now: datetime) -> ContentRevisionRow:
    item: Mapping[str, Any] = {
        "title": row.title,
        "link": row.link,
        "body": row.body,
        "language": row.language,
        "place": row.place,
        "published": row.published.isoformat(),
        "starts": row.starts.isoformat() if row.starts else None,
        "ends": row.ends.isoformat() if row.ends else None,
        "cancelled": row.cancelled,
        "image": row.image,
    }
    return ContentRevisionRow(content_id=row.id, revision=row.revision, item=dict(item), seen_at=now)


def _content(row: ContentRow) -> Content:
    return Content(
        id=row.id,
        kind=ContentKind(row.kind),
        topic=row.topic,
        language=row.language,
        title=row.title,
        link=row.link,
        body=row.body,
        published=row.published,
        revision=row.revision,
        starts=row.starts,
        ends=row.ends,
        place=row.place,
        cancelled=row.cancelled,
        image=row.image,
        image_alt=row.image_alt,
    )


def counted(session: Session) -> dict[str, int]:
    """Return how many pieces of content there are, by kind and language, such as `news nl`."""
    rows = session.execute(
        select(ContentRow.kind, ContentRow.language, func.count()).group_by(ContentRow.kind, ContentRow.language)
    )
    return {f"{kind} {language}": count for kind, language, count in sorted(rows.tuples().all())}


def _view(row: SourceRow, items: int) -> SourceView:
    return SourceView(
        id=row.id,
        kind=SourceKind(row.kind),
        url=shown(SourceKind(row.kind), row.url),
        topic=row.topic,
        language=row.language,
        state=row.state,
        items=items,
        checked_at=row.checked_at,
        failures=row.failures,
        last_error=row.last_error or "",
    )


def _row(session: Session, source_id: int) -> SourceRow:
    row = session.get(SourceRow, source_id)
    if row is None:
        raise NotFound("source", source_id, map(str, session.scalars(select(SourceRow.id).limit(50))))
    return row


def _with_address(session: Session, url: str, query: str) -> int | None:
    return session.scalar(select(SourceRow.id).where(SourceRow.url == url, SourceRow.query == query))


def _topic(session: Session, source_id: int) -> str:
    return _row(session, source_id).topic


def _portions(whole: Sequence[T]) -> list[Sequence[T]]:
    return [whole[start : start + _AT_ONCE] for start in range(0, len(whole), _AT_ONCE)]

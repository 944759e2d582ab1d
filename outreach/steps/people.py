"""People come in from files; audiences are looked up and counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from outreach.audience import queries as audience
from outreach.audience import read as audiences
from outreach.contacts import queries as contacts
from outreach.contacts.entries import Entry, entries_of
from outreach.contacts.grant import grant_of, source_of
from outreach.contacts.queries import Stored
from outreach.contacts.read import Line, lines_of, open_sheet
from outreach.contacts.rejected import Rejected
from outreach.contacts.values import groups as groups_in
from outreach.model.people import Consent
from outreach.model.segment import Segment
from outreach.services import Services
from outreach.store import reading

DEFAULT_TOPIC = "social-work"
BATCH = 1000

Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import changed.

    Each row of the file is *new*, *changed*, *unchanged*, *repeated* (its address stood on an earlier row; its groups
    were added) or *invalid* (written to *errors_file*). Among those stored, *suppressed* are never written to, and
    *without_consent* not until they agree to something. *organisations* counts new and changed ones.
    """

    file: str
    rows: int
    new: int
    changed: int
    unchanged: int
    repeated: int
    invalid: int
    suppressed: int
    without_consent: int
    organisations: int
    topic: str | None = None
    errors_file: Path | None = None


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many would get a mail; *left_out* counts whom the rules let in who still get nothing, by reason."""

    total: int
    by_language: Mapping[str, int]
    left_out: Mapping[str, int]


def import_contacts(
    services: Services,
    path: Path,
    *,
    topic: str | None = None,
    basis: str | None = None,
    evidence: str | None = None,
    encoding: str | None = None,
    group: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Store the people of a CSV file, a batch a transaction; broken off, it can be run again.

    `ImportRefused` where the file cannot be read to its end: then nothing of it is stored.
    """
    now = services.clock()
    source = source_of(path.name)
    grant = grant_of(topic, basis, evidence, source=source, at=now)
    sheet = open_sheet(path, encoding)
    entries = entries_of(sheet.header, lines_of(sheet), groups_in(group or ""))
    results: list[Stored] = []
    done = 0
    with Rejected(sheet) as rejected:
        for batch in _batches(entries):
            stored = _store(services, batch, grant, source, now)
            results.append(stored)
            faults = [each for each in batch if not isinstance(each, Entry)]
            for line, reason in sorted((*faults, *stored.refused), key=lambda fault: fault[0].number):
                rejected.add(line, reason)
            done += len(batch)
            if progress:
                progress(done, sheet.rows)
    return ImportReport(
        file=path.name,
        rows=sheet.rows,
        new=sum(each.new for each in results),
        changed=sum(each.changed for each in results),
        unchanged=sum(each.unchanged for each in results),
        repeated=sum(each.repeated for each in results),
        invalid=rejected.count,
        suppressed=sum(each.suppressed for each in results),
        without_consent=sum(each.without_consent for each in results),
        organisations=sum(each.organisations for each in results),
        topic=grant.topic if grant else None,
        errors_file=rejected.path if rejected.count else None,
    )


def audience_names(services: Services) -> list[str]:
    """Return the names of all audiences."""
    return audiences.names(services.settings.audiences)


def load_segment(services: Services, name: str) -> Segment:
    """Return the audience *name*, read anew; `NotFound` lists what there is."""
    return audiences.load(services.settings.audiences, name)


def count_audience(services: Services, name: str, *, topic: str | None = None) -> AudienceCount:
    """Return how many of audience *name* would get a mail about *topic* now."""
    segment = load_segment(services, name)
    topic = topic or DEFAULT_TOPIC
    with reading(services.sessions) as session:
        by_language = audience.count_by_language(session, segment, topic=topic)
        left_out = audience.left_out(session, [segment], topic=topic)
    return AudienceCount(sum(by_language.values()), by_language, left_out)


def _store(
    services: Services, batch: Sequence[Entry | tuple[Line, str]], grant: Consent | None, source: str, now: datetime
) -> Stored:
    entries = [each for each in batch if isinstance(each, Entry)]
    with services.sessions.begin() as session:
        return contacts.store(session, entries, grant, source=source, at=now)


def _batches(
    entries: Iterator[Entry | tuple[Line, str]],
) -> Iterator[list[Entry | tuple[Line, str]]]:
    while batch := list(islice(entries, BATCH)):
        yield batch

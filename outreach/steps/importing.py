"""People come in from files: poured into temporary tables, looked over as a whole, then merged a chunk at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from outreach.contacts.entries import OWN_MUNICIPALITY, Entry, Fault, entries_of
from outreach.contacts.grant import grant_of, source_of
from outreach.contacts.queries.clashes import refuse_clashes
from outreach.contacts.queries.erased import Erased
from outreach.contacts.queries.groups import groups_in_use
from outreach.contacts.queries.incoming import Incoming
from outreach.contacts.queries.merging import Totals, foresee, merge, totals
from outreach.contacts.queries.organisations import foreseen, recall, store_organisations
from outreach.contacts.queries.refused import refused
from outreach.contacts.queries.repeats import NAMED, merge_repeated, refuse_shared_ids
from outreach.contacts.queries.standing import Chunk, Said, make_ready
from outreach.contacts.read import Sheet, lines_of, open_sheet
from outreach.contacts.rejected import Rejected
from outreach.contacts.values import groups as groups_in
from outreach.errors import StateError
from outreach.services import Services
from outreach.steps.people import check_topic
from outreach.store import consents, keeping, only_reading, reading, turns

PIECE = 5_000
"""Rows that are poured at once."""

CHUNK = 20_000
"""Rows that are merged in one transaction: forms and unsubscribing wait for it, a second at most."""

Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many; a row that was read, but not yet merged, is half done."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import changed, or would change.

    Each row of the file is *new*, *changed*, *unchanged*, *repeated* (another row with its address speaks for it),
    *invalid* (written to *errors_file*; *faults* has the first) or *erased* (somebody who asked to be forgotten; it is
    kept nowhere). Among those stored, *suppressed* are never written to, and *without_consent* not until they agree to
    something. *contradicting* rows tell otherwise than another row of the same address or organisation, whichever
    counts; *contradictions* names the first. Of *reread* rows a place counts as the official register has it, and not
    as it is written; *readings* names the first. *own_municipality* rows name one and no organisation. *organisations*
    counts new and changed ones. *new_groups* are those that everybody was to join and nobody was in before: they may be
    slips of *groups*, which somebody was in.
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
    erased: int = 0
    contradicting: int = 0
    contradictions: tuple[str, ...] = ()
    reread: int = 0
    readings: tuple[str, ...] = ()
    own_municipality: int = 0
    new_groups: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()
    topic: str | None = None
    errors_file: Path | None = None


def import_contacts(
    services: Services,
    path: Path,
    *,
    topic: str | None = None,
    basis: str | None = None,
    evidence: str | None = None,
    given_on: date | None = None,
    encoding: str | None = None,
    title: str | None = None,
    mapping: Mapping[str, str] | None = None,
    group: str | None = None,
    dry_run: bool = False,
    opened: Callable[[Sheet], None] | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Store the people of a file, a chunk a transaction; broken off, it can be run again.

    The order of the rows makes no difference, and the same file again changes nothing. A dry run writes about no
    person, so that nobody waits for it; organisations it stores and takes back before it looks at people, and it gives
    up where somebody else writes about the same ones. `ImportRefused` where the file cannot be read to its end: then
    nothing of it is stored.
    """
    now = services.clock()
    source = source_of(path.name)
    grant = grant_of(topic, basis, evidence, given_on, source=source, at=now)
    if grant:
        with reading(services.sessions) as session:
            check_topic(services, session, grant.topic)
    joined = groups_in(group or "")
    before = _groups_before(services) if joined else ()
    sheet = open_sheet(path, encoding, mapping=mapping, title=title)
    if opened:
        opened(sheet)
    with keeping(services.sessions) as session, Rejected(sheet, write=not dry_run) as rejected:
        said = Said(grant, source, now)
        work = _Import(services, session, sheet, rejected, said=said, progress=progress or _silent)
        work.read(joined)
        organisations, result = work.try_out() if dry_run else work.store()
    new_groups = tuple(each for each in joined if each not in before)
    return replace(_report(work, organisations, result), new_groups=new_groups, groups=before if new_groups else ())


def _groups_before(services: Services) -> tuple[str, ...]:
    with reading(services.sessions) as session:
        return tuple(groups_in_use(session))


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


class _Import:
    """One import under way, on a connection of its own."""

    def __init__(
        self, services: Services, session: Session, sheet: Sheet, rejected: Rejected, *, said: Said, progress: Progress
    ) -> None:
        self.sheet = sheet
        self.rejected = rejected
        self.said = said
        self.erased = 0
        self.contradictions: list[str] = []
        self.reread = 0
        self.readings: list[str] = []
        self.own_municipality = 0
        self._session = session
        self._progress = progress
        only_reading(session)
        turns.one_file(session)
        self._about = Incoming(session)
        self._forgotten = Erased(session, services.settings.erasure_secret())

    def read(self, groups: tuple[str, ...]) -> None:
        """Pour the file, and look over it as a whole; nothing that others see is written."""
        entries = entries_of(self.sheet.header, lines_of(self.sheet), groups)
        done = 0
        while piece := list(islice(entries, PIECE)):
            self._about.pour(list(self._kept(piece, done)))
            done += len(piece)
            self._progress(done // 2, self.sheet.rows)
        self._about.close()
        if self._about.ids:
            refuse_shared_ids(self._session)
        self.contradictions += merge_repeated(self._session)
        if self._about.ids:
            refuse_clashes(self._session)
        make_ready(self._session)
        self._session.commit()

    def _kept(self, piece: list[Entry | Fault], done: int) -> Iterator[tuple[int, Entry]]:
        """Yield the entries that may be stored, each with its place in the file; write down the others."""
        for place, each in enumerate(piece, done + 1):
            if isinstance(each, Entry):
                if self._forgotten.has(each.email):
                    self.erased += 1
                else:
                    if each.organisation is None and OWN_MUNICIPALITY in each.attributes:
                        self.own_municipality += 1
                    if each.notes:
                        self._note(each)
                    yield place, each
                continue
            line, fault = each
            if self._forgotten.has(fault.email):
                self.erased += 1
            else:
                if fault.left and fault.email:
                    self._about.depart(place, fault.email)
                self.rejected.add(line, str(fault))

    def _note(self, entry: Entry) -> None:
        self.reread += 1
        if len(self.readings) < NAMED:
            self.readings += [f"line {entry.line}: {note}" for note in entry.notes]

    def store(self) -> tuple[int, Totals]:
        """Merge, a chunk a transaction; return how many organisations are new or changed, and what became of rows."""
        self._begin()
        organisations = self._organisations()
        self._session.commit()
        for chunk in self._chunks():
            self._begin()
            consents.hold(self._session)
            self._merge(chunk)
            self._session.commit()
        only_reading(self._session)
        result = self._conclude()
        self._session.commit()
        return organisations, result

    def try_out(self) -> tuple[int, Totals]:
        """Find out what the same would come to; whoever unsubscribes meanwhile waits for nothing."""
        organisations = self._foreseen_organisations() if self._about.organisations else 0
        for chunk in self._chunks():
            only_reading(self._session)
            self._forgotten.leave_out(self._session, chunk)
            foresee(self._session, chunk, self._about, self.said)
            self._session.commit()
        only_reading(self._session)
        result = self._conclude()
        self._session.commit()
        return organisations, result

    def _foreseen_organisations(self) -> int:
        self._begin()
        turns.yielding(self._session)
        try:
            organisations = self._organisations()
        except (OperationalError, IntegrityError) as error:
            raise StateError(
                "somebody else is writing about the same organisations at this moment; start the dry run again"
            ) from error
        found = foreseen(self._session)
        self._session.rollback()
        only_reading(self._session)
        recall(self._session, found)
        self._session.commit()
        return organisations

    def _begin(self) -> None:
        only_reading(self._session, yes=False)
        turns.importing(self._session)

    def _organisations(self) -> int:
        if not self._about.organisations:
            return 0
        organisations, contradictions = store_organisations(self._session)
        self.contradictions += contradictions
        return organisations

    def _chunks(self) -> Iterator[Chunk]:
        rows = self.sheet.rows
        for first in range(1, rows + 1, CHUNK):
            last = min(first + CHUNK - 1, rows)
            yield Chunk(first, last)
            self._progress((rows + last) // 2, rows)

    def _merge(self, chunk: Chunk) -> None:
        self._forgotten.leave_out(self._session, chunk)
        merge(self._session, chunk, self._about, self.said)

    def _conclude(self) -> Totals:
        result = totals(self._session)
        if result.refused:
            self._write_refused()
        return result

    def _write_refused(self) -> None:
        reasons = refused(self._session)
        place, reason = next(reasons)
        for at, line in enumerate(lines_of(self.sheet), 1):
            if at == place:
                self.rejected.add(line, reason)
                place, reason = next(reasons, (0, ""))


def _report(work: _Import, organisations: int, result: Totals) -> ImportReport:
    return ImportReport(
        file=work.sheet.path.name,
        rows=work.sheet.rows,
        new=result.new,
        changed=result.changed,
        unchanged=result.unchanged,
        repeated=result.repeated,
        invalid=work.rejected.count,
        suppressed=result.suppressed,
        without_consent=result.without_consent,
        organisations=organisations,
        erased=work.erased + result.erased,
        contradicting=result.contradicting,
        contradictions=tuple(work.contradictions),
        reread=work.reread,
        readings=tuple(work.readings[:NAMED]),
        own_municipality=work.own_municipality,
        faults=tuple(work.rejected.first),
        topic=work.said.grant.topic if work.said.grant else None,
        errors_file=work.rejected.path,
    )

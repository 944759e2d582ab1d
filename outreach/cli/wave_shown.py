"""Waves in a terminal: a table of all of them, the figures of one, and what it waits for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich import box
from rich.markup import escape
from rich.table import Table

from outreach.campaigns.queries import WaveView
from outreach.dashboard import measures, words
from outreach.dashboard.tried import HEAD, rows_of, standing
from outreach.dashboard.waits import paused_in_words, waits_in_words, waits_listed, why_in_words
from outreach.model.left import Left
from outreach.model.report import Figure, WaveReport
from outreach.model.trial import Trying
from outreach.model.wave import WaveState

LOSSES = (Figure.BOUNCED, Figure.COMPLAINED, Figure.REFUSED, Figure.SUPPRESSED)
STEERED = (WaveState.SENDING, WaveState.PAUSED)


def table_of(waves: Iterable[WaveView], left: Mapping[int, Left], now: datetime) -> Table:
    """Return a line for each wave; names are never cut, so that they can be copied."""
    table = Table("id")
    table.add_column("wave", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("waits for")
    for wave in waves:
        told = waits_listed(left[wave.id], wave.state, now) if wave.id in left else []
        if wave.paused_itself and told:
            told.append(why_in_words(left[wave.id]))
        table.add_row(str(wave.id), *map(escape, (f"{wave.campaign}/{wave.name}", wave.state, " ".join(told))))
    return table


def about(wave: WaveView, report: WaveReport) -> list[str]:
    """Return what a wave is, where it stands and since when."""
    times = (("planned", report.planned_at), ("started", report.started_at), ("finished", report.finished_at))
    told = [f"{name} {words.moment(at)}" for name, at in times if at]
    return [
        f"wave {wave.id}, {wave.campaign}/{wave.name}, is {wave.state}: {wave.title}",
        "; ".join([f"to {', '.join(wave.audiences)}", *told]),
    ]


def figures_of(report: WaveReport, left: Left) -> Table:
    """Return the figures of a wave, as its dashboard has them."""
    table = Table("figure", "people", "share")
    for cells in _figures(report, left):
        table.add_row(*map(escape, cells))
    return table


def versions_of(trying: Trying) -> Table:
    """Return what came of what went first, a line for each version."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in HEAD:
        table.add_column(name, no_wrap=name != "Subject")
    for row in rows_of(trying):
        table.add_row(*map(escape, row))
    return table


def what_waits(wave: WaveView, left: Left, trying: Trying | None, now: datetime) -> list[str]:
    """Return what a wave waits for, and the commands by which a person decides about it."""
    lines = waits_in_words(left.waits)
    if trying:
        lines.append(standing(trying, wave.state, now))
        if trying.is_open and wave.state in STEERED:
            lines.append(_how_to_decide(wave, trying))
    if wave.state is WaveState.PAUSED:
        why = [why_in_words(left)] if wave.paused_itself else []
        how = f"let it go on: outreach wave resume {wave.id}, then: outreach wave send {wave.id}"
        lines += [paused_in_words(left), *why, how]
    return lines


def _how_to_decide(wave: WaveView, trying: Trying) -> str:
    then = f"then: outreach wave send {wave.id}"
    if trying.trial.versions:
        return f"choose, now or later: outreach wave choose {wave.id} a --by NAME, or b; {then}"
    return f"not to wait for that: outreach wave release {wave.id} --by NAME; {then}"


def _figures(report: WaveReport, left: Left) -> Iterator[Sequence[str]]:
    whole = measures.of_wave(report)
    yield "Recipients", words.number(whole.recipients), ""
    for measure in (*whole.funnel, whole.unsubscribes):
        yield measure.name, measure.share.count, f"{measure.share.percent} {measure.base}"
    lost = [(figure.value.capitalize(), report.total(figure)) for figure in LOSSES]
    for name, count in (*lost, ("Unknown", report.unknown), ("Not written to yet", left.people)):
        share = words.exactly(count, whole.recipients)
        yield name, share.count, f"{share.percent} of recipients"

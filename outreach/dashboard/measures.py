"""The measures of a wave, or of one part of it, each with the whole it is a share of."""

from dataclasses import dataclass

from outreach.dashboard.words import Share, exactly, number
from outreach.model.report import Figure, WaveReport


@dataclass(frozen=True, slots=True)
class Measure:
    """One stage of the way from recipient to answer; *base* says in words what it is a share of."""

    name: str
    share: Share
    base: str


@dataclass(frozen=True, slots=True)
class Measures:
    """All stages in the order of the journey."""

    recipients: int
    accepted: Measure
    delivered: Measure
    opened: Measure
    clicked: Measure
    signups: Measure
    unsubscribes: Measure

    @property
    def funnel(self) -> tuple[Measure, ...]:
        """The stages of the funnel below the recipients."""
        return self.accepted, self.delivered, self.opened, self.clicked, self.signups


Part = tuple[str, Measures]
"""One language or audience, by its name in words."""


def of_wave(report: WaveReport) -> Measures:
    """Return the measures of the whole wave."""
    return _measures({figure: report.total(figure) for figure in Figure} | {Figure.TRACKED: report.tracked})


def by(report: WaveReport, axis: str) -> dict[str, Measures]:
    """Return the measures along `"variant"` or `"audience"`, the largest part first.

    Hits of the wave-wide pixel belong to nobody, so to no part either: they count in the whole wave only.
    """
    columns = {figure: report.by(axis, figure) for figure in Figure}
    recipients = columns[Figure.RECIPIENTS]
    names = sorted((name for name in recipients if name), key=lambda name: (-recipients[name], name))
    return {name: _measures({figure: column[name] for figure, column in columns.items()}) for name in names}


def _measures(figures: dict[Figure, int]) -> Measures:
    recipients, tracked = figures[Figure.RECIPIENTS], figures[Figure.TRACKED]
    reached, of_reached = _reached(figures)
    of_tracked = f"of {number(tracked)} who allow counting"
    opened = Share(figures[Figure.OPENED_HUMAN], figures[Figure.OPENED], tracked)
    clicked = Share(figures[Figure.CLICKED_HUMAN], figures[Figure.CLICKED], tracked)
    return Measures(
        recipients=recipients,
        accepted=Measure("Accepted", exactly(figures[Figure.ACCEPTED], recipients), "of recipients"),
        delivered=Measure("Delivered", exactly(figures[Figure.DELIVERED], recipients), "of recipients"),
        opened=Measure("Opened", opened, of_tracked),
        clicked=Measure("Clicked", clicked, of_tracked),
        signups=Measure("Signed up", exactly(figures[Figure.SIGNUPS], reached), of_reached),
        unsubscribes=Measure("Unsubscribed", exactly(figures[Figure.UNSUBSCRIBES], reached), of_reached),
    )


def _reached(figures: dict[Figure, int]) -> tuple[int, str]:
    """Return whom the mail reached; not every email API reports deliveries, then taking it has to do."""
    if figures[Figure.DELIVERED]:
        return figures[Figure.DELIVERED], "of delivered"
    return figures[Figure.ACCEPTED], "of accepted"

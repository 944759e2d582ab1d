"""Two charts: the funnel of a wave, and its parts (languages, audiences) side by side.

What is known only as a range is drawn twice: strong for what surely was a person, pale for everything.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from outreach.dashboard import svg
from outreach.dashboard.measures import Measure, Measures, Part
from outreach.dashboard.words import exactly, number

SHOWN_PARTS = 10

_ROW = 50
_BAR = 30
_TOP = 76
_MIDDLE = 306
_WIDEST = 220
_VALUES = 434

_COLUMNS: tuple[tuple[Callable[[Measures], Measure], str], ...] = (
    (lambda part: part.delivered, svg.TEAL),
    (lambda part: part.opened, svg.TEAL),
    (lambda part: part.clicked, svg.TEAL),
    (lambda part: part.signups, svg.CLAY),
)
_ROWS_FROM = 114
_PART_ROW = 58
_COLUMN_FROM = 186
_COLUMN = 98
_COLUMN_BAR = 86


def funnel(title: str, measures: Measures) -> str:
    """Return the way from recipients to answers as an SVG."""
    first = Measure("Recipients", exactly(measures.recipients, measures.recipients), "")
    stages = (first, *measures.funnel)
    return svg.card(
        f"{title}: from recipients to answers",
        funnel_in_words(measures),
        _TOP + _ROW * len(stages) + 8,
        [*_heading("From recipients to answers", title), *_key(), *_connections(stages), *_stages(stages)],
    )


def funnel_in_words(measures: Measures) -> str:
    """Return what the funnel shows, as a sentence."""
    parts = [
        f"{stage.name.lower()} {stage.share.count}" + (f" ({stage.share.percent} {stage.base})" if stage.base else "")
        for stage in measures.funnel
    ]
    return f"{number(measures.recipients)} recipients: {', '.join(parts)}."


def comparison(title: str, parts: Sequence[Part]) -> str:
    """Return the largest of *parts* side by side as an SVG: a row each, a column and a scale per measure."""
    shown = parts[:SHOWN_PARTS]
    bottom = _ROWS_FROM + 8 + _PART_ROW * len(shown)
    left = len(parts) - len(shown)
    foot = [svg.text(svg.MARGIN, bottom + 8, f"and {left} more in the table", size=11, fill=svg.MUTED)] if left else []
    return svg.card(
        title,
        comparison_in_words(shown),
        bottom + (22 if left else 0),
        [*_heading(title, "bars compare within a column"), *_key(), *_column_heads(shown), *_rows(shown), *foot],
    )


def comparison_in_words(parts: Sequence[Part]) -> str:
    """Return what the comparison shows, as sentences."""
    return " ".join(f"{name}: {funnel_in_words(measures)}" for name, measures in parts[:SHOWN_PARTS])


def _heading(title: str, subtitle: str) -> Iterator[str]:
    yield svg.text(svg.MARGIN, 34, svg.shortened(title, 34), size=16, weight=600)
    yield svg.text(svg.MARGIN, 53, svg.shortened(subtitle, 74), fill=svg.MUTED)


def _key() -> Iterator[str]:
    """Say what strong and pale mean."""
    right = svg.WIDTH - svg.MARGIN
    yield svg.bar(right - 182, 25, 10, 10, svg.TEAL)
    yield svg.text(right - 167, 34, "surely people", size=11, fill=svg.MUTED)
    yield svg.bar(right - 76, 25, 10, 10, svg.MIST)
    yield svg.text(right - 61, 34, "everything", size=11, fill=svg.MUTED)


def _stages(stages: Sequence[Measure]) -> Iterator[str]:
    for row, stage in enumerate(stages):
        top = _TOP + row * _ROW
        strong = svg.CLAY if stage is stages[-1] else svg.TEAL
        label = top + (13 if stage.base else 20)
        yield svg.text(svg.MARGIN, label, stage.name, size=14, weight=600)
        if stage.base:
            yield svg.text(svg.MARGIN, top + 28, stage.base, size=11, fill=svg.MUTED)
        if stage.share.most > stage.share.least:
            yield _centred(top, _part(stage.share.most, stage.share.of), svg.MIST)
        yield _centred(top, _part(stage.share.least, stage.share.of), strong)
        yield svg.text(_VALUES, label, stage.share.count, size=14, weight=600)
        if stage.base:
            yield svg.text(_VALUES, top + 28, stage.share.percent, fill=svg.MUTED)


def _connections(stages: Sequence[Measure]) -> Iterator[str]:
    """Shade the step from each stage to the next, which makes the bars a funnel."""
    for row, (above, below) in enumerate(pairwise(stages)):
        top, bottom = _TOP + row * _ROW + _BAR, _TOP + (row + 1) * _ROW
        upper = _part(above.share.most, above.share.of) * _WIDEST / 2
        lower = _part(below.share.most, below.share.of) * _WIDEST / 2
        corners = [
            (_MIDDLE - upper, top),
            (_MIDDLE + upper, top),
            (_MIDDLE + lower, bottom),
            (_MIDDLE - lower, bottom),
        ]
        yield svg.polygon(corners, svg.SHADE)


def _centred(top: float, part: float, fill: str) -> str:
    width = _drawn(part, _WIDEST)
    return svg.bar(_MIDDLE - width / 2, top, width, _BAR, fill)


def _column_heads(parts: Sequence[Part]) -> Iterator[str]:
    for column, (measure, _) in enumerate(_COLUMNS):
        name = measure(parts[0][1]).name if parts else ""
        yield svg.text(_COLUMN_FROM + column * _COLUMN, 88, name, size=12, weight=600)
    yield svg.rule(98)


def _rows(parts: Sequence[Part]) -> Iterator[str]:
    scales = [max((_scale(measure(part)) for _, part in parts), default=0) for measure, _ in _COLUMNS]
    for row, (name, part) in enumerate(parts):
        top = _ROWS_FROM + row * _PART_ROW
        yield svg.text(svg.MARGIN, top + 10, svg.shortened(name, 20), size=12, weight=600)
        yield svg.text(svg.MARGIN, top + 26, f"{number(part.recipients)} recipients", size=11, fill=svg.MUTED)
        for column, (measure, strong) in enumerate(_COLUMNS):
            yield from _bar_of(measure(part), _COLUMN_FROM + column * _COLUMN, top, scales[column], strong)


def _bar_of(measure: Measure, x: float, top: float, scale: float, strong: str) -> Iterator[str]:
    least, most = _part(measure.share.least, measure.share.of), _part(measure.share.most, measure.share.of)
    yield svg.text(x, top + 10, measure.share.percent, size=12)
    yield svg.bar(x, top + 16, _COLUMN_BAR, 8, svg.SHADE)
    if scale:
        if most > least:
            yield svg.bar(x, top + 16, _drawn(most / scale, _COLUMN_BAR), 8, svg.MIST)
        yield svg.bar(x, top + 16, _drawn(least / scale, _COLUMN_BAR), 8, strong)
    yield svg.text(x, top + 38, measure.share.count, size=11, fill=svg.MUTED)


def _scale(measure: Measure) -> float:
    return _part(measure.share.most, measure.share.of)


def _part(value: int, of: int) -> float:
    return min(1.0, max(0, value) / of) if of else 0.0


def _drawn(part: float, widest: float) -> float:
    """Return the width of a bar; what is not nothing stays visible."""
    return max(1.5, part * widest) if part else 0.0

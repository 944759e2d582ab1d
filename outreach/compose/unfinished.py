"""Words that somebody still has to write: marks of `outreach campaign new`, and what people leave for later."""

import re
from collections.abc import Iterator

from outreach.compose.facts import line_of, without_comments
from outreach.compose.shown_words import shown_words
from outreach.model.campaign import Body, Campaign, WaveDefinition
from outreach.model.preflight import Finding, Level

PLACEHOLDER = "✎"
"""What `outreach campaign new` puts before the words that its author is to write."""

_LATER = re.compile(
    r"\b(?:TODO|FIXME|TBD|XXX+)\b"
    r"|\b(?i:lorem ipsum)\b"
    r"|\[(?i:(?:voor|first |last |achter|vor|nach)?na(?:am|me)|datum|date|dag|day|tag|titel|title|link|url|te[kx]s?t"
    r"|plaats|place|ort|onderwerp|betreff|subject|bedrag|betrag|amount)\](?![(\[:])"
)
_LONGEST = 60


def unfinished(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield every line of the wave's texts, and of the campaign as its mails show it, that is not written yet."""
    for body in wave.bodies.values():
        for place, words in _lines(body):
            yield _finding(body.source, place, words)
    where = f"{campaign.slug}/campaign.toml"
    for path, shown in shown_words(campaign, wave):
        each = {path: shown} if isinstance(shown, str) else {f"{path}.{code}": words for code, words in shown.items()}
        for place, words in each.items():
            if _unwritten(words):
                yield _finding(where, place, words)


def _finding(where: str, place: str, words: str) -> Finding:
    told = f"{words[:_LONGEST]}…" if len(words) > _LONGEST else words
    return Finding(Level.STOP, where, f"{place} still holds “{told}”; write what belongs there")


def _lines(body: Body) -> Iterator[tuple[str, str]]:
    for place, words in (("subject", body.subject), ("preheader", body.preheader)):
        if _unwritten(words):
            yield place, words
    read = without_comments(body.markdown).split("\n")
    start = 0
    for line, shown in zip(body.markdown.split("\n"), read, strict=True):
        if PLACEHOLDER in line or _LATER.search(shown):
            yield line_of(body.markdown, start), line.strip()
        start += len(line) + 1


def _unwritten(words: str) -> bool:
    return PLACEHOLDER in words or _LATER.search(words) is not None

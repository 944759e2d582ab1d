"""Whether the languages of a wave say the same: calls, links, numbers and dates.

Where they differ with good reason, the author declares it in a comment that no reader sees: `{# differs: 13, 2015 #}`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from outreach.model.campaign import Body, WaveDefinition
from outreach.model.preflight import Finding, Level

CALLS = "calls", "place the same calls in both"
LINKS = "links by host", "lead to the same places in both"
NUMBERS = "numbers", "correct one, or declare them in a comment: {# differs: 13 #}"

_CALL = re.compile(r"""\b(?:button|url|closes)\(\s*["']([^"']+)["']""")
_LINK = re.compile(r"""\]\(\s*<?(https?://[^\s)>]+)|<(https?://[^\s>]+)>""", re.IGNORECASE)
_DECLARED = re.compile(r"\{#\s*differs:(.*?)#\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_LIST_NUMBER = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)
_NUMBER = re.compile(r"\d+")


def differences(wave: WaveDefinition) -> Iterator[Finding]:
    """Yield where another language does not say what the first one says."""
    (first, source), *others = wave.bodies.items()
    for language, other in others:
        pair = f"{wave.name}: {first} and {language}"
        allowed = _declared(source) | _declared(other)
        compared = (
            (Level.STOP, CALLS, _calls(source), _calls(other)),
            (Level.WARNING, LINKS, _hosts(source), _hosts(other)),
            (Level.WARNING, NUMBERS, _numbers(source, allowed), _numbers(other, allowed)),
        )
        for level, (what, remedy), one, two in compared:
            if one != two:
                yield Finding(level, pair, f"{what} differ: {_told(one)} and {_told(two)}; {remedy}")


def _told(counted: Mapping[str, int]) -> str:
    listed = (name if times == 1 else f"{name} ({times} times)" for name, times in sorted(counted.items()))
    return ", ".join(listed) or "none"


def _calls(body: Body) -> Counter[str]:
    return Counter(_CALL.findall(_COMMENT.sub("", body.markdown)))


def _hosts(body: Body) -> Counter[str]:
    found = _LINK.findall(_COMMENT.sub("", body.markdown))
    return Counter((urlsplit(one or other).hostname or "").removeprefix("www.") for one, other in found)


def _declared(body: Body) -> frozenset[str]:
    return frozenset(number for listed in _DECLARED.findall(body.markdown) for number in _NUMBER.findall(listed))


def _numbers(body: Body, allowed: frozenset[str]) -> dict[str, int]:
    """Return the numbers a reader sees; how often is the language's own affair."""
    words = _LIST_NUMBER.sub("", _LINK.sub("", _COMMENT.sub("", body.markdown)))
    seen = _NUMBER.findall(f"{body.subject} {body.preheader} {words}")
    return {number: 1 for number in seen if number not in allowed}

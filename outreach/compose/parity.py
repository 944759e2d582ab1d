"""Whether the languages of a wave say the same; where they do not, the wave is not sent.

Compared are calls, events, files, pictures and links, each as often as it stands there, and dates and numbers, each
once. Where languages differ with good reason, the author declares it in a comment that no reader sees, in either of
the texts: `{# differs: 13, 28-05-2027, https://example.org/paper, photo.png #}`.

Two addresses or files are the same if they differ by their language alone, which may stand
- as a folder: `/nl/agenda` and `/de/agenda`, also `/nl-NL/…`;
- as a value: `?lang=nl` and `?lang=de`;
- as the first name of a host: `nl.example.org` and `de.example.org`;
- at the end of a file's name: `paper-nl.pdf` and `paper-de.pdf`, also with `_` or `.` before it.
`www.` in front and `/` at the end make no difference. Addresses that are words of a language (`/agenda`, `/termine`)
differ, and so do the countries' own (`example.nl`, `example.de`): whether they say the same, only a person knows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from urllib.parse import SplitResult, urlsplit

from outreach.compose.facts import Fact, Topic, facts, prose
from outreach.model.campaign import Body, Campaign, WaveDefinition
from outreach.model.preflight import Finding, Level

ONCE = frozenset({Topic.DATES, Topic.NUMBERS})
"""What counts once however often it is said; the rest is compared as often as it stands there."""

FILES = frozenset({Topic.ASSETS, Topic.PICTURES})
MOST = 8
"""Differences of one kind that a finding names; the rest it counts."""
LONGEST = 160

LOCALISED = FILES | {Topic.LINKS}
"""What may hold the name of the language it is in."""

_DECLARED = re.compile(r"\{#\s*differs:(.*?)#\}", re.DOTALL)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_LANGUAGE = "<language>"

Pair = tuple[tuple[Fact, ...], tuple[Fact, ...]]
Key = Callable[[Fact, str], str]


def differences(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield where a language of *wave* does not say what the first one says, or is older than it."""
    source, *others = wave.bodies.items()
    for other in others:
        yield from unlike(source, other)
    yield from stale(campaign, wave)


def stale(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield the translations whose source changed after them, as the files are: an issue may begin with an intro."""
    name = PurePath(next(iter(wave.bodies.values())).source).name.partition(".")[0]
    written = campaign.waves.get(name) or campaign.newsletters.get(name) or wave
    source, *others = written.bodies.values()
    for other in others:
        if other.translated_from and other.translated_from != source.digest:
            remedy = f"bring it up to date, then: outreach campaign translated {campaign.slug} {name}"
            what = f"was translated from another text than {source.source} has now; {remedy}"
            yield Finding(Level.WARNING, other.source, what)


def unlike(one: tuple[str, Body], other: tuple[str, Body]) -> Iterator[Finding]:
    """Yield where the bodies of two languages do not say the same; which comes first makes no difference."""
    languages, bodies = (one[0], other[0]), (one[1], other[1])
    if _words(bodies[0]) == _words(bodies[1]):
        return  # the same words say the same, however each language reads their numbers
    allowed = _declared(languages, bodies)
    said = [
        [fact for fact in facts(body, language) if not _allowed(fact, allowed)]
        for language, body in zip(languages, bodies, strict=True)
    ]
    for topic in Topic:
        both = tuple(_of(topic, each) for each in said)
        if found := _unpaired((both[0], both[1]), languages):
            yield _finding(topic, found, languages, bodies)


def _words(body: Body) -> tuple[str, str, str]:
    return body.subject, body.preheader, body.markdown.strip()


def _declared(languages: Sequence[str], bodies: Sequence[Body]) -> frozenset[str]:
    """Return what may differ: as it is written in the comments, and as each language reads it."""
    listed = [words for body in bodies for words in _DECLARED.findall(body.markdown)]
    items = {item.strip() for words in listed for item in (*words.split(","), *re.split(r",\s", words))}
    read = {found.key for item in items for language in languages for _, found in prose(item, language)}
    return frozenset({*map(_plain, items), *read} - {""})


def _allowed(fact: Fact, allowed: frozenset[str]) -> bool:
    names = {fact.key, _plain(fact.key)}
    if fact.topic in FILES:
        names.add(fact.key.rpartition("/")[2])
    return not names.isdisjoint(allowed)


def _of(topic: Topic, said: Sequence[Fact]) -> tuple[Fact, ...]:
    chosen = [fact for fact in said if fact.topic is topic]
    return tuple({fact.key: fact for fact in reversed(chosen)}.values())[::-1] if topic in ONCE else tuple(chosen)


def _unpaired(both: Pair, languages: tuple[str, str]) -> Pair | None:
    """Return what stands in one language alone, with everything that is the same as it."""
    left = both
    for key in _KEYS:
        left = _without_pairs(left, key, languages)
    if not any(left):
        return None
    names = {_plain(fact.key) for facts_left in left for fact in facts_left}
    return _named(both[0], names), _named(both[1], names)


def _named(said: Sequence[Fact], names: set[str]) -> tuple[Fact, ...]:
    return tuple(fact for fact in said if _plain(fact.key) in names)


def _without_pairs(both: Pair, key: Key, languages: tuple[str, str]) -> Pair:
    keys = [[key(fact, language) for fact in said] for said, language in zip(both, languages, strict=True)]
    shared = Counter(keys[0]) & Counter(keys[1])
    return _without(both[0], keys[0], shared), _without(both[1], keys[1], shared)


def _without(said: Sequence[Fact], keys: Sequence[str], shared: Counter[str]) -> tuple[Fact, ...]:
    left, kept = Counter(shared), []
    for fact, key in zip(said, keys, strict=True):
        if left[key] > 0:
            left[key] -= 1
        else:
            kept.append(fact)
    return tuple(kept)


def _same(fact: Fact, _language: str) -> str:
    return _plain(fact.key)


def _same_but_for_language(fact: Fact, language: str) -> str:
    return _neutral(_plain(fact.key), language) if fact.topic in LOCALISED else fact.key


_KEYS: tuple[Key, ...] = (_same, _same_but_for_language)


def _plain(address: str) -> str:
    """Return *address* in the one way that its spellings share."""
    parts = _parts(address)
    if parts is None or not _WEB.match(address):
        return address
    return parts._replace(netloc=parts.netloc.lower().removeprefix("www."), path=parts.path.rstrip("/")).geturl()


def _neutral(address: str, language: str) -> str:
    """Return *address* with a mark where it holds its language."""
    parts = _parts(address)
    if parts is None:
        return address
    code = rf"{re.escape(language)}(?:[-_][A-Za-z]{{2}})?"
    path = re.sub(rf"(?<=/){code}(?=/|$)", _LANGUAGE, parts.path, flags=re.IGNORECASE)
    path = re.sub(rf"(?<=[-_.]){code}(?=(?:\.\w+)?$)", _LANGUAGE, path, flags=re.IGNORECASE)
    query = re.sub(rf"(?<==){code}(?=&|$)", _LANGUAGE, parts.query, flags=re.IGNORECASE)
    host = re.sub(rf"^{code}\.", f"{_LANGUAGE}.", parts.netloc, flags=re.IGNORECASE)
    return parts._replace(netloc=host, path=path, query=query).geturl()


def _parts(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _finding(topic: Topic, found: Pair, languages: tuple[str, str], bodies: tuple[Body, Body]) -> Finding:
    told = "; ".join(f"{language} says {_told(said)}" for language, said in zip(languages, found, strict=True))
    names = _listed(dict.fromkeys(_cut(fact.key) for said in found for fact in said))
    remedy = f"say the same in both, or declare it in a comment: {{# differs: {names} #}}"
    where = " and ".join(body.source for body in bodies)
    return Finding(Level.STOP, where, f"{topic} differ: {told}; {remedy}")


def _told(said: Sequence[Fact]) -> str:
    return _listed(f"{_cut(fact.shown)} ({fact.place})" for fact in said) or "nothing of it"


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:MOST]) + (f" and {len(listed) - MOST} more" if len(listed) > MOST else "")


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"

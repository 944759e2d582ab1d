"""Whether the languages of a wave say the same; where they do not, the wave is not sent.

Compared are calls, events, files, pictures and links, each as often as it stands there, and dates, numbers and
addresses in words, each once. What may be read in two ways (`5-12`, `2.10.`) is read as the other language says it.
Where languages differ with good reason, the author declares it in a comment that no reader sees, in either of the
texts: `{# differs: 13, 28-05-2027, https://example.org/paper, photo.png #}`. The words of `campaign.toml` that mails
and forms show are compared as well; there a table `[differs]` says `"calls.join.intro" = ["13"]`.

Two addresses or files are the same if they differ by their language alone, which may stand
- as a folder: `/nl/agenda` and `/de/agenda`, also `/nl-NL/…`;
- as a value: `?lang=nl` and `?lang=de`;
- as the first name of a host: `nl.example.org` and `de.example.org`;
- at the end of a file's name or at its start: `paper-nl.pdf` and `paper-de.pdf`, `nl_paper.pdf` and `de_paper.pdf`;
- before an @: `info-nl@example.org` and `info-de@example.org`.
A folder of one language alone makes no difference (`/agenda` and `/de/agenda`), nor do
`www.` in front and `/` at the end. Addresses that are words of a language (`/agenda`, `/termine`)
differ, and so do the countries' own (`example.nl`, `example.de`): whether they say the same, only a person knows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from outreach.compose.facts import Fact, Statement, Topic, of_words, prose, statements, told
from outreach.compose.shown_words import definition_of, shown_words
from outreach.model.campaign import Body, Campaign, WaveDefinition, Words
from outreach.model.preflight import Finding, Level

ONCE = frozenset({Topic.ADDRESSES, Topic.DATES, Topic.NUMBERS})
"""What counts once however often it is said; the rest is compared as often as it stands there."""

FILES = frozenset({Topic.ASSETS, Topic.PICTURES})
MOST = 8
"""Differences of one kind that a finding names; the rest it counts."""
LONGEST = 160

LOCALISED = FILES | {Topic.ADDRESSES, Topic.LINKS}
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
    yield from _words_apart(campaign, wave)
    yield from stale(campaign, wave)


def _words_apart(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield where words of `campaign.toml` that the wave shows do not say the same in its languages.

    What the law asks for in an imprint differs from country to country.
    """
    found = ((path, words) for path, words in shown_words(campaign, wave) if not path.startswith("sender"))
    several = [(path, words) for path, words in found if not isinstance(words, str)]
    for language, other in ((next(iter(wave.bodies)), code) for code in tuple(wave.bodies)[1:]):
        for path, words in several:
            if language in words and other in words:
                yield from _unlike_words(campaign, path, words, (language, other))


def _unlike_words(campaign: Campaign, path: str, words: Words, languages: tuple[str, str]) -> Iterator[Finding]:
    one, other = (tuple(of_words(words[code], code, "")) for code in languages)
    for topic, found in apart((one, other), languages, _listed_as_different(campaign.differs.get(path, ()), languages)):
        names = ", ".join(dict.fromkeys(f'"{_cut(fact.key)}"' for said in found for fact in said))
        remedy = f'say the same in both, or declare it under [differs]: "{path}" = [{names}]'
        told = f"{path} in {' and '.join(languages)}: {_differing(topic, found, languages)}; {remedy}"
        yield Finding(Level.STOP, f"{campaign.slug}/campaign.toml", told)


def stale(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield the translations whose source changed after them, as the files are: an issue may begin with an intro."""
    name, written = (wave.stem, wave) if wave.version else definition_of(campaign, wave)
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
    one_said, other_said = (tuple(statements(body, code)) for code, body in zip(languages, bodies, strict=True))
    where = " and ".join(body.source for body in bodies)
    for topic, found in apart((one_said, other_said), languages, allowed):
        names = _listed(dict.fromkeys(_cut(fact.key) for said in found for fact in said))
        remedy = f"say the same in both, or declare it in a comment: {{# differs: {names} #}}"
        yield Finding(Level.STOP, where, f"{_differing(topic, found, languages)}; {remedy}")


def apart(
    said: tuple[Sequence[Statement], Sequence[Statement]], languages: tuple[str, str], allowed: frozenset[str]
) -> Iterator[tuple[Topic, Pair]]:
    """Yield what is said in one language alone, by topic."""
    read = [
        [fact for fact in _without_linked(told(_read(one, other))) if not _allowed(fact, allowed)]
        for one, other in (said, said[::-1])
    ]
    for topic in Topic:
        if found := _unpaired((_of(topic, read[0]), _of(topic, read[1])), languages):
            yield topic, found


def _read(said: Sequence[Statement], others: Sequence[Statement]) -> Iterator[Fact]:
    """Yield what is said; of the ways to read something, the one that the other language says as well."""
    sure = _keys(ways[0] for ways in others if len(ways) == 1)
    possible = _keys(way for ways in others for way in ways)
    for ways in said:
        met = (way for known in (sure, possible) for way in ways if way and _keys([way]) <= known)
        yield from ways[0] if len(ways) == 1 else next(met, ways[0])


def _keys(ways: Iterable[Sequence[Fact]]) -> set[tuple[Topic, str]]:
    """Return what facts are compared by; a date with its year tells the day alone, too."""
    said = [fact for way in ways for fact in way]
    return {(fact.topic, key) for fact in said for key in ((fact.key, fact.key[:5]) if _dated(fact) else (fact.key,))}


def _dated(fact: Fact) -> bool:
    return fact.topic is Topic.DATES and len(fact.key) == len("28-05-2027")


def _without_linked(said: Sequence[Fact]) -> Iterator[Fact]:
    """Yield what is said without addresses in words that a link beside them leads to."""
    links = {_bare(fact.key) for fact in said if fact.topic is Topic.LINKS}
    yield from (fact for fact in said if fact.topic is not Topic.ADDRESSES or _bare(fact.key) not in links)


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://|mailto:)", "", _plain(address), flags=re.IGNORECASE)


def _words(body: Body) -> tuple[str, str, str]:
    return body.subject, body.preheader, body.markdown.strip()


def _declared(languages: Sequence[str], bodies: Sequence[Body]) -> frozenset[str]:
    """Return what the comments let differ."""
    listed = [words for body in bodies for words in _DECLARED.findall(body.markdown)]
    return _listed_as_different(
        [item for words in listed for item in (*words.split(","), *re.split(r",\s", words))], languages
    )


def _listed_as_different(declared: Iterable[str], languages: Sequence[str]) -> frozenset[str]:
    """Return *declared* as it is written, and as each language reads it."""
    items = {item.strip() for item in declared}
    read = {found.key for item in items for code in languages for ways in prose(item, code) for _, found in ways[0]}
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


def _same_without_language(fact: Fact, language: str) -> str:
    """Return an address without its language's folder: many a site has none for the first of its languages."""
    return _same_but_for_language(fact, language).replace(f"/{_LANGUAGE}/", "/").removesuffix(f"/{_LANGUAGE}")


_KEYS: tuple[Key, ...] = (_same, _same_but_for_language, _same_without_language)


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
    path = re.sub(rf"(?:^|(?<=/)){code}(?=[-_.][^/]*\.\w+$)", _LANGUAGE, path, flags=re.IGNORECASE)
    path = re.sub(rf"\b{code}(?=@)", _LANGUAGE, path, flags=re.IGNORECASE)
    query = re.sub(rf"(?<==){code}(?=&|$)", _LANGUAGE, parts.query, flags=re.IGNORECASE)
    host = re.sub(rf"^{code}\.", f"{_LANGUAGE}.", parts.netloc, flags=re.IGNORECASE)
    return parts._replace(netloc=host, path=path, query=query).geturl()


def _parts(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _differing(topic: Topic, found: Pair, languages: tuple[str, str]) -> str:
    told = "; ".join(f"{language} says {_told(said)}" for language, said in zip(languages, found, strict=True))
    return f"{topic} differ: {told}"


def _told(said: Sequence[Fact]) -> str:
    return (
        _listed(f"{_cut(fact.shown)} ({fact.place})" if fact.place else _cut(fact.shown) for fact in said)
        or "nothing of it"
    )


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:MOST]) + (f" and {len(listed) - MOST} more" if len(listed) > MOST else "")


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"

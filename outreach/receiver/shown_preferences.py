"""Preferences as their page shows them, in one language; the template only lays them out."""

from dataclasses import dataclass

from outreach.model.people import TRACKING
from outreach.receiver.language import Reader, Said, day, said
from outreach.steps.preferences import Preferences, Saved
from outreach.steps.subscribing import TICK


@dataclass(frozen=True)
class ShownTick:
    """One topic: its name, the sentence to agree to, and since when and on what ground it is in force, if it is."""

    name: str
    title: Said
    sentence: Said
    ticked: bool
    ground: str


@dataclass(frozen=True)
class ShownPreferences:
    """The page's choices. *stopped* is why nothing is written to the address; empty where mails are.

    *from_wave*: a wave's mail led here, of which it can be told why it came; a letter was asked for.
    """

    email: str
    language: str
    frequency: str
    topics: tuple[ShownTick, ...]
    tracking: tuple[ShownTick, ...]
    stopped: str
    never: bool
    from_wave: bool


def show_preferences(page: Preferences, reader: Reader) -> ShownPreferences:
    """Return what the page shows."""
    ticks = {topic: _tick(page, topic, reader) for topic in page.sentences}
    return ShownPreferences(
        email=page.reader.email,
        language=page.reader.language or "",
        frequency=page.reader.frequency.value,
        topics=tuple(tick for topic, tick in ticks.items() if topic != TRACKING),
        tracking=tuple(tick for topic, tick in ticks.items() if topic == TRACKING),
        stopped=reader.words["stopped"][page.stopped[0].value] if page.stopped else "",
        never=page.never,
        from_wave=bool(page.reader.topic),
    )


def show_changes(saved: Saved, reader: Reader) -> list[str]:
    """Return what saving changed, or waits for an answer, a sentence each; none where everything was so already."""
    words = reader.words["changes"]
    told = [words["given"].format(topic=_title(saved.page, topic, reader).text) for topic in saved.given]
    told += [words["withdrawn"].format(topic=_title(saved.page, topic, reader).text) for topic in saved.withdrawn]
    if saved.language:
        told.append(words["language"])
    if saved.frequency:
        told.append(words["frequency"].format(frequency=reader.words["frequency"][saved.frequency.value]))
    if saved.stopped:
        told.append(words["stopped"])
    if saved.resumed:
        told.append(words["resumed"])
    if saved.asked:
        told.append(words["asked"].format(email=saved.page.reader.email))
    return told


def _tick(page: Preferences, topic: str, reader: Reader) -> ShownTick:
    standing, sentence = page.standing.get(topic), page.sentences[topic]
    ground = ""
    if standing is not None:
        since = day(standing.since, reader.language, reader.zone)
        ground = reader.words["ground"][standing.basis.value].format(since=since)
    return ShownTick(
        name=f"{TICK}{topic}",
        title=_title(page, topic, reader),
        sentence=Said(sentence.text, sentence.language),
        ticked=standing is not None,
        ground=ground,
    )


def _title(page: Preferences, topic: str, reader: Reader) -> Said:
    known = page.topics.get(topic)
    return said(known.titles, reader.language) if known else Said(topic, reader.language)

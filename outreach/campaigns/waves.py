"""Waves, newsletters and events, as `campaign.toml` describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outreach.campaigns.bodies import read_bodies, read_other_bodies
from outreach.campaigns.table import NAME, Table
from outreach.model.campaign import (
    Call,
    DigestRules,
    Edition,
    Event,
    Layout,
    Order,
    Signature,
    WaveDefinition,
)
from outreach.model.trial import Choice, Trial

AUDIENCES = 'a list of audiences such as ["members"]'
SHARE = "a share of the recipients above 0 and below 1, such as 0.05"
SHARE_EACH = "the share that each version goes to first, above 0 and up to 0.5, such as 0.1"
ALL_BUT_NOBODY = 0.9999
CANARY_WAITS, VERSIONS_WAIT = timedelta(minutes=30), timedelta(hours=4)
MINUTES = 60
LONGEST_WAIT = 14 * 24 * MINUTES
MOST_PEOPLE = 1_000_000


@dataclass(frozen=True)
class Around:
    """What of its campaign a wave may name."""

    folder: Path
    languages: tuple[str, ...]
    calls: Mapping[str, Call]
    events: Mapping[str, Event]

    def asset(self, table: Table, key: str, name: str) -> str:
        """Return *name* where it is a picture on the web or a file in `assets/`, else write it down as a problem."""
        if name and not name.startswith("https://") and not (self.folder / name).is_file():
            found = sorted(f"assets/{path.name}" for path in (self.folder / "assets").glob("*") if path.is_file())
            table.problem(key, f"no file {name!r} in the campaign's folder; there is: {', '.join(found) or 'none'}")
        return name


def read_event(slug: str, table: Table, languages: tuple[str, ...], zone: ZoneInfo) -> Event:
    """Return one of the campaign's own events; a moment that is missing is a problem, and so is an end before it."""
    starts, ends = (table.needed_moment(key, zone) for key in ("starts", "ends"))
    if ends <= starts:
        table.problem("ends", f"found {ends.isoformat()}, which is not after starts; write the event's end")
    event = Event(
        slug=slug,
        title=table.words("title", languages),
        starts=starts,
        ends=ends,
        place=table.words("place", languages),
        summary=table.words("summary", languages, required=False),
        url=table.address("url"),
    )
    table.finish()
    return event


def read_wave(name: str, table: Table, around: Around) -> WaveDefinition:
    """Return a wave with its texts."""
    common, trial = _common(name, table, around), _trial(table)
    tries_two = trial is not None and trial.versions
    wave = WaveDefinition(
        **common,
        trial=trial,
        other=read_other_bodies(around.folder, name, common["bodies"], table.problems) if tries_two else {},
        layout=table.one_of("layout", Layout),
        news=table.number("news", 0) or 0,
        events=table.number("events", 0) or 0,
        event=_known(table, "event", around.events),
        signed=_signed(table.table("signed"), around),
    )
    if wave.layout is Layout.INVITATION and wave.event is None:
        table.problem("event", "is missing; write the event that the invitation is to, one of [events.<name>]")
    if wave.layout is Layout.LETTER and wave.signed is None:
        table.problem("signed", 'is missing; write signed = { name = "…", role = { … } }: a letter is from somebody')
    table.finish()
    return wave


def read_newsletter(name: str, table: Table, around: Around) -> WaveDefinition:
    """Return a newsletter: a wave that comes in issues, each composed of what is new."""
    if "versions" in table.values:
        table.table("versions")
        remedy = "make it a wave, or try the issue on a few with [….canary]"
        table.problem("versions", f"is for waves; the issues of a newsletter have one text each; {remedy}")
    wave = WaveDefinition(
        **_common(name, table, around),
        trial=_canary(table),
        layout=Layout.NEWSLETTER,
        news=table.number("news", 8) or 0,
        events=table.number("events", 5) or 0,
    )
    rules = DigestRules(
        topics=_topics(table.table("topics"), wave.audiences),
        pinned=table.names("pinned", 'a list of links such as ["https://…"]', required=False),
        order=table.one_of("order", Order, Order.NEWEST),
        images=table.flag("images", default=True),
        first_days=table.number("first_days", 30, least=1) or 30,
    )
    table.finish()
    return replace(wave, digest=rules)


def _common(name: str, table: Table, around: Around) -> dict[str, Any]:
    audiences = table.names("audiences", AUDIENCES)
    for audience in audiences:
        if not NAME.fullmatch(audience):
            table.problem("audiences", f"found {audience!r}; write the name of a file in audiences/, without .toml")
    return {
        "name": name,
        "title": table.words("title", around.languages),
        "audiences": audiences,
        "bodies": read_bodies(around.folder, name, around.languages, table.problems),
        "edition": table.one_of("edition", Edition, Edition.PREFERENCE),
        "call": _known(table, "call", around.calls),
    }


def _trial(table: Table) -> Trial | None:
    """Return what the wave tries on a share of its recipients first."""
    canary = _canary(table)
    versions = table.table("versions")
    if "versions" not in table.values:
        return canary
    if canary:
        table.problem("versions", "stands beside canary; keep one of them: versions stop at the same thresholds")
    trial = Trial(
        share=_share(versions, 0.5, SHARE_EACH, required=True),
        wait=_wait(versions, VERSIONS_WAIT),
        versions=True,
        choose=versions.one_of("choose", Choice, Choice.CLICKS),
    )
    versions.finish()
    return trial


def _canary(table: Table) -> Trial | None:
    canary = table.table("canary")
    if "canary" not in table.values:
        return None
    people = canary.number("people", 0, least=1) or 0
    share = _share(canary, ALL_BUT_NOBODY, SHARE, required="people" not in canary.values)
    if people > MOST_PEOPLE:
        canary.problem("people", f"found {people}; write {MOST_PEOPLE} or less")
    if "share" in canary.values and "people" in canary.values:
        canary.problem("people", "stands beside share; keep one of them")
    trial = Trial(share=share, wait=_wait(canary, CANARY_WAITS), people=people)
    canary.finish()
    return trial


def _share(table: Table, most: float, wanted: str, *, required: bool) -> float:
    if required and "share" not in table.values:
        table.problem("share", f"is missing; write {wanted}")
    return table.share("share", most, wanted) or 0.0


def _wait(table: Table, usual: timedelta) -> timedelta:
    hours, minutes = (table.number(key, least=1) for key in ("wait_hours", "wait_minutes"))
    if hours and minutes:
        table.problem("wait_minutes", "stands beside wait_hours; keep one of them")
    found = minutes or (hours or 0) * MINUTES
    if found > LONGEST_WAIT:
        key = "wait_minutes" if minutes else "wait_hours"
        days = LONGEST_WAIT // MINUTES // 24
        table.problem(key, f"found {table.values[key]}; the rest waits {days} days at most")
        return usual
    return timedelta(minutes=found) if found else usual


def _known(table: Table, key: str, known: Mapping[str, object]) -> str | None:
    name = table.text(key, "") or None
    if name and name not in known:
        table.problem(key, f"unknown {key} {name!r}; known: {', '.join(sorted(known)) or 'none'}")
    return name


def _signed(table: Table, around: Around) -> Signature | None:
    if not table.values:
        return None
    signature = Signature(
        name=table.text("name"),
        role=table.words("role", around.languages),
        portrait=around.asset(table, "portrait", table.text("portrait", "")),
        alt=table.words("alt", around.languages, required="portrait" in table.values),
    )
    table.finish()
    return signature


def _topics(table: Table, audiences: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    topics = {}
    for audience in table.values:
        topics[audience] = table.names(audience, 'a list of topics such as ["social-work"]')
        if audience not in audiences:
            table.problem(audience, f"is not among the newsletter's audiences: {', '.join(audiences)}")
        for topic in topics[audience]:
            if not NAME.fullmatch(topic):
                table.problem(audience, f"found {topic!r}; write a topic's name such as 'social-work'")
    return topics

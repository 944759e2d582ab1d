"""Campaigns, calls and their forms as pages show them, in one language; templates only lay them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.calls.form import TICKED
from outreach.calls.standing import CallStanding, PublicCampaign
from outreach.compose.outside import harmless, web_address
from outreach.model import dates
from outreach.model.campaign import Call, Field, FieldKind
from outreach.model.content import Content
from outreach.receiver.language import Phrases, Reader, Said, day, day_and_time, said
from outreach.steps.public import CampaignPage


@dataclass(frozen=True)
class ShownCall:
    """A call as a card: what it asks, how far it is, where its form is."""

    title: Said
    intro: Said
    button: Said
    thanks: Said
    href: str
    count: int
    goal: int | None
    progress: str
    closes: str


@dataclass(frozen=True)
class ShownCampaign:
    """A campaign in a list or on its own page."""

    title: Said
    summary: Said
    href: str
    calls: tuple[ShownCall, ...]
    closed: tuple[ShownCall, ...]


@dataclass(frozen=True)
class ShownContent:
    """A news item or event; *address* is None where its link is not one to follow."""

    title: str
    lang: str
    address: str | None
    when: str
    place: str
    cancelled: bool


@dataclass(frozen=True)
class Choice:
    """One possibility of a choice."""

    value: str
    words: Said
    chosen: bool


@dataclass(frozen=True)
class ShownField:
    """A question with what was answered and what is wrong with that; *hints* are ids of the texts about it."""

    name: str
    kind: str
    label: Said
    help: Said
    required: bool
    limit: int
    show_limit: bool
    autocomplete: str
    choices: tuple[Choice, ...]
    value: str
    errors: tuple[str, ...]

    @property
    def hints(self) -> str:
        """What a screen reader reads out with the question."""
        parts = (("error", self.errors), ("help", self.help.text), ("limit", self.show_limit))
        return " ".join(f"q-{self.name}-{part}" for part, there in parts if there)


def show_call(campaign: PublicCampaign, standing: CallStanding, reader: Reader) -> ShownCall:
    """Return a call as a card."""
    call, order = standing.call, campaign.languages
    return ShownCall(
        title=said(call.title, reader.language, order),
        intro=said(call.intro, reader.language, order),
        button=said(call.button, reader.language, order),
        thanks=said(call.thanks, reader.language, order),
        href=f"/calls/{call.slug}?lang={reader.language}",
        count=standing.count,
        goal=call.goal,
        progress=_progress(call, standing.count, reader.words),
        closes=reader.words["call"]["closes"].format(when=_moment(call.closes, reader)) if call.closes else "",
    )


def show_campaign(page: CampaignPage, reader: Reader) -> ShownCampaign:
    """Return a campaign with its calls."""
    campaign = page.campaign
    return ShownCampaign(
        title=said(campaign.title, reader.language, campaign.languages),
        summary=said(campaign.summary, reader.language, campaign.languages),
        href=f"/campaigns/{campaign.slug}?lang={reader.language}",
        calls=tuple(show_call(campaign, standing, reader) for standing in page.open_calls),
        closed=tuple(show_call(campaign, standing, reader) for standing in page.closed_calls),
    )


def show_demands(page: CampaignPage, reader: Reader) -> tuple[Said, ...]:
    """Return what the campaign demands, in a language that it has."""
    for code in (reader.language, *page.campaign.languages):
        if page.demands.get(code):
            return tuple(Said(demand, code) for demand in page.demands[code])
    return ()


def show_content(content: Content, reader: Reader) -> ShownContent:
    """Return an item; an event tells when it starts, news when it came out."""
    return ShownContent(
        title=harmless(content.title),
        lang=content.language,
        address=web_address(content.link) or None,
        when=_when(content, reader),
        place=harmless(content.place),
        cancelled=content.cancelled,
    )


def show_fields(
    call: Call,
    languages: Sequence[str],
    reader: Reader,
    values: Mapping[str, str],
    errors: Mapping[str, tuple[str, ...]],
) -> list[ShownField]:
    """Return the questions of a call with what was answered so far."""
    return [
        _show_field(field, languages, reader, values.get(field.name, ""), errors.get(field.name, ()))
        for field in call.fields
    ]


def _show_field(
    field: Field, languages: Sequence[str], reader: Reader, value: str, errors: tuple[str, ...]
) -> ShownField:
    return ShownField(
        name=field.name,
        kind=field.kind.value,
        label=said(field.label, reader.language, languages),
        help=said(field.help, reader.language, languages),
        required=field.required,
        limit=field.limit,
        show_limit=field.kind is FieldKind.TEXT,
        autocomplete=_autocomplete(field),
        choices=tuple(
            Choice(stored, said(words, reader.language, languages), stored == value)
            for stored, words in field.choices.items()
        ),
        value=TICKED if field.kind is FieldKind.CHECK and value else value,
        errors=errors,
    )


def _when(content: Content, reader: Reader) -> str:
    if content.starts:
        return dates.occasion(content.starts, content.ends, reader.language, reader.zone.key)
    return day(content.published, reader.language, reader.zone)


def _moment(moment: datetime, reader: Reader) -> str:
    return day_and_time(moment, reader.language, reader.zone)


def _progress(call: Call, count: int, words: Phrases) -> str:
    """Return the standing in words; a call without goal and answers has none."""
    if call.goal:
        key = "reached" if count >= call.goal else "of_goal"
        return str(words["call"][key].format(count=count, goal=call.goal))
    return str(words["call"]["so_far"].format(count=count)) if count else ""


AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "organisation": "organization",
    "phone": "tel",
    "postcode": "postal-code",
    "city": "address-level2",
}
"""What browsers may fill in, by the name of the question."""


def _autocomplete(field: Field) -> str:
    return "email" if field.kind is FieldKind.EMAIL else AUTOCOMPLETE.get(field.name, "off")

"""One language of a mail: what its templates are given."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from outreach.compose.author import Author, Written
from outreach.compose.items import Occasion, Story, appointment, occasion, story, upcoming
from outreach.errors import DefinitionError, NotFound
from outreach.model import dates
from outreach.model.campaign import Call, Signature, WaveDefinition
from outreach.model.content import Content


@dataclass(frozen=True)
class Digest:
    """News and events of a topic in one language, the most telling first; a wave takes as many as it wants."""

    news: tuple[Content, ...] = ()
    events: tuple[Content, ...] = ()


@dataclass(frozen=True)
class Ask:
    """The call that a mail ends in; without *url* it has closed, and *note* says since when."""

    title: str
    intro: str
    button: str
    url: str
    note: str


@dataclass(frozen=True)
class Signed:
    """Who signs; *portrait* is a picture's address, empty: none."""

    name: str
    role: str
    portrait: str
    alt: str


@dataclass(frozen=True)
class Section:
    """Everything one language says. *depth* is 0 for the first section of a mail, 1 below it.

    *event* is what an invitation is to, *appointments* are all of the campaign's own events by name; *zone* is the name
    of the time zone that events from outside are told in.
    """

    language: str
    direction: str
    own_name: str
    depth: int
    kicker: str
    written: Written
    news: tuple[Story, ...]
    events: tuple[Occasion, ...]
    ask: Ask | None
    imprint: str
    summary: str
    zone: str
    appointments: Mapping[str, Occasion]
    event: Occasion | None
    signed: Signed | None

    @property
    def headline(self) -> str:
        """The text's first heading, else its subject."""
        return self.written.prose.headline or self.written.subject

    def appointment(self, slug: str) -> Occasion:
        """Return one of the campaign's own events; `NotFound` lists them."""
        if slug not in self.appointments:
            raise NotFound("event", slug, self.appointments or ("none",))
        return self.appointments[slug]


def section(author: Author, wave: WaveDefinition, written: Written, digest: Digest, depth: int) -> Section:
    """Gather one language of *wave*."""
    locale = Locale.parse(author.language)
    campaign, language = author.campaign, author.language
    pictures = wave.digest is None or wave.digest.images
    appointments = {slug: appointment(event, author) for slug, event in campaign.events.items()}
    return Section(
        language=language,
        direction="rtl" if locale.text_direction == "rtl" else "ltr",
        own_name=(locale.get_display_name(language) or language).capitalize(),
        depth=depth,
        kicker=campaign.title[language],
        written=written,
        news=tuple(story(item, author, pictures=pictures) for item in digest.news[: wave.news]),
        events=tuple(occasion(item, author) for item in upcoming(digest.events, author.now)[: wave.events]),
        ask=_ask(wave, author, written),
        imprint=campaign.sender.imprint[language],
        summary=campaign.summary[language],
        zone=dates.zone_name(language, author.zone),
        appointments=appointments,
        event=appointments[wave.event] if wave.event else None,
        signed=_signed(wave.name, wave.signed, author) if wave.signed else None,
    )


def _signed(wave: str, signature: Signature, author: Author) -> Signed:
    try:
        portrait = author.assets.portrait(signature.portrait).url if signature.portrait else ""
    except DefinitionError as error:
        where = f"templates/campaigns/{author.campaign.slug}/campaign.toml: waves.{wave}.signed.portrait"
        raise DefinitionError(f"{where}: {error}") from error
    return Signed(
        name=signature.name,
        role=signature.role[author.language],
        portrait=portrait,
        alt=signature.alt.get(author.language) or signature.name,
    )


def _ask(wave: WaveDefinition, author: Author, written: Written) -> Ask | None:
    if wave.call is None or wave.call in written.placed:
        return None
    call = author.call(wave.call)
    closed = call.closes is not None and call.closes <= author.now
    return Ask(
        title=call.title[author.language],
        intro=call.intro[author.language],
        button=call.button[author.language],
        url="" if closed else author.url(call.slug),
        note=author.closed(call) if closed else _deadline(call, author),
    )


def _deadline(call: Call, author: Author) -> str:
    if call.closes is None:
        return ""
    when = dates.deadline(call.closes, author.language, author.zone)
    return author.words.gettext("Open until %(day)s.") % {"day": when}

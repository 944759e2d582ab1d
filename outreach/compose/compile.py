"""Compiles a wave's mail in one variant: Jinja per language, premailer once, every link registered, slots open."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from babel.support import Translations
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from outreach.compose import locales
from outreach.compose.author import Author, write
from outreach.compose.blocks import KINDS
from outreach.compose.brand import Brand
from outreach.compose.inline import inlined, written
from outreach.compose.links import Addresses, LinkBook
from outreach.compose.plain import wrapped
from outreach.compose.section import Digest, Section, section
from outreach.compose.variants import languages_of
from outreach.errors import DefinitionError
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import Address, Message, Salutation

__all__ = ["Digest", "Press", "compile_message"]

PARTS = "mail/parts.{}.jinja"
MOST_DOTS = 12
"""More than these do not stand beside each other on a phone."""


def compile_message(  # noqa: PLR0917 - each is one word of the sentence that a wave is
    templates: SandboxedEnvironment,
    brand: Brand,
    campaign: Campaign,
    wave: WaveDefinition,
    variant: str,
    content: Mapping[str, Digest],
    public_url: str,
    now: datetime,
) -> Message:
    """Return the message of *variant*; *content* holds news and events per language, and may lack any of them."""
    press = Press(templates, brand, campaign, wave, variant, Addresses(public_url), now)
    sections = press.sections(content)
    page = inlined(press.html(sections))
    book = LinkBook(press.addresses)
    book.rewrite(page)
    text = press.text(sections, book.address)
    return Message(
        variant=variant,
        languages=press.languages,
        sender=Address(campaign.sender.email, campaign.sender.name_in(press.languages[0])),
        reply_to=campaign.sender.reply_to,
        subject=press.subject(sections),
        html=written(page),
        text=text,
        headers=headers(brand, campaign, wave, variant, press.addresses),
        links=book.links,
        salutations={language: salutation(words) for language, words in press.words.items()},
        version=wave.version,
    )


def headers(
    brand: Brand, campaign: Campaign, wave: WaveDefinition, variant: str, addresses: Addresses
) -> dict[str, str]:
    """Return the headers beyond From, To and Subject: one-click unsubscribing (RFC 8058), list, feedback, language."""
    leave = [f"<{addresses.unsubscribe}>"]
    if brand.unsubscribe_email:
        leave.append(f"<mailto:{brand.unsubscribe_email}?subject=@@unsubscribe@@>")
    return {
        "List-Unsubscribe": ", ".join(leave),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{campaign.topic}.{brand.domain}>",
        "Feedback-ID": f"{campaign.slug}:{wave.name}:{variant.replace('+', '-')}:{brand.slug}",
        "Content-Language": ", ".join(languages_of(variant)),
    }


def salutation(words: Translations) -> Salutation:
    """Return how a language greets."""
    return Salutation(named=words.gettext("Dear {name},"), plain=words.gettext("Hello,"))


@dataclass(frozen=True)
class Press:
    """Sets one variant of a wave in its templates."""

    templates: SandboxedEnvironment
    brand: Brand
    campaign: Campaign
    wave: WaveDefinition
    variant: str
    addresses: Addresses
    now: datetime

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The variant's languages, the one on top first."""
        languages = languages_of(self.variant)
        for language in languages:
            if language not in self.wave.bodies:
                spoken = ", ".join(self.campaign.languages)
                raise DefinitionError(
                    f"variant {self.variant!r}: the campaign does not speak {language!r}, but {spoken}"
                )
        return languages

    @cached_property
    def words(self) -> dict[str, Translations]:
        """The templates' own words per language."""
        return {language: locales.translations(self.templates, language) for language in self.languages}

    def sections(self, content: Mapping[str, Digest]) -> list[Section]:
        """Return what each language says, in the order they stand in the mail."""
        return [
            self._section(language, content.get(language, Digest()), depth=min(place, 1))
            for place, language in enumerate(self.languages)
        ]

    def _section(self, language: str, digest: Digest, depth: int) -> Section:
        zone = self.brand.zone_in(language)
        issue = self.wave.issue if self.wave.digest else None
        author = Author(self.campaign, language, zone, self.addresses, self.words[language], self.now, issue)
        body = write(self.templates, self.wave.bodies[language], author)
        return section(author, self.wave, body, digest, depth)

    def subject(self, sections: Sequence[Section]) -> str:
        """Return the subject; stacked languages stand beside each other: `NL | DE`."""
        return " | ".join(one.written.subject for one in sections)

    def html(self, sections: Sequence[Section]) -> str:
        """Return the page with its stylesheet, not inlined yet."""
        parts, feet = [], []
        for one in sections:
            macros = self._parts("html", one, {})
            blocks = {kind: getattr(macros, kind) for kind in KINDS}
            prose = Markup(one.written.prose.html(one.depth, blocks))  # noqa: S704 - our reader escapes
            parts.append(self._markup(f"mail/{self.wave.layout}.html.jinja", one, {"prose": prose}))
            feet.append(macros.footer(one))
        return self._rendered("mail/base.html.jinja", sections[0], self._frame(sections, parts, feet))

    def text(self, sections: Sequence[Section], link: Callable[[str, str], str]) -> str:
        """Return the plain text; *link* gives the address to show for a target and its words."""
        parts, feet = [], []
        for one in sections:
            values = {"link": link, "wrapped": wrapped}
            macros = self._parts("txt", one, values)
            prose = one.written.prose.text(link, macros.event)
            part = self._rendered(f"mail/{self.wave.layout}.txt.jinja", one, {**values, "prose": prose})
            parts.append(tidy(part))
            feet.append(macros.footer(one).strip())
        return tidy(self._rendered("mail/base.txt.jinja", sections[0], self._frame(sections, parts, feet))) + "\n"

    def _parts(self, ending: str, one: Section, values: Mapping[str, object]) -> Any:
        return self.templates.get_template(PARTS.format(ending)).make_module({**self._context(one), **values})

    def _frame(self, sections: Sequence[Section], parts: Sequence[str], feet: Sequence[str]) -> dict[str, object]:
        return {
            "sections": list(zip(sections, parts, strict=True)),
            "feet": list(zip(sections, feet, strict=True)),
            "subject": self.subject(sections),
            "below": {one: words.gettext("read on below in this mail") for one, words in self.words.items()},
            "online": {one: words.gettext("read in the browser") for one, words in self.words.items()},
        }

    def _markup(self, name: str, one: Section, values: Mapping[str, object]) -> Markup:
        return Markup(self._rendered(name, one, values))  # noqa: S704 - templates ending in .html.jinja escape

    def _rendered(self, name: str, one: Section, values: Mapping[str, object]) -> str:
        return self.templates.get_template(name).render({**self._context(one), **values})

    def _context(self, one: Section) -> dict[str, object]:
        words = self.words[one.language]
        return {
            "brand": self.brand,
            "look": self.brand.light,
            "campaign": self.campaign,
            "addresses": self.addresses,
            "section": one,
            "language": one.language,
            "gettext": words.gettext,
            "ngettext": words.ngettext,
            "counted": counted,
        }


def tidy(text: str) -> str:
    """Return *text* with no more than one empty line in a row: parts that a mail lacks leave theirs behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def counted(words: str) -> tuple[int, int]:
    """Return how many of how many dots are filled, from words such as "6 of 10".

    More than `MOST_DOTS` are drawn to scale: one at least once anything is done, all of them only when everything is.
    """
    done, goal = [int(number) for number in re.findall(r"\d+", words)][:2] or (0, 0)
    if goal <= MOST_DOTS or done >= goal:
        return min(done, goal, MOST_DOTS), min(goal, MOST_DOTS)
    return max(done * MOST_DOTS // goal, min(done, 1)), MOST_DOTS

"""Compiles the house's own letters: one language, one thing to do, no link that is counted and no picture.

They carry no List-Unsubscribe: they belong to no list, each was asked for by its reader and comes once.
"""

from dataclasses import dataclass

from babel import Locale
from babel.support import Translations
from jinja2.sandbox import SandboxedEnvironment

from outreach.compose import locales
from outreach.compose.brand import Brand
from outreach.compose.inline import inlined, written
from outreach.compose.links import Addresses
from outreach.compose.plain import wrapped
from outreach.model.letter import Letter
from outreach.model.mail import Address, Message

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
"""Asks the programs of the absent not to answer."""


@dataclass(frozen=True)
class Words:
    """What a letter says: *before* and *after* are the paragraphs around its button; *why* is how it came about."""

    subject: str
    before: tuple[str, ...]
    button: str
    url: str
    after: tuple[str, ...]
    fallback: str
    why: str


@dataclass(frozen=True)
class Frame:
    """What the frame and the head that letters share with all mails ask of a section."""

    language: str
    direction: str
    kicker: str
    headline: str
    imprint: str
    depth: int = 0


def compile_letter(
    templates: SandboxedEnvironment, brand: Brand, letter: Letter, language: str, public_url: str
) -> Message:
    """Return the letter in *language*, slots open."""
    speech = locales.translations(templates, language)
    addresses = Addresses(public_url)
    words = _WORDS[letter](speech, brand.logo_in(language), addresses, language)
    context = {
        "brand": brand,
        "look": brand.light,
        "addresses": addresses,
        "language": language,
        "subject": words.subject,
        "letter": words,
        "section": _frame(brand, words, language),
        "wrapped": wrapped,
        "gettext": speech.gettext,
        "ngettext": speech.ngettext,
    }
    return Message(
        variant=language,
        languages=(language,),
        sender=Address(brand.sender.email, brand.logo_in(language)),
        reply_to=brand.sender.reply_to,
        subject=words.subject,
        html=written(inlined(templates.get_template("mail/confirmation.html.jinja").render(context))),
        text=templates.get_template("mail/confirmation.txt.jinja").render(context).strip() + "\n",
        headers={**HEADERS, "Content-Language": language},
    )


def _frame(brand: Brand, words: Words, language: str) -> Frame:
    imprint = brand.sender.imprint
    return Frame(
        language=language,
        direction="rtl" if Locale.parse(language).text_direction == "rtl" else "ltr",
        kicker=brand.logo_in(language),
        headline=words.subject,
        imprint=imprint.get(language) or imprint[brand.house],
    )


def _confirm(words: Translations, house: str, addresses: Addresses, language: str) -> Words:
    return Words(
        subject=words.gettext("Please confirm your subscription"),
        before=(
            words.gettext("Somebody, most likely you, asked for mails from %(house)s at this address.")
            % {"house": house},
            words.gettext("Only when you confirm it, will we write to you. The page shows what you subscribe to."),
        ),
        button=words.gettext("See and confirm"),
        url=f"{addresses.confirm}?lang={language}",
        after=(
            words.gettext("The link works for 7 days."),
            words.gettext("It was not you? Then do nothing: you will hear no more from us about this."),
        ),
        fallback=_fallback(words),
        why=words.gettext("You receive this mail once, because this address was written in a form on our site."),
    )


def _preferences(words: Translations, house: str, addresses: Addresses, language: str) -> Words:
    return Words(
        subject=words.gettext("Your preferences"),
        before=(
            words.gettext("With this link you see and change which mails you get from %(house)s, and how often.")
            % {"house": house},
        ),
        button=words.gettext("My preferences"),
        url=f"{addresses.preferences}?lang={language}",
        after=(words.gettext("The link is yours alone: whoever has it can change your preferences."),),
        fallback=_fallback(words),
        why=_asked(words),
    )


def _rights(words: Translations, house: str, addresses: Addresses, language: str) -> Words:
    return Words(
        subject=words.gettext("Your data: a copy, or have everything forgotten"),
        before=(
            words.gettext("With this link you can get a copy of all that %(house)s holds about you, or have it erased.")
            % {"house": house},
        ),
        button=words.gettext("To my data"),
        url=f"{addresses.rights}?lang={language}",
        after=(
            words.gettext("The link works for 24 hours. Nothing is erased before you say so on the page."),
            words.gettext("It was not you? Then do nothing: nothing will change."),
        ),
        fallback=_fallback(words),
        why=_asked(words),
    )


def _fallback(words: Translations) -> str:
    return words.gettext("Does the button not work? Copy this address into your browser:")


def _asked(words: Translations) -> str:
    return words.gettext("You receive this mail because it was asked for on our site with this address.")


_WORDS = {Letter.CONFIRM: _confirm, Letter.PREFERENCES: _preferences, Letter.RIGHTS: _rights}

"""Which language variants a wave has, and which of them a recipient gets."""

from collections.abc import Collection

from outreach.model.campaign import Campaign, Edition, WaveDefinition
from outreach.model.people import AddressKind

PLUS = "+"
"""Joins the languages of a stacked variant, first one first."""


def languages_of(variant: str) -> tuple[str, ...]:
    """Return the languages of a variant in the order they stand in the mail."""
    return tuple(variant.split(PLUS))


def stacked(languages: tuple[str, ...], first: str) -> str:
    """Return the variant that holds all *languages*, *first* on top and the others in house order."""
    return PLUS.join((first, *(language for language in languages if language != first)))


def without_others(variant: str, languages: Collection[str]) -> str | None:
    """Return *variant* with those of its languages that are among *languages*; None where none is."""
    return PLUS.join(language for language in languages_of(variant) if language in languages) or None


def variants(campaign: Campaign, wave: WaveDefinition) -> tuple[str, ...]:
    """Return every variant that a recipient of *wave* could get, single languages before stacked ones."""
    every = tuple(stacked(campaign.languages, first) for first in campaign.languages)
    single = campaign.languages if wave.edition is Edition.PREFERENCE else ()
    return tuple(dict.fromkeys((*single, *every)))


def variant_for(languages: tuple[str, ...], edition: Edition, language: str | None, kind: AddressKind) -> str:
    """Return the variant for a recipient; *languages* are the campaign's, the house's own first.

    A person who has said a language that the campaign speaks gets that one. Role addresses (more than one pair of
    eyes) and people of whom no such language is known get all of them stacked, and so does everyone in a stacked
    edition: on top stands their own language where it is known, else the house's.
    """
    own = language if language in languages else None
    if edition is Edition.PREFERENCE and own and kind is AddressKind.PERSONAL:
        return own
    return stacked(languages, own or languages[0])

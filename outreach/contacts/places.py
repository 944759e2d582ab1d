"""Where organisations sit: official facts filled in for municipalities and for whoever names theirs, before storing.

For Dutch municipalities the official facts go before what a file says, also about the region: segments rely on it, and
the same organisation in two files must come out the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from outreach.contacts.values import CellRefused
from outreach.model.gazetteer import (
    MUNICIPALITY,
    YEAR,
    Municipality,
    PlaceUnclear,
    alike,
    laender,
    municipality,
    official_code,
    one_of,
    province_named,
    region_named,
    today,
)
from outreach.model.people import Organisation

AGS_DIGITS = 8
INVENTED = re.compile(r"GM9[0-9]{3}|99[0-9]{6}")
"""Codes that no office gives out: the municipalities of the demo and of tests; they stay as they are written."""

_DUTCH = re.compile(r"GM\s*[0-9]{1,4}", re.IGNORECASE)
_AGS = re.compile(r"[0-9]{7,8}")


@dataclass(frozen=True, slots=True)
class Resolution:
    """An organisation with its official facts; *notes* say what was changed on the way, for people."""

    organisation: Organisation
    notes: tuple[str, ...] = ()


def resolution(organisation: Organisation) -> Resolution:
    """Return *organisation* with its official facts; `CellRefused` says what is wrong and what would work.

    Cheap for organisations that were asked about before.
    """
    if not (organisation.kind == MUNICIPALITY or _says_where(organisation)):
        return Resolution(organisation)
    outcome = _outcome(organisation)
    if isinstance(outcome, str):
        raise CellRefused(outcome)
    return outcome


def _says_where(said: Organisation) -> bool:
    return bool(said.code or said.municipality or said.region or said.province)


@lru_cache(maxsize=16384)
def _outcome(organisation: Organisation) -> Resolution | str:
    """The resolution, or the text of what is wrong: a cache keeps no exceptions."""
    try:
        return _resolution(organisation)
    except (CellRefused, PlaceUnclear) as fault:
        return str(fault)


def _resolution(said: Organisation) -> Resolution:
    if INVENTED.fullmatch(said.code) or INVENTED.fullmatch(said.municipality):
        return Resolution(said)
    if _DUTCH.fullmatch(said.code) or _fits_its_number(said):
        return _dutch_by_code(said, said.code)
    if said.country == "DE" or (not said.country and _AGS.fullmatch(_own(said) or said.municipality)):
        return _german(said)
    if said.country not in ("", "NL"):
        return Resolution(said)
    if said.kind == MUNICIPALITY:
        return _dutch_by_code(said, _own(said)) if _own(said) else _dutch_by_name(said)
    return _within(said)


def _own(said: Organisation) -> str:
    """What a municipality gives as its code; other organisations' codes are of another kind."""
    return (said.code or said.municipality) if said.kind == MUNICIPALITY else ""


def _fits_its_number(said: Organisation) -> bool:
    """Whether somebody of no kind has a bare CBS code (`363`) and the name that goes with it, or none."""
    if said.kind or said.country not in ("", "NL"):
        return False
    found = today(official_code(said.code))
    return bool(found) and (not said.name or _named(said) in found)


def _named(said: Organisation) -> Municipality | None:
    """The municipality that the name alone stands for; None where it is none's, or several have it."""
    try:
        return municipality(said.name)
    except PlaceUnclear:
        return None


def _dutch_by_code(said: Organisation, written: str) -> Resolution:
    found = _found(written)
    if said.kind not in ("", MUNICIPALITY):
        raise CellRefused(
            f"{written!r} is the municipality {found}, but the kind is {said.kind!r}; "
            "for an organisation that sits there, write it in the column municipality"
        )
    if said.country not in ("", "NL"):
        raise CellRefused(f"{written!r} is {found} in the Netherlands, but the country is {said.country}")
    if _named(said) not in (None, found):
        raise CellRefused(f"{written!r} is {found}, but the name says {_named(said)}; correct one of them")
    return _official(said, found)


def _dutch_by_name(said: Organisation) -> Resolution:
    if _may_be_abroad(said, said.name):
        return Resolution(said)
    return _official(said, _found(said.name))


def _may_be_abroad(said: Organisation, name: str) -> bool:
    """Whether nobody said that a place is Dutch, and no Dutch name is like it: the file holds no country for it."""
    return not said.country and not official_code(name) and municipality(name) is None and not alike(name)


def _found(written: str) -> Municipality:
    found = municipality(written)
    if found:
        return found
    near = alike(written)
    hint = f"did you mean {one_of(near)}?" if near else "write its name, or GM with the four digits of CBS."
    raise CellRefused(
        f"no Dutch municipality of {YEAR} or since 2004 has the name or code {written!r}; {hint} "
        "For one elsewhere, write the country"
    )


def _official(said: Organisation, found: Municipality) -> Resolution:
    filled = replace(
        said,
        name=found.name,
        kind=MUNICIPALITY,
        code=found.code,
        municipality=found.code,
        region=found.region,
        province=found.province,
        country=found.country,
    )
    return Resolution(filled, tuple(_notes(said, said.code or said.municipality or said.name, found)))


def _within(said: Organisation) -> Resolution:
    if not said.municipality or _may_be_abroad(said, said.municipality):
        return Resolution(_in_todays_words(said))
    found = _found(said.municipality)
    filled = replace(
        said,
        municipality=found.code,
        region=found.region,
        province=found.province,
        country=found.country,
    )
    return Resolution(filled, tuple(_notes(said, said.municipality, found)))


def _in_todays_words(said: Organisation) -> Organisation:
    """Region and province by the names they have today; other words, and two regions in one, stay as they are."""
    named = region_named(said.region)
    return replace(
        said,
        region=named[0] if len(named) == 1 else said.region,
        province=province_named(said.province) or said.province,
    )


def _notes(said: Organisation, written: str, found: Municipality) -> Iterator[str]:
    if not found.is_written(written):
        yield f"{written!r} was read as {found}"
    if said.region and found.region not in region_named(said.region):
        yield f"{found} is in the region {found.region}, not in {said.region!r}"


def _german(said: Organisation) -> Resolution:
    """The Land by the first two digits of the AGS; the rest is the user's, who brings the municipalities."""
    own = said.kind == MUNICIPALITY or (not said.kind and _land(said.code) is not None)
    written = (said.code or said.municipality) if own else said.municipality
    if not written or (not own and not written.isdecimal()):
        return Resolution(said)
    ags = f"0{written}" if len(written) == AGS_DIGITS - 1 else written
    land = _land(ags)
    if land is None:
        raise CellRefused(
            f"code {written!r} is no AGS; an AGS has {AGS_DIGITS} digits and begins with 01 ({laender()['01']}) "
            f"to 16 ({laender()['16']}), such as 05382060"
        )
    filled = replace(said, municipality=ags, province=land, country="DE")
    notes = (f"{written!r} was read as {ags}: Excel takes the first 0 of an AGS away",) if ags != written else ()
    return Resolution(replace(filled, kind=MUNICIPALITY, code=ags) if own else filled, notes)


def _land(ags: str) -> str | None:
    return laender().get(ags[:2]) if _AGS.fullmatch(ags) and len(ags) == AGS_DIGITS else None

"""Whether what was filled in can be taken; pure, and all faults at once, in the reader's language."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from outreach.model.campaign import Call, Field, FieldKind

TICKED = "yes"
"""What a ticked box is kept as."""

PHRASES = ("required", "tick", "choose", "too_long", "line_break", "email", "not_a_choice")
"""The phrases that a language must have; `too_long` takes `{limit}` and `{length}`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Values as they would be kept, also the faulty ones, and the faults by field, in order of the form."""

    values: Mapping[str, str]
    errors: Mapping[str, tuple[str, ...]]

    @property
    def good(self) -> bool:
        """Nothing is wrong."""
        return not self.errors


def check(call: Call, posted: Mapping[str, str], phrases: Mapping[str, str]) -> Checked:
    """Return the answers to *call* in *posted*; what the form does not ask for is left out."""
    values = {field.name: _cleaned(field, posted.get(field.name, "")) for field in call.fields}
    faults = {field.name: tuple(_faults(field, values[field.name], phrases)) for field in call.fields}
    return Checked(values, {name: found for name, found in faults.items() if found})


def email_in(call: Call, values: Mapping[str, str]) -> str | None:
    """Return the normalised address in the first field that asks for one, if it was given."""
    for field in call.fields:
        if field.kind is FieldKind.EMAIL and values[field.name]:
            return validate_email(values[field.name], check_deliverability=False).normalized
    return None


def fold_of(call: Call, values: Mapping[str, str]) -> str | None:
    """Return what makes equal answers count as one: the value whatever its case, blanks and composition."""
    if call.fold_by is None:
        return None
    return " ".join(unicodedata.normalize("NFKC", values[call.fold_by]).casefold().split()) or None


def _cleaned(field: Field, value: str) -> str:
    # line ends as \n; no other control characters and no lone surrogates, which databases refuse
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = "".join(c for c in value if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if field.kind is FieldKind.CHECK:
        return TICKED if value else ""
    return value


def _faults(field: Field, value: str, phrases: Mapping[str, str]) -> list[str]:
    if not value:
        return [phrases[_MISSING.get(field.kind, "required")]] if field.required else []
    faults = []
    if len(value) > field.limit:
        faults.append(phrases["too_long"].format(limit=field.limit, length=len(value)))
    if field.kind is not FieldKind.TEXT and "\n" in value:
        faults.append(phrases["line_break"])
    rule = _RULES.get(field.kind)
    if rule and not faults and (broken := rule(field, value)):
        faults.append(phrases[broken])
    return faults


def _email(_field: Field, value: str) -> str | None:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return "email"
    return None


def _choice(field: Field, value: str) -> str | None:
    return None if value in field.choices else "not_a_choice"


_MISSING = {FieldKind.CHECK: "tick", FieldKind.CHOICE: "choose"}

_RULES: Mapping[FieldKind, Callable[[Field, str], str | None]] = {
    FieldKind.EMAIL: _email,
    FieldKind.CHOICE: _choice,
}

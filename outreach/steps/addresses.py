"""Addresses as people write them: in the one way they are stored, or refused in words."""

from collections.abc import Mapping
from dataclasses import replace

from outreach.calls.form import Checked
from outreach.contacts.values import CellRefused, address
from outreach.errors import DefinitionError


def normalised(email: str, field: str = "") -> str:
    """Return an address in the one way it is stored; the error names the *field* it stood in, if there is one."""
    try:
        return address(email)
    except CellRefused as fault:
        raise DefinitionError(f"{field}: {fault}" if field else str(fault)) from fault


def reachable(checked: Checked, phrases: Mapping[str, str]) -> Checked:
    """Return the answers of a form, with the fault of an `email` that looks like an address and can be none."""
    if "email" in checked.errors:
        return checked
    try:
        address(checked.values["email"])
    except CellRefused:
        return replace(checked, errors={**checked.errors, "email": (phrases["email"],)})
    return checked

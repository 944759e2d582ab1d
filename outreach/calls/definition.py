"""A call as JSON, the way it is kept beside its campaign."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from outreach.model.campaign import Call, Field, FieldKind


def to_json(call: Call) -> dict[str, Any]:
    """Return *call* as JSON can carry it."""
    return {
        "slug": call.slug,
        "title": dict(call.title),
        "intro": dict(call.intro),
        "button": dict(call.button),
        "thanks": dict(call.thanks),
        "fields": [_field_to_json(field) for field in call.fields],
        "goal": call.goal,
        "fold_by": call.fold_by,
        "closes": call.closes and call.closes.isoformat(),
        "capacity": call.capacity,
    }


def from_json(data: Mapping[str, Any]) -> Call:
    """Return the call that `to_json` wrote down."""
    closes = data["closes"]
    return Call(
        slug=data["slug"],
        title=data["title"],
        intro=data["intro"],
        button=data["button"],
        thanks=data["thanks"],
        fields=tuple(_field_from_json(field) for field in data["fields"]),
        goal=data["goal"],
        fold_by=data["fold_by"],
        closes=closes and datetime.fromisoformat(closes),
        capacity=data.get("capacity"),  # calls that were registered before there were places have none
    )


def _field_to_json(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind.value,
        "label": dict(field.label),
        "required": field.required,
        "help": dict(field.help),
        # a list, since JSONB does not keep the order of an object
        "choices": [[value, dict(words)] for value, words in field.choices.items()],
        "limit": field.limit,
    }


def _field_from_json(data: Mapping[str, Any]) -> Field:
    return Field(
        name=data["name"],
        kind=FieldKind(data["kind"]),
        label=data["label"],
        required=data["required"],
        help=data["help"],
        choices=dict(data["choices"]),
        limit=data["limit"],
    )

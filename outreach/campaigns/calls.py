"""Calls to action, as `campaign.toml` describes them."""

from zoneinfo import ZoneInfo

from outreach.campaigns.table import Table
from outreach.model.campaign import Call, Field, FieldKind, Words


def read_call(slug: str, table: Table, languages: tuple[str, ...], zone: ZoneInfo) -> Call:
    """Return a call; what is wrong with it is written down with the table."""
    fields = tuple(_field(entry, languages) for entry in table.tables("fields"))
    names = [one.name for one in fields]
    if not fields:
        table.problem("fields", "there is none; write at least one [[…fields]]")
    if len(set(names)) < len(names):
        table.problem("fields", f"a name stands twice: {', '.join(names)}; give each field its own")
    fold_by = table.text("fold_by", "") or None
    if fold_by and fold_by not in names:
        table.problem("fold_by", f"no field {fold_by!r}; fields: {', '.join(names)}")
    call = Call(
        slug=slug,
        title=table.words("title", languages),
        intro=table.words("intro", languages),
        button=table.words("button", languages),
        thanks=table.words("thanks", languages),
        fields=fields,
        goal=table.number("goal", least=1),
        fold_by=fold_by,
        closes=table.moment("closes", zone),
        capacity=table.number("capacity", least=1),
    )
    table.finish()
    return call


def _field(table: Table, languages: tuple[str, ...]) -> Field:
    kind = table.one_of("kind", FieldKind)
    choices = {key: entry_words for key, entry_words in _choices(table, languages).items() if entry_words}
    if (kind is FieldKind.CHOICE) != bool(choices):
        table.problem("choices", "belong to fields of kind 'choice', and every such field has some")
    one = Field(
        name=table.name("name"),
        kind=kind,
        label=table.words("label", languages),
        required=table.flag("required", default=True),
        help=table.words("help", languages, required=False),
        choices=choices,
        limit=table.number("limit", 500, least=1) or 500,
    )
    table.finish()
    return one


def _choices(table: Table, languages: tuple[str, ...]) -> dict[str, Words]:
    listed = table.table("choices")
    return {key: listed.words(key, languages) for key in listed.values}

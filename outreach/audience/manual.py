"""The manual of segments, made from the predicates' docstrings: `python -m outreach.audience.manual`."""

from outreach.audience.predicates import PREDICATES, Predicate
from outreach.settings import ROOT

HEAD = """\
# Audiences

Made from the code by `python -m outreach.audience.manual`; change it there.

An audience is a file `<name>.toml` in this folder. Whatever it says, suppressed addresses and people without a consent
in force for the mail's topic are left out. See who is in it: `outreach audience count <name>`.

```toml
title = { nl = "Gemeenten, één mail per gemeente", de = "Kommunen, eine Mail je Kommune" }
all = [{ group = "municipality" }, { any = [{ country = "NL" }, { region_in = ["Eifelgau"] }] }]
none = [{ submitted = "nominate" }]
one_per = "organisation"
```

| key | meaning |
|---|---|
| `title` | for people; one text, or one per language |
| `all` | every rule in the list holds; `all = []` is everybody |
| `any` | at least one of them holds |
| `none` | none of them holds |
| `one_per` | `"organisation"`: one address of each: a person known by name, then a role address, then the oldest |

A rule is one predicate with its argument, or again `{ all = [...] }`, `{ any = [...] }` or `{ none = [...] }`.

| predicate | the person … |
|---|---|
"""


def manual() -> str:
    """Return the text of `audiences/README.md`."""
    return HEAD + "".join(_row(each) for _, each in sorted(PREDICATES.items()))


def _row(predicate: Predicate) -> str:
    argument = '"…"' if predicate.takes is str else '["…", "…"]'
    text = " ".join(predicate.manual.split())
    return f"| `{predicate.name} = {argument}` | {text[0].lower()}{text[1:]} |\n"


if __name__ == "__main__":
    (ROOT / "audiences" / "README.md").write_text(manual(), encoding="utf-8")

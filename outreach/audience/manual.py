"""The manual of segments, made from the predicates' docstrings: `python -m outreach.audience.manual`."""

from outreach.audience.predicates import PREDICATES, Predicate, shown
from outreach.settings import ROOT

HEAD = """\
# Audiences

Made from the code by `python -m outreach.audience.manual`; change it there.

An audience is a file `<name>.toml` in this folder. Whatever it says, three kinds of people are left out: suppressed
addresses, people without a consent in force for the mail's topic, and people who asked for mail at most weekly or
monthly and were written to more lately than that.

- `outreach audience count <name>`: how many would get a mail now, and who is left out and why.
- `outreach audience sample <name>`: a handful of them, and why they are in it.
- `outreach audience explain <name>`: the rules, with how many people each of them holds for.
- `outreach explain <address> <campaign/wave>`: why one person gets a mail, or does not.

```toml
title = { nl = "Gemeenten, één mail per gemeente", de = "Kommunen, eine Mail je Kommune" }
all = [{ group = "municipality" }, { any = [{ country = "NL" }, { region_in = ["Eifelgau"] }] }]
none = [{ submitted = "nominate" }, { written_to_within = 7 }]
one_per = "organisation"
prefer = ["named", "role"]
at_most = 500
```

| key | meaning |
|---|---|
| `title` | for people; one text, or one per language |
| `all` | every rule in the list holds; `all = []` is everybody |
| `any` | at least one of them holds |
| `none` | none of them holds |
| `one_per` | `"organisation"`: one address of each; who belongs to no organisation stands alone |
| `at_most_per_organisation` | so many addresses of each organisation, instead of one |
| `prefer` | which address of an organisation comes first, without it `["named", "role"]`; among equals, the oldest |
| `at_most` | so many people in all: those who came into the files first |

Each audience counts by itself: a wave with two audiences of `one_per` can write to one organisation twice, to one
address by each of them (never to one address twice). Where that must not be, make one audience of the two: both rules
under `any`, and `one_per` once.

`prefer` knows `named` (a person known by name), `role` (info@, gemeente@) and `unnamed` (a person whose name is not
known); addresses of another kind come last.

A rule is one predicate with its argument, or again `{ all = [...] }`, `{ any = [...] }` or `{ none = [...] }`. The
argument is a text or a list of texts; a list means one of them, and with words that begin with `not_` none of them.
Days are days of the calendar and begin at midnight UTC: `1` is today, `7` is today and the six days before.

What a rule names (a group, a wave, a call …) must exist: counting and planning say what there is where it does not.
Opens and clicks are kept only of people who allow it; of others nothing is known.

| predicate | the person … |
|---|---|
"""


def manual() -> str:
    """Return the text of `audiences/README.md`."""
    return HEAD + "".join(_row(each) for _, each in sorted(PREDICATES.items()))


def _row(predicate: Predicate) -> str:
    text = predicate.manual
    return f"| `{predicate.name} = {shown(predicate.example)}` | {text[0].lower()}{text[1:]} |\n"


if __name__ == "__main__":
    (ROOT / "audiences" / "README.md").write_text(manual(), encoding="utf-8")

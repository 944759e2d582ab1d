"""What a segment can ask about a person. One function each; its docstring is its manual (`audiences/README.md`).

Every predicate is true or false for every contact, never unknown: `none` of something unknown would be nobody. A list
means one of its members, except for words with `not_`, which deny all of them.
"""

from outreach.audience.predicates import calls, consent, organisations, people, waves
from outreach.audience.predicates.vocabulary import (
    PREDICATES,
    Clause,
    Named,
    Predicate,
    check,
    clause,
    found,
    in_words,
    names_in,
    shown,
    texts,
)

__all__ = [
    "PREDICATES",
    "Clause",
    "Named",
    "Predicate",
    "calls",
    "check",
    "clause",
    "consent",
    "found",
    "in_words",
    "names_in",
    "organisations",
    "people",
    "shown",
    "texts",
    "waves",
]

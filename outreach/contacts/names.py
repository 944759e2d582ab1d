"""A whole name, as many lists have it in one column, into first and last name."""

import re

INFIXES = frozenset(
    ["'s", "'t", "’s", "’t", "d'", "d’", "v.", "v/d", "v.d.", *re.findall(
        r"\w+",
        """
        aan am an auf bij da dal de del della den der des di dos du het im in la le los met of onder op over te ten
        ter tot uit und v van vd vom von voor zu zum zur
        """,
    )]
)  # fmt: skip
"""Words between first and last name, in the Netherlands, Belgium and Germany; those from the south that live here."""

TITLES = frozenset(
    re.findall(
        r"\w+",
        """
        bc dhr dipl dr drs frau fr hr heer herr ing ir mag mevr mevrouw mr mrs ms msc mw phd prof professor
        """,
    )
)
"""Left off before a name: a mail greets people by their first name."""


def split(name: str) -> tuple[str, str]:
    """Return first and last name: `Zoë van der Rietkraag` and `Rietkraag, Zoë van der` are the same person.

    One word alone is a first name; of more words the last one is the family name, unless an infix begins it earlier.
    """
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma and first:
        words = _without_titles(first.split())
        infixes = len(words)
        while infixes > 1 and words[infixes - 1].casefold() in INFIXES:
            infixes -= 1
        return " ".join(words[:infixes]), " ".join((*words[infixes:], last))
    words = _without_titles(last.split())
    if len(words) < 2:  # noqa: PLR2004
        return " ".join(words), ""
    begins = next((at for at in range(1, len(words) - 1) if words[at].casefold() in INFIXES), len(words) - 1)
    return " ".join(words[:begins]), " ".join(words[begins:])


def _without_titles(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0].casefold().rstrip(".") in TITLES:
        words = words[1:]
    return words

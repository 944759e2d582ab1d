"""A mail as one program shows it: bright or dark, with its style sheet or without, and as a line in an inbox."""

import re
from dataclasses import dataclass

from outreach.compose.inline import parsed
from outreach.compose.outside import summary

DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
SCHEMES = re.compile(r"(color-schemes?\s*:\s*)light dark", re.IGNORECASE)
STYLE = re.compile(r"<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
META = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")light dark(")', re.IGNORECASE)
HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
FILLER = re.compile(
    "[\N{COMBINING GRAPHEME JOINER}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH SPACE}\N{NO-BREAK SPACE}]{3,}"
)

ALWAYS, NEVER = "(min-width: 0)", "(max-width: 0)"
SNIPPET = 110
"""Characters that an inbox shows beside the subject."""


@dataclass(frozen=True, slots=True)
class Program:
    """What reads the mail. GMX and WEB.DE drop every `<style>`, so there the inlined styles are all there is."""

    dark: bool = False
    styled: bool = True


def as_shown(html: str, program: Program) -> str:
    """Return the mail as *program* shows it, whatever the browser of the page itself is set to.

    A frame cannot be told to be dark. So what a dark program looks for is made true, and else false: the feature
    `(prefers-color-scheme: dark)` becomes a width that every screen has, or none; what stands beside it in the media
    query stays. The mail's `color-scheme` is narrowed to the one that is meant, for the canvas and form controls.
    """
    if not program.styled:
        html = STYLE.sub("", html)
    scheme = "dark" if program.dark else "light"
    html = DARK.sub(ALWAYS if program.dark else NEVER, html)
    html = SCHEMES.sub(rf"\g<1>{scheme}", html)
    html = META.sub(rf"\g<1>{scheme}\g<2>", html)
    return HEAD.sub(lambda head: f'{head.group()}<base target="_blank">', html, count=1)


def snippet(html: str) -> str:
    """Return what an inbox shows beside the subject: the mail's first words, up to the filler that keeps others out."""
    body = parsed(html).find("body")
    words = "".join(body.itertext()) if body is not None else ""
    return summary(FILLER.split(words, maxsplit=1)[0], SNIPPET)

"""Text from outside (feeds, calendars) on its way into a mail.

Jinja escapes it for HTML. What escaping does not stop is stopped here: marks that would be taken for one of our slots
or for a provider's variable, and control characters that turn the reading direction of what follows.
"""

import re

_MARKS = re.compile(r"@(?=@)|\{(?=[{%#])|[%#}](?=\})|\[(?=\[)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TURNING = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_JOINER = "\u2060"  # takes no room and breaks no word

SUMMARY = 220
"""Characters of a news item that a mail shows; the rest is a click away."""


def harmless(text: str) -> str:
    """Return *text* on one line, with every mark that a merge could take for its own broken up, unseen."""
    shown = _TURNING.sub("", _CONTROLS.sub(" ", text))
    return _MARKS.sub(lambda mark: mark[0] + _JOINER, " ".join(shown.split()))


def summary(text: str, limit: int = SUMMARY) -> str:
    """Return the beginning of *text*, cut between words."""
    clean = harmless(text)
    if len(clean) <= limit:
        return clean
    return clean[:limit].rsplit(" ", 1)[0].rstrip(" .,;:–-") + " …"


def web_address(link: str) -> str:
    """Return *link* where it may be followed from a mail: http or https, without blanks; else nothing."""
    trimmed = _CONTROLS.sub("", _TURNING.sub("", link)).strip()
    if not re.fullmatch(r"https?://[^\s/?#]\S*", trimmed, re.IGNORECASE):
        return ""
    return trimmed.replace("@@", "%40%40").replace("{", "%7B").replace("}", "%7D").replace("[[", "[%5B")


def picture_address(link: str) -> str:
    """Return *link* where a picture may be shown from it: https alone, since nothing else is shown online."""
    address = web_address(link)
    return address if address.lower().startswith("https://") else ""

"""An issue of a newsletter, as it is put before a person: what is in it for whom, and what can be chosen."""

from collections.abc import Mapping

from outreach.dashboard.markdown import bullets, document, escape
from outreach.dashboard.words import audience, language, moment, number
from outreach.model.newsletter import Draft, Item, Part

LABEL = 90
"""Characters of a title in a list to choose from."""


def issue_markdown(draft: Draft) -> str:
    """Return what stands in an issue, by audience and language, with what went wrong at the last question."""
    problem = f"> **⚠ The last change could not be made.** {escape(draft.problem)}" if draft.problem else ""
    return document([problem, "### What is in it", *(_part(part) for part in draft.parts)]).rstrip()


def labels(draft: Draft) -> Mapping[str, str]:
    """Return the keys of the items that can be chosen, by what they are called in the form; no two alike."""
    found: dict[str, str] = {}
    for code, item in draft.offered:
        label, times = _label(code, item), 2
        while label in found:
            label, times = f"{_label(code, item)} ({times})", times + 1
        found[label] = item.key
    return found


def nothing_new_markdown(newsletter: str, since: str) -> str:
    """Return what stands in the artifact where there was no mail to write."""
    return document(
        ["# Nothing new", f"**{escape(newsletter)}**: nothing new {escape(since)}, so no mail was planned."]
    )


def _part(part: Part) -> str:
    readers = ", ".join(escape(audience(name)) for name in part.audiences)
    heading = f"**{readers} · {escape(language(part.language))}**"
    if not part.new:
        left = " beside what is left out" if part.left_out else ""
        said = f"{heading}: nothing new{left}; nobody is written to in this language."
        return document([said, _left_out(part)]).rstrip()
    more = f"*This issue is full; waiting for the next one: {number(part.more)}.*" if part.more else ""
    return document([heading, bullets(_named(item) for item in part.items), _left_out(part), more]).rstrip()


def _left_out(part: Part) -> str:
    return f"Left out: {'; '.join(_named(item) for item in part.left_out)}." if part.left_out else ""


def _named(item: Item) -> str:
    return escape(item.title) + (f" ({escape(moment(item.starts))})" if item.starts else "")


def _label(code: str, item: Item) -> str:
    title = "".join(char if char.isprintable() else " " for char in item.title)
    short = title if len(title) <= LABEL else title[: LABEL - 1].rstrip() + "…"
    return f"{code}: {short}" + (f" ({moment(item.starts)})" if item.starts else "")

"""What an approver reads before a wave goes: who gets it, who does not, what it says, what speaks against it."""

from collections.abc import Mapping

from outreach.dashboard.issues import issue_markdown
from outreach.dashboard.markdown import bullets, document, escape, link, table
from outreach.dashboard.tried import question
from outreach.dashboard.words import audience, message, number, reason, variant
from outreach.model.delivery import Plan
from outreach.model.newsletter import Draft
from outreach.model.preflight import Level
from outreach.model.trial import Trying

MOST_TEXT = 8000
"""Characters of plain text shown of a variant; the whole question stays far below Prefect's 100 KB."""

MOST_TEXTS = 48_000
"""Characters shown of all of them together: two versions have twice as many."""


def approval_markdown(
    plan: Plan,
    title: str,
    texts: Mapping[str, str],
    issue: Draft | None = None,
    report: str = "",
    *,
    trying: Trying | None = None,
) -> str:
    """Return the question put to the approver; *texts* is the plain text of every message as an onlooker sees it.

    With an *issue* of a newsletter, what is in it for whom is told as well. *report* is where the preflight's stands.
    With *trying*, what goes first, and when the rest follows.
    """
    most = min(MOST_TEXT, MOST_TEXTS // max(1, len(texts)))
    return document(
        [
            f"## Send “{escape(title)}” to {number(plan.recipients)} people?",
            _findings(plan),
            link("The whole preflight: pictures, links, sizes", report) if report else "",
            _who(plan),
            _out(plan),
            f"**What goes first.** {escape(question(trying))}" if trying else "",
            issue_markdown(issue) if issue else "",
            "### The mails",
            *(_mail(name, plan.subjects[name], text, most) for name, text in texts.items()),
            "Nothing goes out until somebody chooses **approve** and writes their name. Without a name, and where the "
            "mails or the audience change before that, the question is asked again.",
        ]
    )


def _findings(plan: Plan) -> str:
    stops = [finding for finding in plan.findings if finding.level is Level.STOP]
    warnings = [finding for finding in plan.findings if finding.level is Level.WARNING]
    parts = []
    if stops:
        parts.append("**It cannot be sent yet:**\n\n" + bullets(f"{escape(f.where)}: {escape(f.what)}" for f in stops))
    if warnings:
        parts.append("**Worth a look:**\n\n" + bullets(f"{escape(f.where)}: {escape(f.what)}" for f in warnings))
    return "\n\n".join(parts) or "The preflight found nothing wrong."


def _who(plan: Plan) -> str:
    rows = [
        (escape(audience(name)), escape(variant(language)), number(size))
        for (name, language), size in plan.cells.items()
    ]
    return table((("Audience", "left"), ("Language", "left"), ("Recipients", "right")), rows) if rows else ""


def _out(plan: Plan) -> str:
    if not plan.out:
        return ""
    return "Left out: " + "; ".join(f"{number(n)} ({escape(reason(why))})" for why, n in plan.out.items()) + "."


def _mail(name: str, subject: str, text: str, most: int) -> str:
    cut = text[:most] + ("\n…" if len(text) > most else "")
    lines = "  \n".join(escape(line) or "&nbsp;" for line in cut.splitlines())
    heading = f"**{escape(message(name))}: {escape(subject)}**"
    return f"{heading}\n\n<details><summary>read it</summary>\n\n{lines}\n\n</details>"

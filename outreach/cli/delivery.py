"""`outreach delivery show ID`: one mail, as it went out."""

import sys
from enum import StrEnum

from cyclopts import App

from outreach.cli.terminal import say
from outreach.services import open_services
from outreach.steps import shown
from outreach.steps.shown import Shown

app = App(name="delivery", help="Look at single mails of the ledger.")


class Part(StrEnum):
    """What of a mail is printed."""

    ALL = "all"
    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"


@app.command
def show(reference: str, *, part: Part = Part.ALL) -> None:
    """Render a mail again to the byte, and say whether it is proved to be what went out.

    Parameters
    ----------
    reference
        Its number, or the id in its links (…/m/ID).
    part
        One part alone, byte for byte and nothing around it: html, text or headers.
    """
    with open_services() as services:
        found = shown.show(services, reference)
    match part:
        case Part.ALL:
            say([*_about(found), "", *_headers(found), "", found.mail.text])
        case Part.HEADERS:
            sys.stdout.write("\n".join(_headers(found)) + "\n")
        case Part.HTML | Part.TEXT:
            sys.stdout.flush()
            sys.stdout.buffer.write((found.mail.html if part is Part.HTML else found.mail.text).encode())


def _about(found: Shown) -> list[str]:
    sent = f"{found.provider}, {found.sent_at:%Y-%m-%d %H:%M:%S} UTC" if found.sent_at else "not sent"
    return [
        f"delivery {found.delivery_id}: {found.campaign}/{found.wave}, {found.status}",
        f"sent: {sent}",
        f"bytes: {found.proof}",
    ]


def _headers(found: Shown) -> list[str]:
    mail = found.mail
    return [
        f"From: {mail.sender.name} <{mail.sender.email}>",
        f"To: {mail.recipient}",
        f"Reply-To: {mail.reply_to}",
        f"Subject: {mail.subject}",
        *(f"{name}: {value}" for name, value in mail.headers.items()),
    ]

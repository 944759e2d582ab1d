"""Reads the kept messages: lists for inboxes, whole mails with their slots filled."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.demo.outbox.box import Box
from outreach.demo.outbox.call import Template
from outreach.model.mail import Address, Mail, Pieces

LISTED = (
    'SELECT m.number, m.id, m.rid, m.email, m."values", c.at, m.template FROM message m '
    "JOIN call c ON c.number = m.call"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One mail in a list."""

    number: int
    id: str
    rid: str
    to: str
    sender: Address
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole mail as its recipient has it, with the outbox's id and the time it was taken."""

    id: str
    at: datetime
    mail: Mail


@dataclass(frozen=True, slots=True)
class Search:
    """Which mails a page shows: newest first, below number *before* if given.

    *part* is a piece of an address, *email* a whole one, *subject* the subject of a wave with its slots open.
    """

    part: str = ""
    email: str = ""
    subject: str = ""
    before: int = 0


def newest(box: Box, search: Search, most: int) -> list[Line]:
    """Return the newest mails that fit *search*."""
    rules: list[tuple[str, object]] = []
    if search.part:
        rules.append(("m.email LIKE ? ESCAPE '\\'", f"%{_literally(search.part)}%"))
    if search.email:
        rules.append(("m.email = ? COLLATE NOCASE", search.email))
    if search.subject:
        rules.append(("m.template IN (SELECT number FROM template WHERE subject = ?)", search.subject))
    if search.before:
        rules.append(("m.number < ?", search.before))
    where = " AND ".join(rule for rule, _ in rules) or "TRUE"
    with box.reading() as db:
        rows = db.execute(
            f"{LISTED} WHERE {where} ORDER BY m.number DESC LIMIT ?",  # rules are ours, values are bound
            (*(value for _, value in rules), most),
        ).fetchall()
        return _lines(db, rows)


def after(box: Box, number: int, most: int) -> list[Line]:
    """Return mails in the order they were taken, from behind *number*."""
    with box.reading() as db:
        rows = db.execute(f"{LISTED} WHERE m.number > ? ORDER BY m.number LIMIT ?", (number, most)).fetchall()
        return _lines(db, rows)


def whole(box: Box, message_id: str) -> Kept | None:
    """Return the mail with its slots filled, None where there is none of that id."""
    with box.reading() as db:
        row = db.execute(f"{LISTED} WHERE m.id = ?", (message_id,)).fetchone()
        if row is None:
            return None
        _number, found, rid, email, values, at, template = row
        message = _template(db, template)
    return Kept(found, datetime.fromisoformat(at), _filled(message, rid, email, *json.loads(values)))


def subjects(box: Box, most: int = 100) -> list[str]:
    """Return the subjects of the newest waves, slots open."""
    with box.reading() as db:
        rows = db.execute(
            "SELECT subject FROM template GROUP BY subject ORDER BY max(number) DESC LIMIT ?", (most,)
        ).fetchall()
    return [subject for (subject,) in rows]


def _lines(db: sqlite3.Connection, rows: list[tuple[int, str, str, str, str, str, int]]) -> list[Line]:
    templates = {number: _template(db, number) for number in {row[-1] for row in rows}}
    subjects = {number: Pieces(template.subject) for number, template in templates.items()}
    return [
        Line(
            number=number,
            id=message_id,
            rid=rid,
            to=email,
            sender=_sender(templates[template]),
            subject=subjects[template].fill(json.loads(values)[0]),
            at=datetime.fromisoformat(at),
        )
        for number, message_id, rid, email, values, at, template in rows
    ]


def _template(db: sqlite3.Connection, number: int) -> Template:
    (content,) = db.execute("SELECT content FROM template WHERE number = ?", (number,)).fetchone()
    return Template.model_validate_json(content)


def _filled(message: Template, rid: str, email: str, values: Mapping[str, str], html_values: Mapping[str, str]) -> Mail:
    return Mail(
        rid=rid,
        recipient=email,
        sender=_sender(message),
        reply_to=message.reply_to,
        subject=Pieces(message.subject).fill(values),
        html=Pieces(message.html).fill(html_values),
        text=Pieces(message.text).fill(values),
        headers={name: Pieces(value).fill(values) for name, value in message.headers.items()},
    )


def _sender(message: Template) -> Address:
    return Address(message.sender.email, message.sender.name)


def _literally(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

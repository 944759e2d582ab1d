"""What the outbox keeps on disk: calls, messages and how far the webhooks have come. One SQLite file, one writer.

A template is stored once however many calls bring it; a message is its recipient's values, filled when it is read.
An answer is given after the commit, so whatever was answered survives a kill.
"""

import hashlib
import json
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from outreach.demo.outbox.call import Addressed, Call, CallRefused, Template, refusal

KEYS_LAST = timedelta(hours=24)

TABLES = """
CREATE TABLE IF NOT EXISTS template (
    number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL,
    answer BLOB NOT NULL, replays INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS call_key ON call (key);
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, call INTEGER NOT NULL REFERENCES call,
    template INTEGER NOT NULL REFERENCES template, rid TEXT NOT NULL, email TEXT NOT NULL, "values" TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_rid ON message (rid);
CREATE INDEX IF NOT EXISTS message_email ON message (email COLLATE NOCASE, number);
CREATE INDEX IF NOT EXISTS message_template ON message (template, number);
CREATE TABLE IF NOT EXISTS posted (
    one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, given_up INTEGER NOT NULL
);
INSERT OR IGNORE INTO posted VALUES (1, 0, 0);
"""


@dataclass(frozen=True, slots=True)
class Stats:
    """What `GET /v1/stats` says; *doubled* counts rids taken more than once."""

    messages: int
    calls: int
    replays: int
    doubled: int
    pending_webhooks: int
    given_up_webhooks: int


@dataclass(frozen=True, slots=True)
class Event:
    """A message whose fate is still to be reported."""

    number: int
    message_id: str
    rid: str
    email: str
    at: str


class Box:
    """The file under *folder*. Safe to use from many threads."""

    def __init__(self, folder: Path, *, idempotency: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "outbox.db"
        self._idempotency = idempotency
        self._lock = threading.Lock()
        self._writer = self._connect()
        self._writer.executescript(f"PRAGMA journal_mode = WAL; {TABLES}")

    def take(self, body: bytes, call: Call, key: str, at: datetime) -> bytes:
        """Keep *call* and return its answer; a key seen in the last 24 hours gets the answer it had."""
        digest = hashlib.sha256(body).hexdigest()
        with self._lock, self._writing() as db:
            answered = self._answered(db, key, digest, at)
            return answered if answered is not None else _keep(db, call, key, digest, at)

    def _answered(self, db: sqlite3.Connection, key: str, digest: str, at: datetime) -> bytes | None:
        if not (self._idempotency and key):
            return None
        row = db.execute(
            "SELECT number, digest, answer FROM call WHERE key = ? AND at > ? ORDER BY number DESC LIMIT 1",
            (key, (at - KEYS_LAST).isoformat()),
        ).fetchone()
        if row is None:
            return None
        number, known, answer = row
        if known != digest:
            raise CallRefused(409, "key_reused", "this Idempotency-Key was used for another body in the last 24 hours")
        db.execute("UPDATE call SET replays = replays + 1 WHERE number = ?", (number,))
        return zlib.decompress(answer)

    def unposted(self, most: int) -> list[Event]:
        """Return the oldest messages whose fate has not been reported."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT m.number, m.id, m.rid, m.email, c.at FROM message m JOIN call c ON c.number = m.call "
                "WHERE m.number > (SELECT number FROM posted) ORDER BY m.number LIMIT ?",
                (most,),
            ).fetchall()
        return [Event(*row) for row in rows]

    def posted(self, events: Sequence[Event], *, given_up: bool = False) -> None:
        """Remember that *events* are reported, or that nobody wanted them for too long."""
        with self._lock, self._writing() as db:
            db.execute(
                "UPDATE posted SET number = ?, given_up = given_up + ?", (events[-1].number, given_up * len(events))
            )

    def stats(self) -> Stats:
        """Count everything."""
        with self.reading() as db:
            row = db.execute(
                "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM call), "
                "(SELECT coalesce(sum(replays), 0) FROM call), "
                "(SELECT count(*) FROM (SELECT rid FROM message GROUP BY rid HAVING count(*) > 1)), "
                "(SELECT count(*) FROM message WHERE number > (SELECT number FROM posted)), "
                "(SELECT given_up FROM posted)"
            ).fetchone()
        return Stats(*row)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a connection of one's own, for the length of a question."""
        with closing(self._connect()) as db:
            yield db

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = FULL")
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")


def _keep(db: sqlite3.Connection, call: Call, key: str, digest: str, at: datetime) -> bytes:
    header_slots = call.message.slots_in_headers()
    begins = secrets.token_hex(6)
    reasons = [refusal(recipient, header_slots) for recipient in call.recipients]
    ids = ["" if why else f"{begins}{position:04x}" for position, why in enumerate(reasons)]
    answer = _answer(call, ids, reasons)
    number = db.execute(
        "INSERT INTO call (key, digest, at, answer) VALUES (?, ?, ?, ?)",
        (key, digest, at.isoformat(), zlib.compress(answer, 1)),
    ).lastrowid
    template = _template(db, call.message)
    db.executemany(
        'INSERT INTO message (id, call, template, rid, email, "values") VALUES (?, ?, ?, ?, ?, ?)',
        [
            (message_id, number, template, recipient.rid, recipient.to, _values(recipient))
            for message_id, recipient in zip(ids, call.recipients, strict=True)
            if message_id
        ],
    )
    return answer


def _template(db: sqlite3.Connection, message: Template) -> int:
    content = message.model_dump_json(by_alias=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    db.execute(
        "INSERT OR IGNORE INTO template (digest, subject, content) VALUES (?, ?, ?)", (digest, message.subject, content)
    )
    return int(db.execute("SELECT number FROM template WHERE digest = ?", (digest,)).fetchone()[0])


def _values(recipient: Addressed) -> str:
    return json.dumps([recipient.variables, recipient.html_variables], ensure_ascii=False, separators=(",", ":"))


def _answer(call: Call, ids: Sequence[str], reasons: Sequence[str]) -> bytes:
    results = [
        {
            "rid": recipient.rid,
            "id": message_id or None,
            "status": "refused" if why else "accepted",
            "error": why or None,
        }
        for recipient, message_id, why in zip(call.recipients, ids, reasons, strict=True)
    ]
    return json.dumps({"results": results}, separators=(",", ":")).encode()

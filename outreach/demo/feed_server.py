"""Serves the demo's feeds, as an association's web sites would: `python -m outreach.demo.feed_server --port 8411`."""

import argparse
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outreach import clock

FEEDS = Path(__file__).parent / "feeds"
ZONE = ZoneInfo("Europe/Amsterdam")

TYPES: Mapping[str, str] = {
    "nieuws.rss": "application/rss+xml; charset=utf-8",
    "nachrichten.atom": "application/atom+xml; charset=utf-8",
    "verhalen.json": "application/feed+json; charset=utf-8",
    "agenda.ics": "text/calendar; charset=utf-8",
    "termine.ics": "text/calendar; charset=utf-8",
    "kapot.xml": "application/rss+xml; charset=utf-8",
}
"""The documents by name; `kapot.xml` is broken on purpose."""


@dataclass(frozen=True, slots=True)
class Document:
    """A feed, rendered once."""

    body: bytes
    content_type: str
    changed: datetime

    @property
    def etag(self) -> str:
        """The entity tag: the same bytes, the same tag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'

    def is_known(self, request: Request) -> bool:
        """Return whether the asker has this already; a tag counts before a time."""
        if tags := request.headers.get("if-none-match"):
            return self.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
        return _time(request.headers.get("if-modified-since", "")) >= self.changed.timestamp()


def app(now: datetime) -> Starlette:
    """Return the server; the times in its feeds are counted from *now* and stay as they are."""
    documents = render(now)

    async def answer(request: Request) -> Response:
        document = documents.get(request.path_params["name"])
        if document is None:
            return Response(f"there is: {', '.join(documents)}\n", status_code=404, media_type="text/plain")
        headers = {
            "ETag": document.etag,
            "Last-Modified": format_datetime(document.changed, usegmt=True),
            "Cache-Control": "max-age=300",
        }
        if document.is_known(request):
            return Response(status_code=304, headers=headers)
        return Response(document.body, headers={**headers, "Content-Type": document.content_type})

    return Starlette(routes=[Route("/{name}", answer, methods=["GET"])])


def render(now: datetime) -> dict[str, Document]:
    """Return all documents as of *now*."""
    templates = Environment(
        loader=FileSystemLoader(FEEDS),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - fixed texts, and four languages of markup
        keep_trailing_newline=True,
    )
    templates.globals |= Times(now).named()
    changed = now.replace(microsecond=0) - timedelta(hours=2)
    found = {}
    for name, content_type in TYPES.items():
        text = templates.get_template(f"{name}.jinja").render()
        if name.endswith(".ics"):
            text = "".join(f"{line}\r\n" for line in text.splitlines() if line)
        found[name] = Document(text.encode(), content_type, changed)
    return found


@dataclass(frozen=True, slots=True)
class Times:
    """Times relative to the start, in the forms that the formats ask for."""

    now: datetime

    def named(self) -> dict[str, object]:
        """Return the functions that templates call."""
        return {"rfc822": self.rfc822, "iso": self.iso, "at": self.at, "day": self.day, "stamp": self.stamp}

    def rfc822(self, *, days: float, hours: float = 0) -> str:
        """Return a past time as RSS writes it."""
        return format_datetime(self._ago(days, hours))

    def iso(self, *, days: float, hours: float = 0) -> str:
        """Return a past time as Atom and JSON Feed write it."""
        return self._ago(days, hours).isoformat(timespec="seconds")

    def stamp(self) -> str:
        """Return the time of making a calendar, in UTC."""
        return self.now.strftime("%Y%m%dT%H%M%SZ")

    def at(self, days: int, hour: int, minute: int = 0) -> str:
        """Return a local time so many days ahead, never at a weekend."""
        return datetime.combine(self._working_day(days), time(hour, minute)).strftime("%Y%m%dT%H%M%S")

    def day(self, days: int) -> str:
        """Return a day so many days ahead, never at a weekend."""
        return self._working_day(days).strftime("%Y%m%d")

    def _ago(self, days: float, hours: float) -> datetime:
        return (self.now - timedelta(days=days, hours=hours)).replace(microsecond=0, second=0).astimezone(ZONE)

    def _working_day(self, days: int) -> datetime:
        found = self.now.astimezone(ZONE) + timedelta(days=days)
        saturday = 5
        return found + timedelta(days=7 - found.weekday()) if found.weekday() >= saturday else found


def _time(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return float("-inf")


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m outreach.demo.feed_server", description="The demo's feeds.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8411)
    options = parser.parse_args()
    print(f"feeds on http://{options.host}:{options.port}: {', '.join(TYPES)}", flush=True)
    uvicorn.run(app(clock.now()), host=options.host, port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

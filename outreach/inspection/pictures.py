"""Pictures of mails for whoever approves them: on a phone and on a desk, in light and dark."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from outreach.dialling.deadline import Deadline
from outreach.inspection.browser import Browser
from outreach.model.inspection import Picture

WIDTHS = (390, 640)
SCHEMES = ("light", "dark")
HIGHEST = 6000
"""Pixels; what is below is cut off."""

_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def taken(pages: Iterable[tuple[str, str]], address: str, program: str, seconds: float = 60.0) -> Iterator[Picture]:
    """Yield four pictures of every page, which has its message's name before it; `NotInspected` where they end early.

    Of the network, a page reaches pictures under *address* and nothing else.
    """
    deadline = Deadline(seconds)
    with Browser(program, deadline) as browser, tempfile.TemporaryDirectory(prefix="outreach-pages-") as folder:
        for number, (name, html) in enumerate(pages):
            file = Path(folder, f"{number}.html")
            file.write_text(_confined(html, address), encoding="utf-8", errors="replace")
            page = browser.page(file.as_uri())
            for width in WIDTHS:
                for scheme in SCHEMES:
                    yield Picture(name, width, scheme, page.picture(width, scheme, HIGHEST))


def _confined(html: str, address: str) -> str:
    """Return the page with a policy that holds before anything in it is read."""
    parts = urlsplit(address)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src {parts.scheme}://{parts.netloc} data:"
    meta = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    head = _HEAD.search(html)
    return html[: head.end()] + meta + html[head.end() :] if head else meta + html

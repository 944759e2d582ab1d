"""The picture that a source puts beside an item. A mail shows it to everybody, so it must be on the web, by https."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from outreach.feeds import words

ALT_LENGTH = 200
NOTHING = ("", "")

_SHOWN = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/gif", "image/webp")
"""What mail programs show; SVG is not among it."""
_ENDINGS = {".jpg", ".jpeg", ".png", ".gif", ".webp"}

Picture = tuple[str, str]
"""Its address and what it shows; both empty where there is none."""


def of_entry(entry: Mapping[str, Any]) -> Picture:
    """Return the picture of an RSS or Atom entry as feedparser gives it."""
    return _first(_in_entry(entry))


def of_json(item: Mapping[str, Any]) -> Picture:
    """Return the picture of an item of a JSON Feed."""
    return _first((item.get(name), "") for name in ("image", "banner_image"))


def of_event(event: Mapping[str, Any]) -> Picture:
    """Return the picture of an event in a calendar: `IMAGE` (RFC 7986), else an attachment that is one."""
    return _first(_in_event(event))


def of_columns(image: str, alt: str) -> Picture:
    """Return the picture that a row of a database names."""
    return _first([(image, alt)])


def _first(found: Iterable[tuple[object, object]]) -> Picture:
    for address, alt in found:
        usable = words.link(address.strip()) if isinstance(address, str) else ""
        if usable.lower().startswith("https://"):
            return usable, words.shortened(words.title(alt), ALT_LENGTH) if isinstance(alt, str) else ""
    return NOTHING


def _in_entry(entry: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    for link in _mappings(entry.get("links")):
        if link.get("rel") == "enclosure" and _is_shown(link.get("type"), link.get("href")):
            yield link.get("href"), link.get("title")
    for media in _mappings(entry.get("media_content")):
        if _is_shown(media.get("type") or media.get("medium"), media.get("url")):
            yield media.get("url"), ""
    for thumbnail in _mappings(entry.get("media_thumbnail")):
        yield thumbnail.get("url"), ""
    for cover in _mappings([entry.get("image")]):  # what feedparser makes of itunes:image
        yield cover.get("href"), ""


def _in_event(event: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    for name in ("IMAGE", "ATTACH"):
        found = event.get(name, [])
        for one in found if isinstance(found, list) else [found]:
            given = one.params.get("FMTTYPE") or ("image" if name == "IMAGE" else None)
            if isinstance(one, str) and _is_shown(given, str(one)):
                yield str(one), ""


def _mappings(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _is_shown(kind: object, address: object) -> bool:
    """Whether it is a picture by its type, and by its address where the type says too little."""
    named = str(kind or "").lower().partition(";")[0].strip()
    if named in {"", "image", "image/*"}:
        ending = PurePosixPath(_path(str(address or ""))).suffix
        return ending in _ENDINGS or (bool(named) and not ending)
    return named in _SHOWN


def _path(address: str) -> str:
    try:
        return urlsplit(address).path.lower()
    except ValueError:
        return ""

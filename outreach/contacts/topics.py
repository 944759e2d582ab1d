"""Reads `templates/topics.toml`: what people can subscribe to, and the sentences they agree to."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outreach.errors import DefinitionError
from outreach.model.people import Topic

FILE = "topics.toml"

KEYS = ("version", "title", "text")


def read_topics(templates: Path) -> dict[str, Topic]:
    """Return the topics by name, in the order of the file; whatever cannot work is refused with its field."""
    path = templates / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(f"{path}: cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path.name}: not valid TOML in UTF-8: {error}") from error
    return {name: _topic(f"{path.name}: {name}", name, found) for name, found in table.items()}


def _topic(where: str, name: str, found: Any) -> Topic:
    if not isinstance(found, Mapping) or set(found) != set(KEYS):
        raise DefinitionError(f"{where}: write the keys {', '.join(KEYS)}; found {_keys(found)}")
    if not isinstance(found["version"], str) or not found["version"]:
        raise DefinitionError(f'{where}: version: found {found["version"]!r}; write a text such as "2026-11"')
    titles, texts = _words(where, "title", found["title"]), _words(where, "text", found["text"])
    if set(titles) != set(texts):
        raise DefinitionError(
            f"{where}: title speaks {', '.join(titles)} and text {', '.join(texts)}; both need the same languages"
        )
    return Topic(name, titles, texts, found["version"])


def _words(where: str, key: str, found: Any) -> Mapping[str, str]:
    if isinstance(found, Mapping) and found and all(isinstance(each, str) and each for each in found.values()):
        return dict(found)
    raise DefinitionError(f'{where}: {key}: found {found!r}; write one text per language: {{ nl = "…", de = "…" }}')


def _keys(found: Any) -> str:
    return ", ".join(found) if isinstance(found, Mapping) else repr(found)

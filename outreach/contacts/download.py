"""Fetches a list of people from an address: https, public, bounded in size and time, straight to a file of our own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import httpx

from outreach import private_files
from outreach.dialling import packed
from outreach.dialling.addresses import Target
from outreach.dialling.deadline import Deadline
from outreach.dialling.hops import FOUND, Dialler
from outreach.errors import FeedBroken, FeedError, ImportRefused

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HEADERS = {
    "User-Agent": "outreach/0.1 (import)",
    "Accept": "text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Download:
    """How much of the world one download may take, and how it is dialled."""

    dialler: Dialler = field(default_factory=lambda: Dialler(secure=True))
    size: int = 200 * 2**20
    seconds: float = 300.0
    redirects: int = 5

    def fetch(self, url: str, folder: Path) -> Path:
        """Return the file that was made in *folder*; `ImportRefused` says what kept it, and then there is none."""
        path, file = private_files.make_beside(private_files.make_folder(folder), _name(url))
        try:
            with file, Deadline(self.seconds) as deadline:
                answer = self.dialler.follow(url, _HEADERS, deadline, self._into(file), redirects=self.redirects)
            _refuse_all_but_found(url, answer.status)
        except FeedError as error:
            path.unlink()
            raise ImportRefused(f"{shown(url)}: {error.why}") from error
        except BaseException:
            path.unlink()
            raise
        return path

    def _into(self, file: BinaryIO) -> "_Into":
        return _Into(file, self.size)


@dataclass(frozen=True)
class _Into:
    file: BinaryIO
    limit: int

    def __call__(self, pieces: Iterator[bytes], headers: httpx.Headers, target: Target) -> int:
        for piece in packed.unpacked(pieces, headers.get("content-encoding", ""), target.url):
            self.file.write(piece)
            if self.file.tell() > self.limit:
                raise FeedBroken(target.url, f"the file has more than {packed.megabytes(self.limit)}")
        return self.file.tell()


def _refuse_all_but_found(url: str, status: int) -> None:
    if status != FOUND:
        raise ImportRefused(
            f"{shown(url)}: answered {status} instead of 200; is it open without logging in? "
            "Else download the file and import that"
        )


def is_address(place: str) -> bool:
    """Return whether *place* is an address on the web rather than a file."""
    return bool(_ADDRESS.match(place.strip()))


def shown(url: str) -> str:
    """Return the address as people may see it: what follows the ? often opens the door."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()[:200]


def _name(url: str) -> str:
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    return re.sub(r"[^\w.-]+", "-", last).strip("-.")[-_LONGEST_NAME:] or "download"

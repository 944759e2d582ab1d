"""The files in a campaign's `assets/`: pictures for its mails, and papers that they link to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.compose.picture_size import picture_size
from outreach.errors import DefinitionError, NotFound

FOLDER = "assets/"
WIDEST = 568
"""Pixels that a picture has in a mail: the frame's 640 without the card's margins."""

SLANT = 0.03
"""How far from square a portrait may be before anybody sees it squeezed."""

MOST_BYTES = 25_000_000

PICTURES: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
}
"""What every mail program shows; SVG and WebP are not among it."""

PAPERS: Mapping[str, str] = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".zip": "application/zip",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
}
"""What is downloaded, never shown in the browser by us."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a mail shows it; *height* is None where nobody knows it, and follows from the width."""

    url: str
    width: int
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one campaign, whose *folder* may be missing, and the *address* that they are served under."""

    folder: Path | None
    address: str

    def url(self, name: str) -> str:
        """Return the address of a file; its name may begin with `assets/`."""
        return f"{self.address}/{self._found(name).name}"

    def picture(self, source: str) -> Picture:
        """Return a picture in the folder, or one on the web, whose size is not known here."""
        if source.startswith("https://"):
            return Picture(source, WIDEST)
        if not source.startswith(FOLDER):
            raise DefinitionError(f"picture {source!r}: write {FOLDER}<name>, or a whole address with https://")
        path = self._found(source)
        if path.suffix.lower() not in PICTURES:
            raise DefinitionError(f"picture {source!r}: mail programs do not show it; save it as .png, .jpg or .gif")
        size = picture_size(path)
        if size is None:
            raise DefinitionError(f"picture {source!r} is damaged, or not what its name says; save it anew")
        width = min(size[0], WIDEST)
        return Picture(self.url(source), width, max(1, round(size[1] * width / size[0])))

    def portrait(self, source: str) -> Picture:
        """Return a picture that is shown as large as all portraits are, so it must be square; one on the web, too."""
        picture = self.picture(source)
        if picture.height and abs(picture.width - picture.height) > picture.width * SLANT:
            shape = f"{picture.width} wide and {picture.height} high"
            raise DefinitionError(f"portrait {source!r} is {shape}, and would be squeezed; cut it to a square")
        return picture

    def _found(self, name: str) -> Path:
        if self.folder is None:
            raise DefinitionError(f"file {name!r}: this campaign has no folder; write a whole address with https://")
        return asset(self.folder, name.removeprefix(FOLDER))


def asset(folder: Path, name: str) -> Path:
    """Return the file *name* directly in *folder*, where it may be given to anybody; `NotFound` lists what there is."""
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file() or path.resolve().parent != folder.resolve():
        known = sorted(each.name for each in folder.glob("*") if each.is_file() and _NAME.fullmatch(each.name))
        raise NotFound(f"file in {FOLDER}", name, known or ("none",))
    if media_type(name) is None:
        allowed = ", ".join(sorted({**PICTURES, **PAPERS}))
        raise DefinitionError(f"file {name!r}: such files are not given out; those that are: {allowed}")
    if path.stat().st_size > MOST_BYTES:
        raise DefinitionError(f"file {name!r} is larger than {MOST_BYTES // 1_000_000} MB; make it smaller")
    return path


def media_type(name: str) -> str | None:
    """Return what a file is by its ending, or None where we do not give it out."""
    return {**PICTURES, **PAPERS}.get(Path(name).suffix.lower())

"""How large a picture is, read from the head of its file: PNG, GIF and JPEG."""

import struct
from pathlib import Path
from typing import BinaryIO

Size = tuple[int, int]

_NO_LENGTH = {0x01, *range(0xD0, 0xD9)}
_NO_FRAME = {0xC4, 0xC8, 0xCC}


def picture_size(path: Path) -> Size | None:
    """Return width and height in pixels, or None for what is no such picture."""
    with path.open("rb") as file:
        head = file.read(24)
        try:
            size = _size(head, file)
        except struct.error:  # the file ends too early
            return None
    return size if size and all(size) else None


def _size(head: bytes, file: BinaryIO) -> Size | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _pair(">II", head[16:24])
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _pair("<HH", head[6:10])
    if head.startswith(b"\xff\xd8\xff"):
        file.seek(2)
        return _jpeg(file)
    return None


def _jpeg(file: BinaryIO) -> Size | None:
    """Walk from segment to segment until one describes a frame."""
    while True:
        mark, kind = struct.unpack(">BB", file.read(2))
        while kind == 0xFF:  # noqa: PLR2004 - padding before a segment
            (kind,) = file.read(1) or b"\x00"
        if mark != 0xFF:  # noqa: PLR2004 - of the format
            return None
        if kind in _NO_LENGTH:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if length < 2:  # noqa: PLR2004 - its own two bytes; less would lead back
            return None
        if 0xC0 <= kind <= 0xCF and kind not in _NO_FRAME:  # noqa: PLR2004 - of the format
            height, width = _pair(">HH", file.read(5)[1:])
            return width, height
        file.seek(length - 2, 1)


def _pair(form: str, data: bytes) -> Size:
    one, other = struct.unpack(form, data)
    return int(one), int(other)

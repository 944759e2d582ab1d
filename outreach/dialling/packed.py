"""Bodies decompressed piece by piece, so that a bomb costs no more memory than the bound."""

import zlib
from collections.abc import Iterable, Iterator

from outreach.errors import FeedBroken

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_PIECE = 262_144


def bounded(pieces: Iterable[bytes], encoding: str, limit: int, url: str) -> bytes:
    """Return the whole body; `FeedBroken` once it has more than *limit* bytes."""
    whole = bytearray()
    for piece in unpacked(pieces, encoding, url):
        whole += piece
        if len(whole) > limit:
            raise FeedBroken(url, f"the feed has more than {megabytes(limit)}")
    return bytes(whole)


def unpacked(pieces: Iterable[bytes], encoding: str, url: str) -> Iterator[bytes]:
    """Return the body piece by piece, unpacked where the server packed it."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return iter(pieces)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _unpacked(pieces, url)
    raise FeedBroken(url, f"the answer is packed as {encoding[:40]!r}, although only gzip was asked for")


def _unpacked(pieces: Iterable[bytes], url: str) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP_OR_ZLIB)
    begun = False
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if member.eof:  # gzip may hold several members one after the other
                    member = zlib.decompressobj(_GZIP_OR_ZLIB)
                begun = True
                yield member.decompress(rest, _PIECE)
                rest = member.unused_data if member.eof else member.unconsumed_tail
        yield member.flush()
    except zlib.error as error:
        raise FeedBroken(url, f"the packed answer is damaged: {error}") from error
    if begun and not member.eof:
        raise FeedBroken(url, "the packed answer is cut off")


def megabytes(limit: int) -> str:
    """Return a size for people."""
    return f"{limit / 2**20:.0f} MiB" if limit >= 2**20 else f"{limit} bytes"

"""Builders for what the layouts show beyond words: a campaign's files, its events, who signs, and another house."""

import struct
import zlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outreach.compose.brand import Brand, Palette
from outreach.model.campaign import Campaign, Event, Layout, Sender, Signature, WaveDefinition
from tests.builders_compose import BRAND, both, call, campaign, wave

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def png(width: int = 4, height: int = 2) -> bytes:
    """A white picture."""
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    """The head of a GIF."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def jpeg(width: int, height: int) -> bytes:
    """The head of a JPEG: a comment, padding, then its frame."""
    frame = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xfe" + struct.pack(">H", 6) + b"hoi!" + b"\xff\xff\xc0" + frame + b"\xff\xd9"


def own_event(slug: str = "vakdag", **changes: Any) -> Event:
    made = Event(
        slug=slug,
        title=both("Vakdag", "Fachtag"),
        starts=datetime(2026, 12, 3, 10, 0, tzinfo=AMSTERDAM),
        ends=datetime(2026, 12, 3, 16, 30, tzinfo=AMSTERDAM),
        place=both("De Brug, Kadeplein 3", "De Brug, Kadeplein 3 (Niederlande)"),
        summary=both("Een dag vol verhalen.", "Ein Tag voller Geschichten."),
        url="https://www.example.org/vakdag",
    )
    return replace(made, **changes)


def signature(**changes: Any) -> Signature:
    made = Signature(
        name="Noor de Wit",
        role=both("Directeur", "Geschäftsführerin"),
        portrait="assets/noor.png",
        alt=both("Noor lacht", "Noor lacht freundlich"),
    )
    return replace(made, **changes)


def folder(root: Path) -> Path:
    """A campaign's folder with pictures and papers in it."""
    assets = root / "test" / "assets"
    assets.mkdir(parents=True)
    (assets / "wide.png").write_bytes(png(1136, 400))
    (assets / "noor.png").write_bytes(png(192, 192))
    (assets / "paper.pdf").write_bytes(b"%PDF-1.4\n")
    return assets.parent


def every_layout(root: Path, markdown: str = "# Kop\n\n{{ salutation }}\n\nTekst.") -> dict[Layout, Campaign]:
    """A campaign per layout with one wave named "start" in which all parts stand."""
    held = folder(root)

    def made(layout: Layout) -> Campaign:
        one = wave(markdown, markdown, layout=layout, call="join", event="vakdag", signed=signature())
        return of(one, folder=held)

    return {layout: made(layout) for layout in Layout}


def of(one: WaveDefinition, **changes: Any) -> Campaign:
    return campaign(one, **{"events": {"vakdag": own_event()}, "calls": {"join": call()}, **changes})


def another_house() -> Brand:
    """A second, invented brand that shares no word and no colour with the shipped one."""
    light = Palette(
        paper="#eef3f6", card="#ffffff", soft="#e3edf3", line="#c9d8e2", ink="#10222e", muted="#48606f",
        link="#0b5b8a", accent="#0f6ba0", on_accent="#fefefe", hero="#0d2b45", on_hero="#f7fbff", glow="#8fd3f4",
    )  # fmt: skip
    dark = Palette(
        paper="#0a1218", card="#101c25", soft="#172834", line="#2b4252", ink="#e8f1f7", muted="#a9bfcd",
        link="#86c9f0", accent="#6dbdec", on_accent="#06121a", hero="#0c2438", on_hero="#f5fafe", glow="#90d4f5",
    )  # fmt: skip
    imprint = both("Stichting Duinhuis, Zeeweg 2", "Stiftung Dünenhaus, Zeeweg 2")
    return replace(
        BRAND,
        slug="duinhuis",
        domain="example.net",
        logo=both("Duinhuis", "Dünenhaus"),
        claim=both("Wonen aan zee", "Wohnen am Meer"),
        sender=Sender("Duinhuis", "post@example.net", "antwoord@example.net", imprint),
        heading_font="Verdana, sans-serif",
        body_font="Tahoma, sans-serif",
        light=light,
        dark=dark,
        unsubscribe_email="weg@example.net",
    )

import os
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from outreach.errors import NotInspected
from outreach.inspection.pictures import taken
from tests.inspection.answering import Answers, answering

LOUD = "!!! CHROMIUM IS NOT INSTALLED: no pictures of mails are taken (apt-get install chromium) !!!"
NOWHERE = "http://127.0.0.1:9"
PAGE = (
    "<!DOCTYPE html><html><head><meta name='color-scheme' content='light dark'><style>"
    "body {{ margin: 0; background: #ff0000 }} div {{ height: {height}px }}"
    "@media (prefers-color-scheme: dark) {{ body {{ background: #0000ff }} }}"
    "</style></head><body>{body}<div></div></body></html>"
)


@pytest.fixture
def chromium() -> str:
    if shutil.which("chromium") is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; CI must take pictures of mails: apt-get install chromium")
        print(f"\n{LOUD}\n")
        pytest.skip(LOUD)
    return "chromium"


@pytest.fixture
def server() -> Iterator[Answers]:
    with answering() as answers:
        yield answers


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def corner(png: bytes) -> tuple[int, ...]:
    """The colour of the first pixel: each filter leaves it as it is, for nothing stands before it."""
    pieces, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        pieces += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    return tuple(zlib.decompress(pieces)[1:4])


def test_a_page_is_shown_in_two_widths_and_schemes_whole_and_bounded(chromium: str):
    pages = {"nl": PAGE.format(height=700, body=""), "nl+de": PAGE.format(height=9_000, body="")}

    pictures = list(islice(taken(pages.items(), NOWHERE, chromium), 5))

    light, dark = (255, 0, 0), (0, 0, 255)
    assert [(each.message, each.width, each.scheme, size(each.png), corner(each.png)) for each in pictures] == [
        ("nl", 390, "light", (390, 700), light),
        ("nl", 390, "dark", (390, 700), dark),
        ("nl", 640, "light", (640, 700), light),
        ("nl", 640, "dark", (640, 700), dark),
        ("nl+de", 390, "light", (390, 6_000), light),
    ]


def test_a_page_reaches_pictures_under_its_address_and_nothing_else_and_runs_no_script(chromium: str, server: Answers):
    with answering() as other:
        body = (
            f"<img src='{server.url('/own.png')}'><img src='{other.url('/else.png')}'><script>document.body.remove()"
            f"</script><iframe src='{other.url('/frame')}'></iframe><link rel='stylesheet' href='{other.url('/css')}'>"
        )
        first, *_ = taken([("nl", PAGE.format(height=50, body=body))], server.url(""), chromium)

    assert [path for _, path, _ in server.asked] == ["/own.png"]
    assert other.asked == []
    assert size(first.png)[1] > 50


def test_garbage_is_shown_as_well_as_it_can_be(chromium: str):
    pages = {"empty": "", "odd": "\x00<<<\ud800" + "<p>" * 500}

    widths = {each.message: size(each.png)[0] for each in taken(pages.items(), NOWHERE, chromium) if each.width == 390}

    assert widths == {"empty": 390, "odd": 390}


def program(folder: Path, body: str) -> str:
    """A program in place of Chromium, written in Python: it reads commands from 3 and writes answers to 4."""
    path = folder / "chromium"
    path.write_text(f"#!{sys.executable} -IS\nimport os, time\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("time.sleep(5)", "it took longer than 0.4 s"),
        ("pass", "it ended"),
        ("os.read(3, 99); os.write(4, b'no json\\0')", "it said what nobody understands: no json"),
        ("os.read(3, 99); os.write(4, b'[1]\\0')", "it said what nobody understands: [1]"),
        (
            'os.read(3, 99); os.write(4, b\'{"id": 1, "error": {"message": "not allowed"}}\\0\'); time.sleep(5)',
            "Target.createTarget: not allowed",
        ),
    ],
)
def test_what_goes_wrong_is_told(tmp_path: Path, does: str, why: str):
    with pytest.raises(NotInspected) as caught:
        list(taken([("nl", "<p>x</p>")], NOWHERE, program(tmp_path, does), 0.4 if "0.4" in why else 10.0))

    assert str(caught.value).removeprefix("not checked by Chromium: ").partition(" [Errno")[0] == why


def test_without_chromium_it_says_so():
    with pytest.raises(NotInspected, match=r"^not checked by Chromium: no-such-program is not installed$"):
        list(taken([("nl", "<p>x</p>")], NOWHERE, "no-such-program"))


def test_nothing_is_left_of_a_browser_that_was_not_waited_for(tmp_path: Path):
    does = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); os.read(3, 99); time.sleep(30)"

    with pytest.raises(NotInspected):
        list(taken([("nl", "x")], NOWHERE, program(tmp_path, does), 0.5))

    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()

# ruff: noqa: E501 - a row of a table stays on one line
from pathlib import Path

import pytest
from lxml import html as parser  # type: ignore[import-untyped]

from outreach.compose.assets import MOST_BYTES, WIDEST, Assets, Picture
from outreach.compose.picture_size import picture_size
from outreach.errors import DefinitionError
from tests.builders_compose import body, compiled, wave
from tests.builders_mails import folder, gif, jpeg, of, png, signature

AT = "https://mail.example.org/campaigns/test/assets"


@pytest.mark.parametrize(
    ("name", "data", "size"),
    [
        ("a.png", png(30, 20), (30, 20)),
        ("a.gif", gif(30, 20), (30, 20)),
        ("a.jpg", jpeg(30, 20), (30, 20)),
        ("a.jpg", jpeg(30, 20)[:14], None),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00", None),
        ("a.jpg", b"\xff\xd8\xff\xd0\x00\x00", None),
        ("a.png", png(0, 20), None),
        ("a.png", png()[:20], None),
        ("a.png", b"<svg/>", None),
        ("a.png", b"", None),
    ],
)
def test_a_pictures_size_is_read_from_its_head(tmp_path: Path, name: str, data: bytes, size: tuple[int, int] | None):
    (tmp_path / name).write_bytes(data)

    assert picture_size(tmp_path / name) == size


def test_a_picture_is_no_wider_than_the_card_and_keeps_its_shape(tmp_path: Path):
    assets = Assets(folder(tmp_path) / "assets", AT)

    assert assets.picture("assets/wide.png") == Picture(f"{AT}/wide.png", WIDEST, 200)
    assert assets.picture("assets/noor.png") == Picture(f"{AT}/noor.png", 192, 192)
    assert assets.picture("https://www.example.org/x.jpg") == Picture("https://www.example.org/x.jpg", WIDEST)


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("\n![x](assets/wijd.png)", "line 2: no file in assets/ 'wijd.png'; there is: big.zip, broken.png, drawing.svg, noor.png, paper.pdf, wide.png"),
        ("\n\n[x](assets/papier.pdf)", "line 3: no file in assets/ 'papier.pdf'; there is: big.zip, broken.png, drawing.svg, noor.png, paper.pdf, wide.png"),
        ("\n[x]({{ asset('papier.pdf') }})", "line 2: no file in assets/ 'papier.pdf'; there is: big.zip, broken.png, drawing.svg, noor.png, paper.pdf, wide.png"),
        ("![x](assets/../campaign.toml)", "line 1: no file in assets/ '../campaign.toml'; there is: big.zip, broken.png, drawing.svg, noor.png, paper.pdf, wide.png"),
        ("![x](assets/broken.png)", "line 1: picture 'assets/broken.png' is damaged, or not what its name says; save it anew"),
        ("![x](assets/paper.pdf)", "line 1: picture 'assets/paper.pdf': mail programs do not show it; save it as .png, .jpg or .gif"),
        ("![x](assets/drawing.svg)", "line 1: file 'drawing.svg': such files are not given out; those that are: .docx, .gif, .jpeg, .jpg, .mp3, .mp4, .odt, .pdf, .png, .pptx, .xlsx, .zip"),
        ("![x](assets/wide.png 'portrait')", "line 1: portrait 'assets/wide.png' is 568 wide and 200 high, and would be squeezed; cut it to a square"),
        ("![x](foto.png)", "line 1: picture 'foto.png': write assets/<name>, or a whole address with https://"),
        ("![x](http://www.example.org/x.png)", "line 1: picture 'http://www.example.org/x.png': write assets/<name>, or a whole address with https://"),
        ("[x](assets/big.zip)", "line 1: file 'big.zip' is larger than 25 MB; make it smaller"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_folder_is_told_with_file_and_line(tmp_path: Path, markdown: str, told: str):
    held = folder(tmp_path)
    (held / "assets" / "broken.png").write_bytes(b"nothing")
    (held / "assets" / "drawing.svg").write_text("<svg/>")
    with (held / "assets" / "big.zip").open("wb") as large:
        large.truncate(MOST_BYTES + 1)
    written = wave(body(markdown=markdown))

    with pytest.raises(DefinitionError) as caught:
        compiled(written, of=of(written, folder=held))

    assert str(caught.value) == f"templates/campaigns/test/start.nl.md: {told}"


def test_a_campaign_without_a_folder_has_no_files():
    with pytest.raises(DefinitionError) as caught:
        compiled(wave("![x](assets/x.png)"))

    assert str(caught.value) == (
        "templates/campaigns/test/start.nl.md: line 1: file 'assets/x.png': this campaign has no folder; "
        "write a whole address with https://"
    )


def test_pictures_and_papers_have_whole_addresses_and_fixed_sizes(tmp_path: Path):
    markdown = (
        "![Een wijk](assets/wide.png)\n\n![Op het web](https://www.example.org/x.png)\n\n"
        '![Noor](assets/noor.png "portrait")\n\n[Lees](assets/paper.pdf) of [lees]({{ asset("paper.pdf") }})'
    )
    written = wave(markdown, signed=signature())
    mail = compiled(written, of=of(written, folder=folder(tmp_path)))
    images = parser.fromstring(mail.html).xpath("//img[@width != '1']")

    assert [[image.get(name) for name in ("src", "alt", "width", "height")] for image in images] == [
        [f"{AT}/wide.png", "Een wijk", "568", "200"],
        ["https://www.example.org/x.png", "Op het web", "568", None],
        [f"{AT}/noor.png", "Noor", "96", "96"],
    ]
    assert [link.url for link in mail.links] == [f"{AT}/paper.pdf"] * 2
    assert "Een wijk\n\nOp het web\n\nNoor\n\nLees <" in mail.text

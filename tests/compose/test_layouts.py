"""What each layout shows, in any language and for any house."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html as parser  # type: ignore[import-untyped]

from outreach.compose.brand import Brand, LogoImage
from outreach.compose.compile import Digest, compile_message
from outreach.compose.letter import compile_letter
from outreach.errors import DefinitionError
from outreach.model.campaign import Campaign, DigestRules, Layout, Words
from outreach.model.letter import Letter
from outreach.model.mail import Message
from outreach.templating import environment
from tests.builders_compose import BRAND, ENVIRONMENT, NOW, PUBLIC, TEMPLATES, both, compiled, event, news, wave
from tests.builders_mails import another_house, every_layout, of, own_event, signature

IMAGE = "https://img.example.org/1.png"
FULL = {
    "nl": Digest((news(image=IMAGE, image_alt="Een straat"), news("Tweede", image=IMAGE)), (event(),)),
    "de": Digest((news("Neues", language="de"),), (event(language="de"),)),
}
BLOCKS = (
    "# Kop\n\n{{ salutation }}\n\n{{ button('join') }}\n\n{{ progress(7, 10) }}\n\n{{ event('vakdag') }}\n\n"
    '> Gezegd.\n> — Samira\n\n---\n\n![Noor](assets/noor.png "portrait")'
)


def press(campaign: Campaign, variant: str = "nl", brand: Brand = BRAND, templates: Path = TEMPLATES) -> Message:
    folder = ENVIRONMENT if templates is TEMPLATES else environment(templates)
    return compile_message(folder, brand, campaign, campaign.waves["start"], variant, FULL, PUBLIC, NOW)


def shown(mail: Message) -> str:
    return " ".join(parser.fromstring(mail.html).xpath("//body")[0].text_content().split())


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_says_the_same_in_both_parts(tmp_path: Path, layout: Layout):
    mail = press(every_layout(tmp_path)[layout], "nl+de")

    for words in (
        "Kop", "Tekst.", "Doe mee", "Machen Sie mit", "Nieuws uit de wijk", "Werkplaats", "Colofon NL", "Impressum DE",
        "Alle tijden: Midden-Europese tijd.", "Alle Zeiten: Mitteleuropäische Zeit.",
    ):  # fmt: skip
        assert (words in shown(mail), words in mail.text) == (True, True), words


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_is_complete_without_its_stylesheet_and_keeps_to_the_rules(tmp_path: Path, layout: Layout):
    page = parser.fromstring(press(every_layout(tmp_path, BLOCKS)[layout], "de+nl").html)

    assert [table.get("role") for table in page.iter("table")] == ["presentation"] * len(list(page.iter("table")))
    assert [image.get("alt") for image in page.iter("img") if image.get("alt") is None] == []
    assert [image.get("src") for image in page.iter("img") if not image.get("width")] == []
    bare = {part.get("class") for part in page.xpath("//body//*[@class]") if not part.get("style")}
    assert bare <= {"prose", "prose below"}
    assert [heading.tag for heading in page.iter("h1")] == ["h1"]
    assert [part.get("lang") for part in page.xpath("//div[@id]")] == ["de", "nl"]


def test_headings_look_alike_in_every_language_though_they_lie_deeper_in_the_second(tmp_path: Path):
    page = parser.fromstring(press(every_layout(tmp_path, "# Kop\n\n## Deel")[Layout.CALL], "nl+de").html)
    parts = page.xpath("//div[starts-with(@class, 'prose')]/*[self::h2 or self::h3]")

    assert [part.tag for part in parts] == ["h2", "h3"]
    assert parts[0].get("style") == parts[1].get("style")


def test_an_invitation_shows_its_event_above_the_words(tmp_path: Path):
    mail = press(every_layout(tmp_path)[Layout.INVITATION])

    assert mail.text.split("\n\n")[2:6] == [
        "Vakdag\n------",
        "Wanneer: donderdag 3 december 2026, 10:00–16:30 uur (Midden-Europese tijd)\n"
        "Waar: De Brug, Kadeplein 3\nEen dag vol verhalen.\n"
        "Zet in uw agenda:\nhttps://mail.example.org/c/@@rid@@/0\n"
        "Meer over deze bijeenkomst:\nhttps://mail.example.org/c/@@rid@@/1",
        "@@salutation_nl@@",
        "Tekst.",
    ]
    assert [(link.url, link.label) for link in mail.links[:2]] == [
        ("https://mail.example.org/campaigns/test/events/vakdag.ics?lang=nl", "Zet in uw agenda"),
        ("https://www.example.org/vakdag", "Meer over deze bijeenkomst"),
    ]
    tile = parser.fromstring(mail.html).find_class("tile")[0]
    assert [cell.text for cell in tile.iter("td")] == ["dec", "3"]


def test_what_is_over_is_not_offered_to_calendars():
    over = own_event(starts=NOW - timedelta(days=2), ends=NOW - timedelta(days=1), url="")
    written = wave("{{ event('vakdag') }}", call=None)
    mail = compiled(written, of=of(written, events={"vakdag": over}))

    assert (mail.links, "Vakdag" in mail.text, "panel-links" in mail.html.split("</style>")[-1]) == ((), True, False)


def test_an_event_that_does_not_exist_is_told_with_file_and_line():
    written = wave("\n\n{{ event('fakdag') }}")

    with pytest.raises(DefinitionError) as caught:
        compiled(written, of=of(written))

    assert str(caught.value) == ("templates/campaigns/test/start.nl.md: line 3: no event 'fakdag'; there is: vakdag")


def test_a_letter_is_signed_and_has_no_band(tmp_path: Path):
    mail = press(every_layout(tmp_path)[Layout.LETTER], "de")
    page = parser.fromstring(mail.html)

    assert (page.find_class("hero"), [head.text for head in page.iter("h1")]) == ([], ["Kop"])
    face = page.find_class("face")[0]
    assert [face.get(name) for name in ("src", "alt", "width", "height")] == [
        "https://mail.example.org/campaigns/test/assets/noor.png", "Noor lacht freundlich", "72", "72",
    ]  # fmt: skip
    assert "Tekst.\n\nMit freundlichen Grüßen\n\nNoor de Wit\nGeschäftsführerin\n\n" in mail.text


def test_a_letter_without_a_portrait_is_signed_all_the_same(tmp_path: Path):
    written = wave("Hoi", layout=Layout.LETTER, signed=signature(portrait="", alt={}))
    mail = compiled(written, of=of(written))

    assert (parser.fromstring(mail.html).find_class("face"), "Noor de Wit" in mail.html) == ([], True)


def test_a_portrait_that_cannot_be_shown_is_told(tmp_path: Path):
    campaign = every_layout(tmp_path)[Layout.LETTER]
    one = replace(campaign.waves["start"], signed=signature(portrait="assets/paper.pdf"))

    with pytest.raises(DefinitionError) as caught:
        compiled(one, of=replace(campaign, waves={"start": one}))

    assert str(caught.value) == (
        "templates/campaigns/test/campaign.toml: waves.start.signed.portrait: picture 'assets/paper.pdf': "
        "mail programs do not show it; save it as .png, .jpg or .gif"
    )


def test_an_event_that_nobody_announced_is_told():
    with pytest.raises(DefinitionError) as caught:
        compiled(wave('[Vakdag](event:vakdag "event")'))

    assert str(caught.value) == "no event 'vakdag'; there is: none"


@pytest.mark.parametrize(
    ("image", "rules", "seen"),
    [
        (IMAGE, None, [IMAGE]),
        (IMAGE, DigestRules(), [IMAGE]),
        (IMAGE, DigestRules(images=False), []),
        ("http://img.example.org/1.png", None, []),
        ("javascript:alert(1)", None, []),
        ("", None, []),
    ],
)
def test_a_story_has_its_picture_where_it_may(image: str, rules: DigestRules | None, seen: list[str]):
    mail = compiled(wave(digest=rules), content={"nl": Digest((news(image=image, image_alt='Een "straat"'),))})
    images = parser.fromstring(mail.html).xpath("//img[@width != '1']")

    assert [(one.get("src"), one.get("alt"), one.get("width")) for one in images] == [
        (address, 'Een "straat"', "568") for address in seen
    ]


def test_a_picture_that_nobody_described_is_named_after_its_story():
    mail = compiled(content={"nl": Digest((news("Een", image=IMAGE), news("Twee", image=IMAGE)))})
    images = parser.fromstring(mail.html).xpath("//img[@width != '1']")

    assert [(one.get("alt"), one.get("width")) for one in images] == [
        ("Foto bij: Een", "568"),
        ("Foto bij: Twee", "140"),
    ]


def dressed(tmp_path: Path, brand: Brand) -> Iterator[Message]:
    for campaign in every_layout(tmp_path, BLOCKS).values():
        yield press(replace(campaign, sender=brand.sender), "nl+de", brand)
    for kind in Letter:
        yield compile_letter(ENVIRONMENT, brand, kind, "de", PUBLIC)


def test_another_brand_leaves_no_word_and_no_colour_of_the_first(tmp_path: Path):
    house = another_house()
    palettes = (house.light, house.dark)
    own = {getattr(palette, field.name) for palette in palettes for field in fields(palette)}
    words = (*BRAND.logo.values(), *BRAND.claim.values(), BRAND.slug, BRAND.sender.email, BRAND.sender.reply_to,
             BRAND.unsubscribe_email, "Voorbeeldplein", "Georgia", "Segoe", "Arial")  # fmt: skip

    for mail in dressed(tmp_path, house):
        sent = " ".join((mail.sender.name, mail.sender.email, mail.reply_to, mail.html, mail.text, str(mail.headers)))
        assert [word for word in words if word in sent] == []
        assert set(re.findall(r"#[0-9a-fA-F]{6}\b", mail.html)) - own == set()
        assert any(name in mail.html for name in house.logo.values())


def test_a_house_may_have_a_picture_in_place_of_its_letter(tmp_path: Path):
    brand = replace(BRAND, logo_image=LogoImage("pages/static/logo.png", 48, 40, {"nl": "Een blad"}))
    page = parser.fromstring(press(every_layout(tmp_path)[Layout.CALL], "de", brand).html)

    logo = page.find_class("logo")[0]
    assert [logo.get(name) for name in ("src", "alt", "width", "height")] == [
        "https://mail.example.org/static/logo", "Een blad", "48", "40",
    ]  # fmt: skip
    assert page.find_class("mark") == []


def spoken(words: Words) -> Words:
    return {**words, "ar": f"ع {words['nl']}"}


def arabic(campaign: Campaign) -> Campaign:
    """The same campaign with an invented third language of its own, written from right to left."""
    one = campaign.waves["start"]
    call, held = campaign.calls["join"], campaign.events["vakdag"]
    return replace(
        campaign,
        languages=("nl", "de", "ar"),
        title=spoken(campaign.title),
        summary=spoken(campaign.summary),
        sender=replace(campaign.sender, imprint=spoken(campaign.sender.imprint)),
        calls={
            "join": replace(
                call,
                title=spoken(call.title),
                intro=spoken(call.intro),
                button=spoken(call.button),
            )
        },
        events={
            "vakdag": replace(held, title=spoken(held.title), place=spoken(held.place), summary=spoken(held.summary))
        },
        waves={
            "start": replace(
                one,
                bodies={**one.bodies, "ar": replace(one.bodies["nl"], subject="مرحبا", source="start.ar.md")},
                signed=signature(role=spoken(both("Directeur", "x")), alt=spoken(both("Noor", "x"))),
            )
        },
    )


@pytest.fixture(scope="module")
def with_arabic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    for name in ("mail", "locales"):
        shutil.copytree(TEMPLATES / name, folder / name)
    english = (folder / "locales" / "en.po").read_text(encoding="utf-8")
    words = re.sub(r'^msgstr "(?=[^"])', 'msgstr "ع ', english.split("\n\n", 1)[1], flags=re.MULTILINE)
    head = 'msgid ""\nmsgstr ""\n"Language: ar\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "locales" / "ar.po").write_text(head + words, encoding="utf-8")
    return folder


@pytest.mark.parametrize("layout", Layout)
def test_a_language_from_right_to_left_stands_alone_and_among_others(tmp_path: Path, with_arabic: Path, layout: Layout):
    campaign = arabic(every_layout(tmp_path, BLOCKS)[layout])
    alone, stacked = (press(campaign, variant, templates=with_arabic) for variant in ("ar", "nl+de+ar"))

    page = parser.fromstring(alone.html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert _directions(page) == {"ar": ("rtl", "text-align:right")}
    assert page.find_class("online")[0].get("align") == "left"
    three = parser.fromstring(stacked.html)
    assert _directions(three) == {
        "nl": ("ltr", "text-align:left"), "de": ("ltr", "text-align:left"), "ar": ("rtl", "text-align:right"),
    }  # fmt: skip
    switch = [(link.get("hreflang"), link.get("href")) for link in three.xpath("//a[@hreflang]")]
    assert switch == [
        ("de", "#de"), ("de", "https://mail.example.org/m/@@rid@@#de"),
        ("ar", "#ar"), ("ar", "https://mail.example.org/m/@@rid@@#ar"),
    ]  # fmt: skip
    assert [part.get("lang") for part in three.find_class("switch")[0].iter("span")] == ["de", "ar"]
    assert (stacked.subject, stacked.headers["Content-Language"]) == ("Welkom | Welkom | مرحبا", "nl, de, ar")
    assert [words for words in ("العربية", "Deutsch", "Nederlands") if words not in stacked.text] == []


def test_no_style_favours_a_side(tmp_path: Path):
    """Space to the left alone would be on the wrong side from right to left."""
    style = (TEMPLATES / "mail" / "style.css.jinja").read_text(encoding="utf-8")

    assert re.findall(r"(?:padding|margin|border)-(?:left|right)|float", style) == []
    for values in re.findall(r"(?:padding|margin): ([^;]+);", style):
        sides = values.split()
        assert len(sides) < 4 or sides[1] == sides[3], values


def _directions(page: object) -> Mapping[str, tuple[str, str]]:
    parts = page.xpath("//div[@id]")  # type: ignore[attr-defined]
    return {part.get("lang"): (part.get("dir"), part.get("style").split(";")[0].replace(" ", "")) for part in parts}

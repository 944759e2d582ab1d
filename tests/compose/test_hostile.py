"""What comes from outside stays text, whatever it looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser  # type: ignore[import-untyped]

from outreach.compose.compile import Digest
from outreach.compose.outside import harmless, summary, web_address
from outreach.compose.preflight import check
from outreach.model.mail import SLOT, one_line
from tests.builders_compose import BRAND, campaign, compiled, event, news, reader, wave

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{ 7*7 }} {% raw %}",
    "@@rid@@ @@unsubscribe@@",
    "@@@@rid@@@@",
    "-->[if mso]><script>x</script>",
    "[klik](https://evil.example/) **x**",
    "Bcc: a@example.org\r\nSubject: x",
    "\u202eevil\u202c \u2066x",
    "%recipient.email% [[x]] {#x#}",
]  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_shown_and_does_nothing(title: str):
    clean = compiled(content={"nl": Digest((news(),), (event(),))})
    mail = compiled(
        content={
            "nl": Digest((news(title, body=title, language='"><b>'),), (event(title, body=title, place=title),)),
        }
    )
    page, plain = parser.fromstring(mail.html), parser.fromstring(clean.html)

    assert mail.slots == clean.slots
    assert [part.tag for part in page.iter() if part.tag in ("script", "img")] == ["img"]
    assert [part for part in page.iter() if any(name.startswith("on") for name in part.attrib)] == []
    assert len(list(page.iter("table"))) == len(list(plain.iter("table")))
    assert len(mail.links) == len(clean.links)
    assert "49" not in mail.text.split("Nieuws")[1].split("http")[0]
    assert "\r" not in mail.text
    assert not set(mail.html + mail.text) & set("\u202e\u202c\u2066")
    definition = wave()
    single = (mail, *(compiled(definition, variant) for variant in ("de", "nl+de", "de+nl")))
    assert check(BRAND, campaign(definition), definition, single) == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_first_name_is_shown_and_does_nothing(name: str):
    message = compiled(wave("{{ salutation }} {{ first_name }}"))
    given = one_line(name)
    mail = message.fill(reader(message, first_name=given, rid="r1", salutation_nl=f"Beste {given},"))

    page = parser.fromstring(mail.html)
    assert [part.tag for part in page.iter() if part.tag in ("script", "img")] == ["img"]
    assert f"Beste {given}," in page.text_content()
    assert f"Beste {given}, {given}" in mail.text
    assert not any("\r" in value or "\n" in value for value in (mail.subject, *mail.headers.values()))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://www.example.org/a?b=1", "https://www.example.org/a?b=1"),
        ("  HTTPS://www.example.org/ü ", "HTTPS://www.example.org/ü"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https:///x", ""),
        ("//www.example.org", ""),
        ("https://www.example.org/a b", ""),
        ("https://mail.example.org/u/@@unsubscribe@@", "https://mail.example.org/u/%40%40unsubscribe%40%40"),
        ("https://www.example.org/{{x}}", "https://www.example.org/%7B%7Bx%7D%7D"),
        ("", ""),
    ],
)
def test_only_web_addresses_can_be_followed(link: str, expected: str):
    assert web_address(link) == expected


def test_an_item_without_a_usable_link_is_shown_without_one():
    mail = compiled(content={"nl": Digest((news("Kop", link="javascript:alert(1)"),))})

    assert mail.links == ()
    assert "Kop" in mail.text
    assert "javascript" not in mail.html


def test_a_title_in_another_language_or_direction_is_marked():
    mail = compiled(content={"nl": Digest((news("שלום", language="he"),))})
    title = parser.fromstring(mail.html).find_class("item-title")[0]

    assert (title.get("dir"), title.get("lang"), title.text_content()) == ("auto", "he", "שלום")


def test_a_summary_is_cut_between_words():
    assert summary("een, twee drie", limit=10) == "een, twee …"
    assert summary("een, twee", limit=5) == "een …"
    assert summary("kort\n bericht") == "kort bericht"


@given(st.text())
def test_outside_text_never_holds_a_slot_or_an_expression(text: str):
    shown = harmless(text)

    assert SLOT.search(shown) is None
    assert not any(mark in shown for mark in ("@@", "{{", "{%", "{#", "\n", "\r"))
    assert harmless(shown) == shown

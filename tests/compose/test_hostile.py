"""What comes from outside stays text, whatever it looks like."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from functools import cache
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as parser  # type: ignore[import-untyped]
from starlette.requests import Request

from outreach.calls.standing import PublicCampaign
from outreach.compose.compile import Digest
from outreach.compose.outside import harmless, summary, web_address
from outreach.compose.preflight import check
from outreach.contacts.formulas import FORMULA, escaped, unescaped
from outreach.dashboard.approval import approval_markdown
from outreach.dashboard.imports import question_markdown
from outreach.dashboard.progress import CallProgress
from outreach.dashboard.render import DashboardLinks, overview_markdown, wave_markdown
from outreach.delivery import slots
from outreach.demo.outbox import eml
from outreach.demo.outbox.mails import Kept
from outreach.model.campaign import Event, Layout, Signature
from outreach.model.delivery import Frozen, Plan
from outreach.model.mail import SLOT, Message, one_line
from outreach.model.preflight import Finding, Level
from outreach.model.report import Cell
from outreach.model.tokens import Tokens
from outreach.receiver.brand import Look
from outreach.receiver.pages import Pages
from outreach.receiver.shown import show_campaign, show_content
from outreach.steps.public import CampaignPage
from tests.builders_compose import (
    BRAND,
    ENVIRONMENT,
    NOW,
    TEMPLATES,
    body,
    both,
    campaign,
    compiled,
    event,
    news,
    reader,
    wave,
)
from tests.builders_dashboard import figures, report
from tests.hostile import TEXTS, born, elements

GOOD = "https://www.example.org/"
FACHTAG = Event(
    "fachtag",
    both("Vakdag", "Fachtag"),
    datetime(2026, 12, 3, 9, 0, tzinfo=UTC),
    datetime(2026, 12, 3, 16, 0, tzinfo=UTC),
    both("Utrecht", "Utrecht"),
)
LINKS = DashboardLinks("http://127.0.0.1:8400", "http://127.0.0.1:4200")
LONGEST = 998
"""Bytes of a line in a mail, by RFC 5322."""

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
        ("https://www.example.org/[[x]]", "https://www.example.org/[%5Bx]]"),
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


@cache
def benign(layout: Layout, *, linked: bool) -> Message:
    return composed("goed", layout, GOOD if linked else "")


def composed(text: str, layout: Layout, link: str) -> Message:
    """A mail whose news and events say *text* wherever they say anything."""
    item = {"body": text, "language": "fr", "link": link, "image": link, "image_alt": text}
    items = Digest((news(text, **item),), (event(text, place=text, **item),))
    signed = Signature("Noor Voorbeeld", both("voorzitter", "Vorsitz")) if layout is Layout.LETTER else None
    definition = wave(layout=layout, signed=signed, event="fachtag" if layout is Layout.INVITATION else None)
    return compiled(definition, "nl", {"nl": items}, campaign(definition, events={"fachtag": FACHTAG}))


@given(TEXTS, TEXTS, st.sampled_from(Layout))
@settings(max_examples=15)
def test_feeds_add_nothing_to_a_mail_but_words(text: str, path: str, layout: Layout):
    link = f"{GOOD}{path}"
    mail, clean = composed(text, layout, link), benign(layout, linked=bool(web_address(link)))

    assert elements(mail.html) == elements(clean.html)
    assert sorted(SLOT.findall(mail.html + mail.text)) == sorted(SLOT.findall(clean.html + clean.text))
    assert len(mail.links) == len(clean.links)
    assert (mail.subject, mail.headers) == (clean.subject, clean.headers)
    assert not any(mark in SLOT.sub("", mail.html + mail.text) for mark in ("@@", "{{", "{%", "{#", "[["))
    assert not any(is_control(char) for char in mail.text.replace("\n", ""))
    assert not any(is_control(char) for char in re.sub(r"[\n\u200b\u200c]", "", mail.html))


def is_control(char: str) -> bool:
    return category(char) in ("Cc", "Zl", "Zp", "Cs") or "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"


def named(text: str) -> tuple[str, bytes]:
    """A mail as it travels to somebody whose name and organisation are *text*."""
    said = body(markdown="{{ salutation }} {{ first_name }}", subject="Dag {{ first_name }}, {{ organisation }}")
    message = compiled(wave(said))
    recipient = slots.recipient(message, Frozen(1, 1, "noor@example.org", text, text, tracked=True), Tokens("k" * 32))
    mail = message.fill(recipient)
    return mail.html, eml.source(Kept("0123456789ab", NOW, mail))


@given(TEXTS)
@settings(max_examples=15)
def test_names_add_nothing_to_a_mail_but_words(text: str):
    (html, source), (clean_html, clean_source) = named(text), named("Noor")
    read, clean = (message_from_bytes(each, policy=SMTP) for each in (source, clean_source))

    assert elements(html) == elements(clean_html)
    assert read.keys() == clean.keys()
    assert [(name, value.defects) for name, value in read.items() if value.defects] == []
    assert [part.get_content_type() for part in read.walk()] == [part.get_content_type() for part in clean.walk()]
    assert [(name, value) for name, value in read.items() if name != "Subject"] == [
        (name, value) for name, value in clean.items() if name != "Subject"
    ]
    assert max(map(len, source.split(b"\r\n"))) <= LONGEST


@given(TEXTS)
@settings(max_examples=15)
def test_feeds_add_nothing_to_a_public_page_but_words(text: str):
    page = public_page(text)

    assert elements(page) == elements(public_page("goed"))
    assert not any(is_control(char) for char in page.replace("\n", ""))


def public_page(text: str) -> str:
    items = {"news": [news(text, language="fr")], "events": [event(text, place=text, language="fr")]}
    pages = Pages(ENVIRONMENT, TEMPLATES, Look(TEMPLATES))
    request = Request({"type": "http", "path": "/", "query_string": b"", "headers": []})
    reader = pages.reader(request)
    shown = {kind: [show_content(item, reader) for item in items] for kind, items in items.items()}
    one = CampaignPage(PublicCampaign(1, "test", both("x", "x"), both("x", "x"), "x", ("nl", "de"), ()), (), ())
    answer = pages.show(request, "campaign", campaign=show_campaign(one, reader), demands=(), **shown)
    return bytes(answer.body).decode()


@given(TEXTS)
@settings(max_examples=15)
def test_text_from_outside_becomes_nothing_else_in_what_prefect_shows(text: str):
    for artifact in (approval, import_question, wave_dashboard, overview):
        assert born(artifact(text)) == born_of_good(artifact)


@cache
def born_of_good(artifact: Callable[[str], str]) -> Counter[str]:
    return born(artifact("goed"))


def approval(text: str) -> str:
    findings = tuple(Finding(level, text, text) for level in Level)
    plan = Plan(1, "digest", 3, {(text, "nl"): 3}, {text: 2}, {text: text}, findings)
    return approval_markdown(plan, text, {text: f"{text}\n{text}"})


def import_question(text: str) -> str:
    return question_markdown(text, [text], [(text, text, text)], [text], [(7, text)])


def wave_dashboard(text: str) -> str:
    cells = {Cell(text, text): figures(3, delivered=3)}
    given = report(title=text, campaign=text, wave=text, cells=cells, out={text: 2}, unknown=1)
    return wave_markdown(given, links=LINKS, now=NOW)


def overview(text: str) -> str:
    calls = [CallProgress(text, text, 3, 4, 10, NOW)]
    return overview_markdown([report(title=text, campaign=text, unknown=1)], calls, LINKS, NOW)


@given(TEXTS)
@settings(max_examples=50)
def test_no_cell_of_a_file_of_errors_is_a_formula(text: str):
    for cell in (text, text[1:]):
        row = io.StringIO(newline="")
        csv.writer(row, delimiter=";").writerow([escaped(cell), "x"])
        (read,) = csv.reader(io.StringIO(row.getvalue(), newline=""), delimiter=";")

        assert not read[0].startswith(FORMULA)
        assert (unescaped(read[0]), read[1]) == (cell, "x")

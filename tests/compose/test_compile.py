# ruff: noqa: E501 - a row of a table stays on one line
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser  # type: ignore[import-untyped]

from outreach.compose.compile import Digest, counted, headers
from outreach.compose.links import Addresses
from outreach.compose.variants import variants
from outreach.errors import DefinitionError
from outreach.model.campaign import Layout
from outreach.model.mail import SLOT, Address, Link, Salutation
from tests.builders_compose import BRAND, ENVIRONMENT, NOW, body, call, campaign, compiled, event, news, reader, wave

FULL = {"nl": Digest((news(),), (event(),)), "de": Digest((news("Neues", language="de"),), ())}
STACKED = compiled(wave(call="join"), "de+nl", FULL)


def refusal(**given: object) -> str:
    with pytest.raises(DefinitionError) as caught:
        compiled(**given)  # type: ignore[arg-type]
    return str(caught.value)


def test_the_headers_let_a_reader_leave_with_one_click():
    assert compiled(variant="nl+de").headers == {
        "List-Unsubscribe": "<https://mail.example.org/u/@@unsubscribe@@>, "
        "<mailto:afmelden@example.org?subject=@@unsubscribe@@>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<social-work.example.org>",
        "Feedback-ID": "test:start:nl-de:lindeplein",
        "Content-Language": "nl, de",
    }


def test_a_message_says_who_it_comes_from_and_how_it_greets():
    mail = compiled(variant="de+nl")

    assert (mail.variant, mail.languages) == ("de+nl", ("de", "nl"))
    assert (mail.sender, mail.reply_to) == (Address("nieuws@example.org", "Lindeplein"), "redactie@example.org")
    assert mail.salutations == {
        "de": Salutation("Guten Tag {name},", "Guten Tag,"),
        "nl": Salutation("Beste {name},", "Goedendag,"),
    }
    assert mail.slots == {"rid", "unsubscribe", "preferences", "pixel", "salutation_nl", "salutation_de"}


def test_a_stacked_subject_stands_beside_each_other_in_the_order_of_the_mail():
    definition = wave(body("nl", subject="Hallo {{ first_name }}"), body("de", subject="Guten Tag"))

    assert [compiled(definition, variant).subject for variant in ("nl", "nl+de", "de+nl")] == [
        "Hallo @@first_name@@",
        "Hallo @@first_name@@ | Guten Tag",
        "Guten Tag | Hallo @@first_name@@",
    ]


def test_links_are_numbered_in_order_and_shared_by_both_parts():
    markdown = (
        "[Lees](https://www.example.org/ü?a=1&b=2), [mail](mailto:x@example.org)\n\n"
        "{{ button('join') }}\n\n[Lees](https://www.example.org/ü?a=1&b=2) en [nog eens](https://www.example.org/)"
    )
    mail = compiled(wave(markdown), content={"nl": Digest((news(),))})

    assert mail.links == (
        Link("https://www.example.org/%C3%BC?a=1&b=2", "Lees"),
        Link("https://mail.example.org/calls/join?lang=nl", "Ik doe mee"),
        Link("https://www.example.org/", "nog eens"),
        Link("https://www.example.org/nieuws/1", "Nieuws uit de wijk"),
    )
    tracked = re.compile(r"https://mail\.example\.org/c/@@rid@@/(\w+)")
    assert tracked.findall(mail.html) == ["0", "1", "1", "0", "2", "3", "h"]  # the button stands twice: for Outlook too
    assert tracked.findall(mail.text) == ["0", "1", "0", "2", "3"]
    assert 'href="mailto:x@example.org"' in mail.html


@pytest.mark.parametrize("variant", ["nl", "de+nl"])
def test_no_address_but_our_own_is_left_in_either_part(variant: str):
    mail = compiled(wave(call="join"), variant, FULL)
    own = ("/c/@@rid@@/", "/m/@@rid@@", "/u/@@unsubscribe@@", "/preferences/@@preferences@@", "/@@pixel@@.gif")

    for part in (mail.html, mail.text):
        for url in re.findall(r"https?://[^\s\"<>]+", part):
            assert url.removeprefix("https://mail.example.org").startswith(own), url


def test_the_honeypot_is_hidden_from_people_and_from_readers():
    trap = parser.fromstring(STACKED.html).xpath("//a[contains(@href, '/h')][@aria-hidden]")

    assert [(link.get("href"), link.get("tabindex"), "display:none" in link.get("style")) for link in trap] == [
        ("https://mail.example.org/c/@@rid@@/h", "-1", True)
    ]


def test_a_link_with_a_slot_in_it_is_refused():
    assert refusal(definition=wave("[x](https://www.example.org/?who=@@first_name@@)")) == (
        "link https://www.example.org/?who=@@first_name@@: a link cannot hold a slot, "
        "for only registered targets are led to"
    )


def test_every_language_of_a_stacked_mail_is_marked_and_can_be_jumped_to():
    page = parser.fromstring(STACKED.html)

    assert (page.get("lang"), page.get("dir")) == ("de", "ltr")
    assert [part.get("lang") for part in page.xpath("//div[@id]")] == ["de", "nl"]
    jumps = page.xpath("//a[@hreflang='nl']/@href")
    assert jumps == ["#nl", "https://mail.example.org/m/@@rid@@#nl"]
    assert [heading.tag for heading in page.iter("h1", "h2", "h3", "h4")] == ["h1", "h2", "h2", "h3", "h2", "h3", "h3", "h4", "h3", "h4"]  # fmt: skip


def test_both_calls_to_action_and_both_imprints_stand_in_a_stacked_mail():
    words = parser.fromstring(STACKED.html).text_content()

    for part in (words, STACKED.text):
        assert [part.count(said) for said in ("Ich mache mit", "Ik doe mee", "Impressum DE", "Colofon NL")] == [1] * 4


def test_the_mail_is_complete_without_its_stylesheet():
    page = parser.fromstring(re.sub(r"<style.*?</style>", "", STACKED.html, flags=re.DOTALL))

    for name in ("paper", "hero", "headline", "card", "button", "ask", "item", "tile-day", "foot", "unseen", "kicker"):
        unstyled = [part for part in page.find_class(name) if not part.get("style")]
        assert (name, page.find_class(name) != [], unstyled) == (name, True, [])
    assert "var(" not in STACKED.html
    assert "background-color:#1f4a45" in page.find_class("hero")[0].get("style")


def test_what_cannot_be_inlined_stays_as_it_was_written():
    style = " ".join(re.findall(r"<style>(.*?)</style>", STACKED.html, flags=re.DOTALL))

    assert "@media (prefers-color-scheme: dark)" in style
    assert "[data-ogsc] .card { background-color: #221e1b !important; }" in style
    assert "data-premailer" not in STACKED.html


def test_the_template_has_what_mail_programs_ask_for():
    page = parser.fromstring(STACKED.html)

    assert STACKED.html.startswith("<!DOCTYPE html>")
    assert page.xpath("//meta/@name") == [
        "viewport", "x-apple-disable-message-reformatting", "format-detection", "color-scheme",
        "supported-color-schemes",
    ]  # fmt: skip
    assert [table.get("role") for table in page.iter("table")] == ["presentation"] * len(list(page.iter("table")))
    assert [image.get("alt") for image in page.iter("img")] == [""]
    article = page.xpath("//div[@role='article']")[0]
    assert (article.get("aria-roledescription"), article.get("aria-label")) == ("email", "Welkom | Welkom")
    assert "<v:roundrect" in STACKED.html


def test_an_event_shows_when_where_and_whether_it_is_off():
    mail = compiled(content={"nl": Digest((), (event(cancelled=True),))})

    assert "Afgelast · donderdag 3 december 2026, 13:00–17:00 uur · Utrecht" in mail.text
    assert "donderdag 3 december 2026, 13:00–17:00 uur · Utrecht" in mail.html


def test_events_that_are_over_are_left_out_and_no_more_is_taken_than_asked_for():
    over = event("Voorbij", starts=NOW - timedelta(days=2), ends=NOW - timedelta(days=1))
    running = event("Bezig", starts=NOW - timedelta(days=1), ends=NOW + timedelta(days=1))
    mail = compiled(
        wave(events=1, news=2), content={"nl": Digest((news("A"), news("B"), news("C")), (over, running, event("D")))}
    )

    titles = ("A", "B", "C", "Voorbij", "Bezig", "D")
    assert [title for title in titles if f">{title}</a>" in mail.html] == ["A", "B", "Bezig"]


def test_a_call_says_until_when_it_is_open_and_since_when_it_is_not():
    open_call = campaign(calls={"join": call(closes=datetime(2026, 12, 10, 22, 59, tzinfo=UTC))})
    closed = campaign(calls={"join": call(closes=datetime(2026, 11, 1, 22, 59, tzinfo=UTC))})
    asking = wave("Kom!", call="join", layout=Layout.CALL)

    assert "Open tot en met 10 december 2026." in compiled(asking, of=open_call).text
    late = compiled(asking, of=closed)
    assert "Gesloten sinds 1 november 2026." in late.text
    assert late.links == ()
    assert "Gesloten sinds 1 november 2026." in compiled(wave("{{ button('join') }}"), of=closed).text


def test_a_call_whose_button_the_author_placed_is_not_asked_twice():
    assert compiled(wave("{{ button('join') }}", call="join")).text.count("Ik doe mee") == 1


def test_authors_have_words_for_what_changes():
    markdown = (
        "{{ first_name }}, {{ organisation }}, {{ campaign }}, {{ day('2026-12-10') }}, {{ closes('join') }}\n\n"
        "{{ progress(6, 10) }}\n\n[hier]({{ page }}) en [daar]({{ url('join') }})"
    )
    of = campaign(calls={"join": call(closes=datetime(2026, 12, 10, 16, 0, tzinfo=UTC))})
    mail = compiled(wave(markdown), of=of)

    assert mail.text.split("\n\n")[2:5] == [
        "@@first_name@@, @@organisation@@, Proef, 10 december 2026, 10 december 2026,\n17:00",
        "6 van 10:\nhttps://mail.example.org/c/@@rid@@/0",
        "hier <https://mail.example.org/c/@@rid@@/1> en daar\n<https://mail.example.org/c/@@rid@@/2>",
    ]
    assert (mail.html.count('class="dot-done"'), mail.html.count('class="dot"')) == (6, 4)


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("Dag\n\n{{ buton('join') }}", "line 3: 'buton' is undefined; known names: button, url, page, progress, event, asset, day, number, closes, campaign, salutation, first_name, organisation"),
        ("{{ button('jion') }}", "line 1: no call 'jion'; there is: join"),
        ("\n{{ button('join') }", "line 2: unexpected '}'"),
        ("{{ day('morgen') }}", "line 1: Invalid isoformat string: 'morgen'"),
        ("{{ closes('join') }}", "line 1: call 'join' never closes; give it closes = 2026-12-10 in campaign.toml"),
        ("{{ ''.__class__.__mro__ }}", "line 1: access to attribute '__class__' of 'str' object is unsafe."),
    ],
)  # fmt: skip
def test_a_wrong_expression_is_told_with_file_and_line(markdown: str, told: str):
    assert refusal(definition=wave(markdown)) == f"templates/campaigns/test/start.nl.md: {told}"


def test_a_language_the_campaign_does_not_speak_is_refused():
    assert refusal(variant="fr") == "variant 'fr': the campaign does not speak 'fr', but nl, de"


def test_equal_input_gives_equal_messages():
    assert compiled(content=FULL).digest == compiled(content=FULL).digest
    assert compiled(content=FULL).digest != compiled(content={}).digest


@given(st.dictionaries(st.sampled_from(sorted(STACKED.slots)), st.text().filter(lambda value: "@" not in value)))
def test_filling_is_what_replacing_every_slot_would_give(values: dict[str, str]):
    recipient = reader(STACKED, **values)
    mail = STACKED.fill(recipient)

    def naive(template: str, by: dict[str, str]) -> str:
        for name, value in by.items():
            template = template.replace(f"@@{name}@@", value)
        return template

    assert mail.html == naive(STACKED.html, dict(recipient.escaped()))
    assert mail.text == naive(STACKED.text, dict(recipient.values))
    assert mail.headers == {name: naive(value, dict(recipient.values)) for name, value in STACKED.headers.items()}


def test_every_slot_survives_the_inlining():
    source = ENVIRONMENT.from_string("{{ x }}").render(x="@@rid@@")
    assert SLOT.findall(source) == ["rid"]
    assert set(SLOT.findall(STACKED.html)) == {
        "rid",
        "unsubscribe",
        "preferences",
        "pixel",
        "salutation_nl",
        "salutation_de",
    }


def test_the_filled_mail_is_one_that_mail_programs_can_read():
    mail = STACKED.fill(reader(STACKED, salutation_nl="Beste Zoë,"))
    letter = EmailMessage(policy=SMTP)
    letter["Subject"], letter["From"], letter["To"] = mail.subject, mail.sender.email, mail.recipient
    for name, value in mail.headers.items():
        letter[name] = value
    letter.set_content(mail.text)
    letter.add_alternative(mail.html, subtype="html")

    assert letter.defects == []
    assert max(len(line) for line in letter.as_bytes().split(b"\r\n")) <= 998
    assert max(len(line) for line in mail.text.split("\n")) <= 78


def test_without_a_mailbox_for_it_only_the_link_unsubscribes():
    given = headers(replace(BRAND, unsubscribe_email=""), campaign(), wave(), "nl", Addresses("https://m.example/"))

    assert given["List-Unsubscribe"] == "<https://m.example/u/@@unsubscribe@@>"


def test_a_single_language_campaign_needs_no_switch():
    alone = campaign(languages=("nl",))

    assert [compiled(variant=variant, of=alone).html.count("hreflang") for variant in variants(alone, wave())] == [0]


@pytest.mark.parametrize(
    ("words", "dots"),
    [
        ("6 of 10", (6, 10)),
        ("12 of 10", (10, 10)),
        ("0 of 30", (0, 12)),
        ("1 of 30", (1, 12)),
        ("17 of 30", (6, 12)),
        ("29 of 30", (11, 12)),
        ("30 of 30", (12, 12)),
        ("none yet", (0, 0)),
    ],
)
def test_dots_are_all_filled_only_when_the_goal_is_reached(words: str, dots: tuple[int, int]):
    assert counted(words) == dots


@pytest.mark.parametrize(("variant", "shown"), [("nl", "12.500 en 0,5"), ("de", "12.500 en 0,5")])
def test_numbers_are_written_as_the_language_does(variant: str, shown: str):
    text = "{{ number(12500) }} en {{ number(0.5) }}"

    assert shown in compiled(wave(text, text), variant).text

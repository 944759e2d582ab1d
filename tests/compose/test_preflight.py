# ruff: noqa: E501 - a row of a table stays on one line
from dataclasses import replace
from pathlib import Path

import pytest

from outreach.compose.compile import Digest
from outreach.compose.preflight import catalogues, check, merged_size
from outreach.compose.variants import variants
from outreach.model.campaign import Campaign, Edition, Field, FieldKind, Sender, WaveDefinition
from outreach.model.mail import Message
from outreach.model.preflight import Finding, Level
from outreach.templating import environment
from tests.builders_compose import BRAND, body, both, call, campaign, compiled, news, reader, wave

STACKED = wave(edition=Edition.STACKED)
MAILS = tuple(compiled(STACKED, variant) for variant in ("nl+de", "de+nl"))
FIRST, SECOND = MAILS


def found(definition: WaveDefinition, *mails: Message, of: Campaign | None = None) -> list[tuple[str, str, str]]:
    of = of or campaign(definition)
    mails = mails or tuple(compiled(definition, variant, of=of) for variant in variants(of, definition))
    return [(f.level.value, f.where, f.what) for f in check(BRAND, of, definition, mails)]


def changed(old: str, new: str) -> tuple[Message, Message]:
    assert old in FIRST.html
    return replace(FIRST, html=FIRST.html.replace(old, new)), SECOND


def test_nothing_is_found_where_nothing_is_wrong():
    assert found(STACKED) == []


def test_a_mail_that_would_be_cut_off_is_stopped():
    large, larger = (
        changed("</body>", f"<p>{'x' * 64_000}</p></body>"),
        changed("</body>", f"<p>{'x' * 86_000}</p></body>"),
    )

    assert [held // 1000 for held in (merged_size(large[0]), merged_size(larger[0]))] == [81, 103]  # fmt: skip
    assert found(STACKED, *large) == [
        ("warning", "variant nl+de", "HTML has 81 kB once merged; it must stay under 100")
    ]
    assert found(STACKED, *larger) == [
        ("stop", "variant nl+de", "HTML has 103 kB once merged; Gmail cuts it off at 102: take items out")
    ]


def test_the_size_is_that_of_the_filled_mail():
    filled = FIRST.fill(reader(FIRST, rid="r" * 40, unsubscribe="u" * 40, preferences="p" * 40, pixel="o/" + "r" * 40,
                               salutation_nl="n" * 32, salutation_de="d" * 32))  # fmt: skip

    assert merged_size(FIRST) == len(filled.html.encode())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("</body>", '<img src="https://www.example.org/a.png"></body>', "picture https://www.example.org/a.png has no alternative text; write ![what it shows](https://www.example.org/a.png)"),
        ("</body>", '<img alt=" " src="https://www.example.org/a.png"></body>', "picture https://www.example.org/a.png has no alternative text; write ![what it shows](https://www.example.org/a.png)"),
        ("</body>", '<img alt="x" src="a.png"></body>', "picture 'a.png' is not on the web; write its whole address, with https://"),
        ("</body>", '<a href="foto.html">x</a></body>', "link 'foto.html' leads nowhere; write a whole address, with https://"),
        ("</body>", "<h1>x</h1></body>", "headings of the first level: 2; there must be one, and it comes first"),
        ("Colofon NL", "", "HTML lacks the imprint in 'nl'; let the footer template show it"),
        ("/u/@@unsubscribe@@", "/m/@@rid@@", "HTML has no link to unsubscribe; let the footer template show it"),
        ("</body>", "{{ x }}</body>", "HTML still holds '{{'; correct the expression there"),
        ("</body>", "{% if %}</body>", "HTML still holds '{%'; correct the expression there"),
        ("</body>", "@@nickname@@</body>", "HTML holds @@nickname@@, which nothing fills; slots: first_name, organisation, pixel, preferences, rid, salutation_de, salutation_nl, unsubscribe"),
    ],
)  # fmt: skip
def test_what_stops_a_mail_is_told(old: str, new: str, told: str):
    assert found(STACKED, *changed(old, new)) == [("stop", "variant nl+de", told)]


def test_a_skipped_heading_is_a_warning():
    assert found(STACKED, *changed("</body>", "<h4>x</h4></body>")) == [
        ("warning", "variant nl+de", "a heading of level 4 follows one of level 2; skip none (##, then ###)")
    ]


@pytest.mark.parametrize(
    ("change", "level", "told"),
    [
        ({"subject": " | "}, "stop", "subject is empty; write one in the front matter"),
        ({"text": FIRST.text.replace("@@unsubscribe@@", "")}, "stop", "text has no link to unsubscribe; let the footer template show it"),
        ({"text": FIRST.text.replace("Impressum DE", "")}, "stop", "text lacks the imprint in 'de'; let the footer template show it"),
        ({"headers": {**FIRST.headers, "List-Unsubscribe-Post": ""}}, "stop", "header List-Unsubscribe-Post is missing"),
        ({"headers": {**FIRST.headers, "List-Unsubscribe": "<http://mail.example.org/u/@@unsubscribe@@>"}}, "warning", "List-Unsubscribe is not https; set OUTREACH_PUBLIC_URL to an https address"),
        ({"headers": {**FIRST.headers, "List-Unsubscribe": "<http://127.0.0.1:8400/u/@@unsubscribe@@>"}}, "", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_outside_the_html_is_told(change: dict[str, object], level: str, told: str):
    expected = [(level, "variant nl+de", told)] if told else []
    assert found(STACKED, replace(FIRST, **change), SECOND) == expected  # type: ignore[arg-type]


def test_a_variant_that_is_not_compiled_stops_the_wave():
    assert found(STACKED, FIRST) == [("stop", "start.de+nl", "is not compiled; plan the wave again")]


def test_a_sender_without_address_or_imprint_stops_the_wave():
    of = campaign(STACKED, sender=Sender("L", "nieuws@localhost", "redactie@example.org", both("Colofon NL", "")))

    assert found(STACKED, *MAILS, of=of) == [
        ("stop", f"variant {variant}", what)
        for variant in ("nl+de", "de+nl")
        for what in (
            "there is no imprint in 'de'; write it under [sender.imprint]",
            "sender.email is 'nieuws@localhost'; write an address such as news@example.org",
        )
    ]


def test_a_long_subject_and_an_empty_preheader_are_warnings():
    definition = wave(body("nl", subject="x" * 71), body("de", preheader=""), edition=Edition.STACKED)

    assert found(definition) == [
        ("warning", "templates/campaigns/test/start.nl.md", "subject has 71 characters; 70 or fewer are shown whole"),
        ("warning", "templates/campaigns/test/start.de.md", "preheader is empty; inboxes show it beside the subject"),
    ]


def test_colours_that_cannot_be_read_are_told():
    faint = replace(BRAND, light=replace(BRAND.light, muted="#a89c90"))

    assert check(faint, campaign(STACKED), STACKED, MAILS)[0] == Finding(
        Level.WARNING, "brand.toml", "light: muted on card has a contrast of 2.6; from 4.5 on it can be read"
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("</body>", '<p style="color: #bbb">Zo  licht</p></body>', ["light: “Zo licht” stands in #bbbbbb on #f4ede3, a contrast of 1.7"]),
        ("</body>", '<p class="name" style="background-color: white; color: #2b2622">Dag</p></body>', ["dark: “Dag” stands in #f3ece3 on #ffffff, a contrast of 1.2"]),
        ("</body>", '<table bgcolor="#000"><tr><td style="color: black">Nacht</td></tr></table></body>', ["light: “Nacht” stands in #000000 on #000000, a contrast of 1.0", "dark: “Nacht” stands in #000000 on #000000, a contrast of 1.0"]),
        ("</body>", '<p style="display: none; color: #fff">x</p><p style="color: #fff">&nbsp;</p></body>', []),
        ("</body>", '<p style="color: bright">x</p></body>', []),
    ],
)  # fmt: skip
def test_words_that_are_too_faint_are_told_with_their_colours(old: str, new: str, told: list[str]):
    remedy = "from 4.5 on it can be read; choose other colours in brand.toml"

    assert found(STACKED, *changed(old, new)) == [("warning", "variant nl+de", f"{each}; {remedy}") for each in told]


def test_a_picture_whose_words_are_its_files_name_is_a_warning():
    page = changed("</body>", '<img alt="a.png" src="https://www.example.org/a.png"></body>')

    assert found(STACKED, *page) == [
        ("warning", "variant nl+de", "picture https://www.example.org/a.png has its file's name as alternative text; say what it shows")
    ]  # fmt: skip


def test_a_subject_of_two_waves_is_a_warning():
    again = wave(body("nl", subject="WELKOM"), body("de", subject="Hallo"), name="again")
    of = campaign(STACKED, again)

    assert found(STACKED, *MAILS, of=of) == [
        ("warning", "templates/campaigns/test/start.nl.md", "subject is that of templates/campaigns/test/start.nl.md as well; readers would take it for the same mail")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "left", ["✎ Schrijf hier.", "{# ✎ #}", "TODO: foto", "XXX", "Lorem Ipsum dolor", "Dag [naam]", "op [Datum]"]
)  # fmt: skip
def test_what_somebody_still_has_to_write_stops_the_wave(left: str):
    definition = wave(f"\n\nEen.\n{left}", "Eins.", edition=Edition.STACKED)

    assert found(definition, *MAILS) == [
        ("stop", "templates/campaigns/test/start.nl.md", f"line 4 still holds “{left}”; write what belongs there")
    ]


@pytest.mark.parametrize(
    "fine", ["[naam](https://a.example/)", "todo-lijst", "[sic]", "{# TODO #}", "XXL", "Johannes XX"]
)
def test_what_only_looks_unfinished_is_let_go(fine: str):
    definition = wave(fine, fine, edition=Edition.STACKED)

    assert found(definition, *MAILS) == []


def test_words_of_the_campaign_that_its_mails_show_must_be_written_too():
    calls = {
        "join": call(title=both("✎ Titel", "Titel"), fields=(Field("a", FieldKind.LINE, both("✎", "x")),)),
        "later": call("later", title=both("✎", "✎")),
    }
    definition = wave("{{ button('join') }}", "{{ button('join') }}", edition=Edition.STACKED)
    of = campaign(definition, calls=calls, summary=both("a", "TODO"))

    assert found(definition, *MAILS, of=of) == [
        ("stop", "test/campaign.toml", f"{what}; write what belongs there")
        for what in (
            "summary.de still holds “TODO”",
            "calls.join.title.nl still holds “✎ Titel”",
            "calls.join.fields.label.nl still holds “✎”",
        )
    ]


def test_words_missing_in_a_catalogue_stop_the_wave(tmp_path: Path):
    (tmp_path / "locales").mkdir()
    counted = 'msgid "%(n)d mail"\nmsgid_plural "%(n)d mails"\nmsgstr[0] "een"\nmsgstr[1] "{}"\n'
    (tmp_path / "locales" / "de.po").write_text('msgid "A"\nmsgstr "A"\n\n' + counted.format("x"))
    (tmp_path / "locales" / "nl.po").write_text('#, fuzzy\nmsgid "A"\nmsgstr "A"\n\n' + counted.format(""))

    assert catalogues(environment(tmp_path), campaign()) == (
        Finding(
            Level.STOP,
            "templates/locales/nl.po",
            "missing or fuzzy: “%(n)d mail”, “A”; translate them, and take the mark 'fuzzy' away",
        ),
    )


def test_news_in_one_language_alone_is_no_difference():
    definition = wave(edition=Edition.STACKED)
    content = {"nl": Digest((news(),))}

    assert found(definition, *(compiled(definition, one, content) for one in ("nl+de", "de+nl"))) == []

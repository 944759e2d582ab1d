# ruff: noqa: E501 - a row of a table stays on one line
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose.facts import Topic, facts
from outreach.compose.parity import differences, unlike
from outreach.compose.written_dates import read_dates, read_numbers
from outreach.model import dates
from outreach.model.campaign import Body, Campaign, Event, Signature, WaveDefinition
from outreach.model.preflight import Finding, Level
from outreach.steps.pieces import pieces
from tests.builders_compose import TEMPLATES, body, both, call, campaign, wave


def said(text: str, language: str) -> tuple[list[str], list[str]]:
    found, rest = read_dates(text, language)
    return [date.key for date in found], [number.key for number in read_numbers(rest, language)]


@pytest.mark.parametrize(
    ("language", "text", "days", "numbers"),
    [
        ("nl", "Op 28 mei 2027, 28-5-2027 of 28/05/2027", ["28-05-2027"] * 3, []),
        ("de", "Am 28. Mai 2027, 28.5.2027 oder 28.05.27", ["28-05-2027"] * 3, []),
        ("en", "On May 28, 2027, 28th of May 2027, 5/28/2027 or 28/5/2027", ["28-05-2027"] * 4, []),
        ("nl", "2027-05-28, 3 dec. en Mei 2027", ["28-05-2027", "03-12", "05-2027"], []),
        ("de", "am 28.5. und 14.–16. Nov. 2026", ["28-05", "16-11-2026"], ["14"]),
        ("nl", "14-16 november\n2026", ["16-11-2026"], ["14"]),
        ("fr", "le 1er mars 2027", ["01-03-2027"], []),
        ("en", "You may 5 times, in 2015", [], ["5", "2015"]),
        ("nl", "31-2-2027 en 30 februari", [], ["31", "2", "2027", "30"]),
        ("nl", "1.000 en 1.234.567,50 en 0,5 en 007", [], ["1000", "1234567.5", "0.5", "7"]),
        ("en", "1,000 and 1,234,567.50 and 0.5 and 7", [], ["1000", "1234567.5", "0.5", "7"]),
        ("de", "10\u00a0000 und 12’500", [], ["10000", "12500"]),
        ("de", "um 13 Uhr, 13:00, 13.00 Uhr und 13:30", [], ["13", "13", "13", "13.3"]),
        ("en", "at 1 pm, 1:30 p.m. and 12am", [], ["13", "13.3", "0"]),
        ("de", "um 12 am Bahnhof", [], ["12"]),
        ("nl", "9" * 5_000, [], ["9" * 5_000]),
    ],
)  # fmt: skip
def test_dates_and_numbers_are_read_as_the_language_writes_them(
    language: str, text: str, days: list[str], numbers: list[str]
):
    assert said(text, language) == (days, numbers)


@settings(max_examples=40)
@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(["nl", "de", "en", "fr", "pl"]))
def test_a_date_as_we_write_it_is_read_again_in_every_language(day, language: str):
    assert said(dates.day(day, language), language)[0] == [f"{day:%d-%m-%Y}"]


def shown(markdown: str, language: str = "nl", **front: str) -> list[tuple[str, str, str]]:
    return [(fact.topic.value, fact.shown, fact.place) for fact in facts(body(language, markdown, **front), language)]


def test_what_a_text_says_is_told_with_its_line():
    markdown = "\n\n# Kop 3\n\n{{ salutation }}\nDag {# 99 #}\n\n" + (
        'Op {{ day("2026-12-10") }} [lees](https://a.example/nl?p=7)\nen <https://b.example/8>. ![Vier 4](assets/f.png)\n'
        "{{ button('join') }} {{ event('fachtag') }} [pdf]({{ asset('p.pdf') }}) {{ progress(7, 10) }}\n\n"
        "1. een\n2. [twee][x]\n\n```\n12\n```\n\n[x]: https://c.example/\n"
    )

    assert shown(markdown, subject="6 keer", preheader="op 3 mei") == [
        ("numbers", "6", "subject"),
        ("dates", "3 mei", "preheader"),
        ("dates", "2026-12-10", "line 8"),
        ("calls", "join", "line 10"),
        ("events", "fachtag", "line 10"),
        ("files", "p.pdf", "line 10"),
        ("numbers", "7", "line 10"),
        ("numbers", "10", "line 10"),
        ("numbers", "3", "line 3"),
        ("links", "https://a.example/nl?p=7", "line 8"),
        ("links", "https://b.example/8", "line 9"),
        ("pictures", "assets/f.png", "line 9"),
        ("numbers", "4", "line 9"),
        ("links", "https://c.example/", "line 13"),
        ("numbers", "12", "line 15"),
    ]


def test_a_day_told_again_without_its_year_counts_once():
    assert [fact.key for fact in facts(body("nl", "28 mei 2027, dus 28 mei; 29 mei"), "nl")] == ["28-05-2027", "29-05"]


def found(nl: str, de: str, language: str = "de") -> list[str]:
    pair = ("nl", body("nl", nl)), (language, body(language, de))
    return [finding.what for finding in unlike(*pair)]


@pytest.mark.parametrize(
    ("nl", "de"),
    [
        ("{{ url('join') }}", '{{ button("join") }}'),
        ("[a](https://www.example.org/nl)", "[b](https://example.org/de/)"),
        ("[a](https://a.example/nl-NL/x)", "[b](https://a.example/de_DE/x)"),
        ("[a](https://nl.a.example/x?b=1&lang=nl)", "[b](https://de.a.example/x?b=1&lang=de)"),
        ("[a](https://a.example/p-nl.pdf) ![a](assets/f_nl.png)", "[b](https://a.example/p-de.pdf) ![b](assets/f_de.png)"),
        ("[a](https://a.example/de-wijk)", "[b](https://a.example/de-wijk)"),
        ("{{ asset('p.nl.pdf') }}", "{{ asset('p.de.pdf') }}"),
        ("Om 13:00 op 3 december 2026", "Am 3. Dezember 2026 um 13 Uhr, 13.00"),
        ("Op {{ day('2027-05-28') }}", "Am 28.5.2027"),
        ("10 mensen {# differs: 10, 12 #}", "12 Menschen"),
        ("10 mensen", "12 Menschen {# differs: 10,12 #}"),
        ("28 mei 2027 {# differs: 28-05-2027, 29. Mai 2027 #}", "29. Mai 2027"),
        ("[a](https://a.example/x) {# differs: https://a.example/x #}", "x"),
        ("![a](assets/photo.png) {# differs: photo.png #}", "x"),
        ("{{ button('join') }} {# differs: join #}", "x"),
        ("1. een\n2. twee", "- eins"),
        ("[a](http://[half)", "[b](http://[half)"),
    ],
)  # fmt: skip
def test_languages_that_say_the_same_are_let_go(nl: str, de: str):
    assert found(nl, de) == []


@pytest.mark.parametrize(
    ("nl", "de", "told", "declared"),
    [
        ("{{ button('join') }}", "Los!", "calls differ: nl says join (line 1); de says nothing of it", "join"),
        ("{{ event('a') }}", "{{ event('b') }}", "events differ: nl says a (line 1); de says b (line 1)", "a, b"),
        ("{{ asset('p.pdf') }}", "x", "files differ: nl says p.pdf (line 1); de says nothing of it", "p.pdf"),
        ("![a](assets/a.png)", "\n![b](assets/b.png)", "pictures differ: nl says assets/a.png (line 1); de says assets/b.png (line 2)", "assets/a.png, assets/b.png"),
        ("[a](https://a.example/nl/1)", "[b](https://a.example/nl/2)", "links differ: nl says https://a.example/nl/1 (line 1); de says https://a.example/nl/2 (line 1)", "https://a.example/nl/1, https://a.example/nl/2"),
        ("[a](https://example.nl/)", "[b](https://example.de/)", "links differ: nl says https://example.nl/ (line 1); de says https://example.de/ (line 1)", "https://example.nl/, https://example.de/"),
        ("[a](mailto:a@example.org)", "x", "links differ: nl says mailto:a@example.org (line 1); de says nothing of it", "mailto:a@example.org"),
        ("<https://a.example/>\n[a](https://a.example/)", "<https://a.example/>", "links differ: nl says https://a.example/ (line 1), https://a.example/ (line 2); de says https://a.example/ (line 1)", "https://a.example/"),
        ("Op 28 mei 2027", "Am 29. Mai 2027", "dates differ: nl says 28 mei 2027 (line 1); de says 29. Mai 2027 (line 1)", "28-05-2027, 29-05-2027"),
        ("10 mensen", "12 Menschen", "numbers differ: nl says 10 (line 1); de says 12 (line 1)", "10, 12"),
        (" ".join(map(str, range(10))), "x", "numbers differ: nl says 0 (line 1), 1 (line 1), 2 (line 1), 3 (line 1), 4 (line 1), 5 (line 1), 6 (line 1), 7 (line 1) and 2 more; de says nothing of it", "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
    ],
)  # fmt: skip
def test_what_languages_say_differently_is_told_with_lines_and_a_remedy(nl: str, de: str, told: str, declared: str):
    remedy = f"say the same in both, or declare it in a comment: {{# differs: {declared} #}}"

    assert found(nl, de) == [f"{told}; {remedy}"]


@pytest.mark.parametrize(
    ("language", "nl", "other", "changed"),
    [
        ("de", "14 t/m 16 november 2026", "14.11.–16.11.2026", "14.11.–17.11.2026"),
        ("de", "14 t/m 16 november 2026", "14.11.–16.11.2026", "13.11.–16.11.2026"),
        ("de", "van 14 tot en met 16 november", "vom 14. bis zum 16. November", "vom 15. bis zum 16. November"),
        ("de", "De trein gaat om 19.10.", "Der Zug fährt um 19.10.", "Der Zug fährt um 19.11."),
        ("de", "Zie paragraaf 2.1.", "Siehe Kapitel 2.1.", "Siehe Kapitel 2.10."),
        ("de", "art. 5.2.", "Art. 5.2.", "Art. 5.3."),
        ("de", "1.1. Inleiding", "1.1. Einleitung", "1.2. Einleitung"),
        ("de", "op 19 oktober", "am 19.10.", "am 19.11."),
        ("de", "3 en 4 december 2026 in Aken", "3. und 4. Dezember 2026 in Aachen", "2. und 4. Dezember 2026 in Aachen"),
        ("de", "1 december 2026 en 2 december 2026", "Am 1. und 2. Dezember 2026", "Am 1. und 3. Dezember 2026"),
        ("de", "3, 4 en 5 december", "am 3.12., 4.12. und 5.12.", "am 3.12., 6.12. und 5.12."),
        ("de", "van 28-11 t/m 2-12-2026", "vom 28.11. bis 2.12.2026", "vom 27.11. bis 2.12.2026"),
        ("de", "op 5-12 om 9 uur", "am 5.12. um 9 Uhr", "am 5.12. um 8 Uhr"),
        ("de", "op 5-12 om 5 uur", "am 5.12. um 5 Uhr", "am 5.12."),
        ("de", "op 5/12", "am 5.12.", "am 12.5."),
        ("de", "op 5/12", "am 5. Dezember", "am 6. Dezember"),
        ("de", "op 5-12-2026, dus 5-12", "am 5.12.2026", "am 5.11.2026"),
        ("de", "kinderen van 5-12", "Kinder von 5 bis 12", "Kinder von 5 bis 13"),
        ("de", "De score was 3-1.", "Das Ergebnis war 3:1.", "Das Ergebnis war 1:3."),
        ("de", "10-20 mensen", "10 bis 20 Menschen", "10:20 Uhr"),
        ("de", "om 9.30u", "um 9h30", "um 9h45"),
        ("de", "CO2 en 5 m2", "CO₂ und 5 m²", "CO₃ und 5 m²"),
        ("de", "1 mrt. 2027", "1. Mrz. 2027", "2. Mrz. 2027"),
        ("de", "€ 12.500,-", "12 500 €", "12 600 €"),
        ("de", "1 000 deelnemers", "1.000 Teilnehmende", "1.001 Teilnehmende"),
        ("de", "kamer 12 500 stoelen", "Raum 12, 500 Stühle", "Raum 12, 600 Stühle"),
        ("de", "bel +31 (0)6 12345678", "Tel. +31 6 12345678", "Tel. +31 6 12345687"),
        ("de", "[a](https://a.example/x)", "[a](https://a.example/de/x)", "[a](https://a.example/de/y)"),
        ("de", "[a](https://a.example/nl)", "[a](https://a.example/)", "[a](https://b.example/)"),
        ("de", "[a](https://a.example/nl-a.pdf)", "[a](https://a.example/de-a.pdf)", "[a](https://a.example/de-b.pdf)"),
        ("de", "mail info-nl@example.org.", "Mail: info-de@example.org", "Mail: info@example.org"),
        ("de", "mail a1@example.org", "[a1@example.org](mailto:a1@example.org) {# differs: mailto:a1@example.org #}", "Mail b1@example.org"),
        ("de", "lees www.example.org/a.", "Lesen: https://example.org/a", "Lesen: https://example.org/b"),
        ("de", "[lees](https://a.example/)", "[a.example: https://a.example](https://a.example/)", "[https://b.example](https://a.example/)"),
        ("en", "3 t/m 5 mei 2027", "May 3–5, 2027", "May 3–6, 2027"),
        ("en", "3 t/m 5 mei 2027", "May 3–5, 2027", "May 2–5, 2027"),
        ("en", "3 en 4 december 2026", "December 3 and 4, 2026", "December 3 and 4, 2027"),
        ("en", "3 en 4 december", "December 3 and 4", "December 3 and 5"),
        ("en", "Op 3 mei 4 mensen", "On May 3, 4 people", "On May 3, 5 people"),
        ("en", "van 13 tot 15 uur", "from 1 to 3 pm", "from 2 to 3 pm"),
        ("en", "11.30-13.00 uur", "11:30–1 pm", "10:30–1 pm"),
        ("en", "10.00-12.00 uur", "10:00 am – noon", "10:00 am – midnight"),
    ],
)  # fmt: skip
def test_what_languages_write_in_their_own_way_is_the_same_and_what_changed_is_told(
    language: str, nl: str, other: str, changed: str
):
    assert found(nl, other, language) == []
    assert found(nl, changed, language) != []


def words_of(**changes: object) -> tuple[Campaign, WaveDefinition]:
    """A campaign whose words in two languages say the same, but for *changes*."""
    signed = Signature("Noor", both("lid sinds 2020", "Mitglied seit 2020"))
    definition = wave(call="join", event="day", signed=signed, title=both("Start 10 december", "Start 10. Dezember"))
    starts = datetime(2027, 6, 4, 9, tzinfo=UTC)
    title, place = both("4 juni", "4. Juni"), both("Zaal 2", "Raum 2")
    event = Event("day", title, starts, starts, place, both("3 sessies", "3 Foren"))
    values: dict[str, object] = {"intro": both("12 plaatsen tot 10 december", "12 Plätze bis 10. Dezember")}
    values |= {key: value for key, value in changes.items() if key in ("title", "intro", "button", "thanks")}
    own = {key: value for key, value in changes.items() if key in ("differs", "summary")}
    event = replace(event, **{key: value for key, value in changes.items() if key == "place"})
    definition = replace(definition, **{key: value for key, value in changes.items() if key == "signed"})
    calls = {"join": call(**values), "later": call("later", intro=both("1", "2"))}
    return campaign(definition, calls=calls, events={"day": event}, **own), definition


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"intro": both("12 plaatsen", "15 Plätze")}, ["calls.join.intro in nl and de: numbers differ: nl says 12; de says 15; say the same in both, or declare it under [differs]: \"calls.join.intro\" = [\"12\", \"15\"]"]),
        ({"thanks": both("mail a@example.org", "Mail b@example.org")}, ["calls.join.thanks in nl and de: addresses differ: nl says a@example.org; de says b@example.org; say the same in both, or declare it under [differs]: \"calls.join.thanks\" = [\"a@example.org\", \"b@example.org\"]"]),
        ({"summary": both("In 2026", "Im Jahr 2027")}, ["summary in nl and de: numbers differ: nl says 2026; de says 2027; say the same in both, or declare it under [differs]: \"summary\" = [\"2026\", \"2027\"]"]),
        ({"place": both("Zaal 2", "Raum 3")}, ["events.day.place in nl and de: numbers differ: nl says 2; de says 3; say the same in both, or declare it under [differs]: \"events.day.place\" = [\"2\", \"3\"]"]),
        ({"signed": Signature("N", both("sinds 2020", "seit 2021"))}, ["waves.start.signed.role in nl and de: numbers differ: nl says 2020; de says 2021; say the same in both, or declare it under [differs]: \"waves.start.signed.role\" = [\"2020\", \"2021\"]"]),
        ({"intro": both("12", "15"), "differs": {"calls.join.intro": ("12", "15")}}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_words_of_the_campaign_that_mails_and_forms_show_are_compared_too(changes: dict[str, object], told: list[str]):
    of, definition = words_of(**changes)

    assert list(differences(of, definition)) == [Finding(Level.STOP, "test/campaign.toml", each) for each in told]


def test_a_difference_stops_the_wave_and_names_both_files():
    definition = wave("10", "12")

    assert [(f.level, f.where) for f in differences(campaign(definition), definition)] == [
        (Level.STOP, "templates/campaigns/test/start.nl.md and templates/campaigns/test/start.de.md")
    ]


@pytest.mark.parametrize("slug", list_campaigns(TEMPLATES))
def test_campaigns_that_are_shipped_say_the_same_in_all_languages(slug: str):
    shipped = load_campaign(TEMPLATES, slug)

    assert [found for each in pieces(shipped).values() for found in differences(shipped, each)] == []


def translated(source: str, digest: str) -> list[Finding]:
    nl = body("nl", source)
    de = Body("s", "p", "Hallo.", "templates/campaigns/test/start.de.md", translated_from=digest)
    definition = wave(nl, de)
    return list(differences(campaign(definition), definition))


def test_a_translation_older_than_its_source_is_named():
    told = (
        "was translated from another text than templates/campaigns/test/start.nl.md has now; "
        "bring it up to date, then: outreach campaign translated test start"
    )

    assert translated("Dag.", "") == []
    assert translated("Dag.", body("nl", "Dag.").digest) == []
    assert translated("Dag.", body("nl", "Hoi.").digest) == [
        Finding(Level.WARNING, "templates/campaigns/test/start.de.md", told)
    ]


PIECES = st.sampled_from(
    [
        "10", "1.000", "1,000", "5-12", "3:1", "2.10.", "3 en 4 mei", "12 500", "1 to 3 pm", "noon", "a@a.example", "28 mei 2027", "28. Mai", "13:30", "Mai 2027", "{{ button('join') }}", "{{ day('2026-12-10') }}",
        "[a](https://a.example/nl)", "[b](https://a.example/de)", "![x](assets/f-nl.png)", "{# differs: 10, 28-05-2027 #}",
        "{{", "{%", "#}", "](", "<http://[", "\n\n", "1. ", "@@x@@", "✎", "\u2028",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8).map(" ".join)
LANGUAGES = st.sampled_from(["nl", "de", "en"])


@settings(max_examples=60)
@given(TEXTS, LANGUAGES, LANGUAGES)
def test_the_same_words_never_differ(text: str, one: str, other: str):
    assert list(unlike((one, body(one, text)), (other, body(other, text)))) == []


@settings(max_examples=60)
@given(TEXTS, TEXTS, LANGUAGES, LANGUAGES)
def test_which_language_comes_first_makes_no_difference(text: str, another: str, one: str, other: str):
    here, there = (one, body(one, text)), (other, body(other, another))

    def topics(findings) -> list[str]:
        return [finding.what.partition(" ")[0] for finding in findings]

    assert topics(unlike(here, there)) == topics(unlike(there, here))
    assert set(topics(unlike(here, there))) <= {topic.value for topic in Topic}

import pytest
from email_validator import validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.contacts.columns import Column, understand
from outreach.contacts.entries import Entry, RowRefused, Rows
from outreach.contacts.read import Line
from outreach.contacts.values import (
    LONGEST,
    PLAIN,
    CellRefused,
    address,
    address_kind,
    country,
    groups,
    kind_of,
    language,
    organisation_kind,
    time_zone,
    tracking,
)
from outreach.model.people import AddressKind, Organisation


def entry(heading: str, row: str, groups: tuple[str, ...] = ()) -> Entry:
    return Rows(understand(heading.split(";"), "people.csv"), groups).entry_of(Line(2, tuple(row.split(";"))))


def refusal(heading: str, row: str) -> str:
    with pytest.raises(RowRefused) as caught:
        entry(heading, row)
    return str(caught.value)


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("email", Column.EMAIL),
        ("E-Mail-Adresse", Column.EMAIL),
        ("e-mailadres", Column.EMAIL),
        ("Voornaam", Column.FIRST_NAME),
        ("vorname", Column.FIRST_NAME),
        ("First name", Column.FIRST_NAME),
        ("achternaam", Column.LAST_NAME),
        ("Sprache", Column.LANGUAGE),
        ("Tijdzone", Column.TIME_ZONE),
        ("Zeitzone", Column.TIME_ZONE),
        ("time zone", Column.TIME_ZONE),
        ("Groups", Column.GROUPS),
        ("Organisatie", Column.ORGANISATION),
        ("Art", Column.ORGANISATION_KIND),
        ("Gemeentecode", Column.CODE),
        ("AGS", Column.CODE),
        ("Gemeindeschlüssel", Column.CODE),
        ("external_id", Column.EXTERNAL_ID),
        ("Land", Column.COUNTRY),
        ("Tracking", Column.TRACKING),
        ('Geboorte "jaar"', "geboorte jaar"),
    ],
)
def test_headings_are_understood_in_three_languages(heading: str, meaning: Column | str):
    assert (
        understand(["email" if meaning is not Column.EMAIL else "sector", heading], "people.csv").meanings[1] == meaning
    )


def test_a_row_becomes_what_it_says_about_an_address():
    assert entry(
        "Lidnummer;Voornaam;Tussenvoegsel;Achternaam;E-mail;Taal;Groep;Organisatie;Soort;Gemeentecode;Regio;Land;Sector",
        "L7; Zoë ;van der;Rietkraag; Zoe@Kade.Example.org ;Duits;Social Worker, member;Zilverdrecht;Gemeente;gm 9001;"
        "Rivierenhoek;Nederland;youth",
        groups=("extra", "member"),
    ) == Entry(
        line=2,
        email="zoe@kade.example.org",
        external_id="L7",
        first_name="Zoë",
        last_name="van der Rietkraag",
        language="de",
        kind=None,
        guess=AddressKind.PERSONAL,
        groups=("social-worker", "member", "extra"),
        organisation=Organisation("Zilverdrecht", "municipality", "GM9001", "Rivierenhoek", "NL"),
        attributes={"sector": "youth"},
        tracking=None,
        left=False,
        filled=13,
    )


def test_cells_that_are_left_empty_say_nothing():
    assert entry("email;taal;groep;organisatie;sector;tracking", "bo@example.org;;;;;") == Entry(
        line=2,
        email="bo@example.org",
        external_id=None,
        first_name=None,
        last_name=None,
        language=None,
        kind=None,
        guess=AddressKind.PERSONAL,
        groups=(),
        organisation=None,
        attributes={},
        tracking=None,
        left=False,
        filled=1,
    )


def test_a_time_zone_is_told_by_its_name_or_its_place_alone():
    told = ("Europe/Amsterdam", "america/port of spain", " Berlin", "New York", "Caribisch Nederland", "Curaçao", "")

    assert [time_zone(text) for text in told] == [
        "Europe/Amsterdam", "America/Port_of_Spain", "Europe/Berlin", "America/New_York", "America/Kralendijk",
        "America/Curacao", None,
    ]  # fmt: skip
    assert entry("email;Tijdzone", "bo@example.org;Bonaire").time_zone == "America/Kralendijk"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("CET", ""), ("UTC+1", ""), ("Etc/GMT+5", ""), ("Europe/Amsterdm", "did you mean Europe/Amsterdam? ")],
)
def test_what_is_no_time_zone_is_refused_with_what_would_work(text: str, meant: str):
    assert refusal("email;tijdzone", f"bo@example.org;{text}") == (
        f"time zone {text!r} is not known; {meant}write a name such as Europe/Amsterdam, Europe/Berlin or "
        "America/Kralendijk, or leave it empty"
    )


def test_a_row_that_ends_early_ends_in_empty_cells():
    assert entry("email;voornaam;taal", "bo@example.org;Bo").language is None


def test_line_breaks_and_control_characters_are_taken_out():
    read = entry("email;voornaam;sector", "bo@example.org;Bo\r\nBcc: x;a\x00b")

    assert (read.first_name, read.attributes) == ("Bo  Bcc: x", {"sector": "a b"})


def test_a_whole_name_is_split_where_there_is_no_other():
    read = entry("email;naam", "bo@example.org;Bo van der Rietkraag")

    assert (read.first_name, read.last_name) == ("Bo", "van der Rietkraag")


def test_the_municipality_of_a_person_without_organisation_is_kept_with_the_person():
    assert entry("email;gemeente", "bo@example.org;Otteroord").attributes == {"municipality": "Otteroord"}


@pytest.mark.parametrize(("written", "kept"), [("gemeente utrecht", "Utrecht"), ("Den Bosch", "'s-Hertogenbosch")])
def test_a_persons_own_municipality_is_kept_as_the_register_has_it(written: str, kept: str):
    assert entry("email;gemeente", f"bo@example.org;{written}").attributes == {"municipality": kept}


def test_a_slip_in_a_persons_own_municipality_is_refused_with_what_may_be_meant():
    with pytest.raises(RowRefused, match="Rotterdam"):
        entry("email;gemeente", "bo@example.org;Rotterdm")


def test_whoever_left_another_list_has_left():
    words = ("subscribed;", "unsubscribed;", ";2025-03-01", ";")

    assert [entry("email;status;unsubscribed", f"bo@example.org;{each}").left for each in words] == [
        False, True, True, False,
    ]  # fmt: skip


def test_several_columns_of_groups_add_up():
    assert entry("email;groep;gruppe", "bo@example.org;a;b|a").groups == ("a", "b")


def test_everything_wrong_with_a_row_is_told_at_once():
    assert refusal("email;taal;adressoort;tracking;land", "jan.example.org;Klingon;half;maybe;Narnia") == (
        "address 'jan.example.org' is impossible: An email address must have an @-sign.; "
        "language 'Klingon' is not known; known: nl (nederlands), de (deutsch), en (english), fr (français); "
        "or leave it empty; "
        "address kind 'half' is not known; known: personal (persoonlijk), role (functie); or leave it empty; "
        "tracking 'maybe' is not known; known: yes (ja), no (nee); or leave it empty; "
        "country 'Narnia' is not known; known: NL (nederland), DE (deutschland), BE (belgië), LU (luxemburg), "
        "AT (österreich), CH (schweiz); or leave it empty"
    )


def test_more_cells_than_columns_are_refused():
    assert refusal("email;naam", "bo@example.org;Bo;Zandstraal") == (
        "3 cells where the heading has 2; put quotation marks around a cell that holds the mark between columns"
    )


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" Bo@Example.org\u200b", "bo@example.org"),
        ("mailto:bo@example.org", "bo@example.org"),
        ("bo@münchen.example.org", "bo@xn--mnchen-3ya.example.org"),
    ],
)
def test_an_address_is_stored_in_one_way(text: str, stored: str):
    assert address(text) == stored


def test_a_row_without_address_says_so():
    with pytest.raises(CellRefused, match=r"^no email address$"):
        address(" \u00a0")


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        ("gemeente@zilverdrecht.example.org", AddressKind.ROLE),
        ("info-jeugd@example.org", AddressKind.ROLE),
        ("poststelle@example.org", AddressKind.ROLE),
        ("info2@example.org", AddressKind.PERSONAL),
        ("bo.zandstraal@example.org", AddressKind.PERSONAL),
    ],
)
def test_the_local_part_tells_a_function_from_a_person(email: str, kind: AddressKind):
    assert kind_of(email) is kind


def test_a_kind_that_somebody_gave_goes_before_the_address():
    read = entry("email;adressoort", "info@example.org;persoonlijk")

    assert (read.kind, read.guess) == (AddressKind.PERSONAL, AddressKind.ROLE)


def test_words_in_three_languages_mean_the_same():
    assert [language(text) for text in ("NL", "niederländisch", "nl-BE", "de_AT", "")] == ["nl", "nl", "nl", "de", None]
    assert [country(text) for text in ("nl", "Deutschland", "")] == ["NL", "DE", ""]
    assert [tracking(text) for text in ("Ja", "nein", "1", "")] == [True, False, True, None]
    assert [address_kind(text) for text in ("Funktion", "")] == [AddressKind.ROLE, None]
    assert [organisation_kind(text) for text in ("Gemeinde", "Buurtclub")] == ["municipality", "buurtclub"]
    assert groups(" A b;c,,a B ") == ("a-b", "c")


def test_a_refused_row_tells_whose_it_is_where_the_address_can_be_read():
    with pytest.raises(RowRefused) as caught:
        entry("email;taal", "Bo@example.org;Klingon")

    assert caught.value.email == "bo@example.org"


LOCAL = st.text("ab.-_+Z0@ '", max_size=70)
DOMAIN = st.text("ab.-Z0é_", max_size=70)
ENDING = st.sampled_from(["", "org", "ORG", "o", "test", "local", "x1", "c-m", "onion", "xn--p1ai", "a" * 64])


@settings(max_examples=300, deadline=None)
@given(local=LOCAL, domain=DOMAIN, ending=ENDING)
@example("a" * 64, "b", "org")
@example("a" * 65, "b", "org")
@example("a", ".".join(["b" * 63] * 4), "org")
@example("a", "ab--cd", "org")
@example("a", "x.test", "org")
def test_addresses_that_are_taken_at_a_glance_stand_up_to_a_thorough_look(local: str, domain: str, ending: str):
    text = f"{local}@{domain}.{ending}"
    if PLAIN.fullmatch(text) and len(text) <= LONGEST:
        thorough = validate_email(text, check_deliverability=False, allow_smtputf8=False)

        assert address(text) == (thorough.ascii_email or thorough.normalized).lower()


def test_nearly_all_addresses_are_taken_at_a_glance():
    assert [
        bool(PLAIN.fullmatch(text))
        for text in ("zoe.van-der+x@kade-7.example.org", "Bo@Example.ORG", "bo@example", "bo@-a.example.org", "ë@a.nl")
    ] == [True, True, False, False, False]

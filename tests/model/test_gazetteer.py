import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.model import gazetteer
from outreach.model.gazetteer import (
    DATA,
    YEAR,
    Municipality,
    PlaceUnclear,
    alike,
    former_municipalities,
    laender,
    levelled,
    municipalities,
    municipality,
    province_named,
    provinces,
    region_named,
    regions,
    successor,
    today,
)

COUNTS = {
    2003: 489, 2004: 483, 2005: 467, 2006: 458, 2007: 443, 2008: 443, 2009: 441, 2010: 431, 2011: 418, 2012: 415,
    2013: 408, 2014: 403, 2015: 393, 2016: 390, 2017: 388, 2018: 380, 2019: 355, 2020: 355, 2021: 352, 2022: 345,
    2023: 342, 2024: 342, 2025: 342, YEAR: 342,
}  # fmt: skip
REGIONS_OF_2015 = (
    "West-Brabant", "Drechtsteden", "Drenthe", "Zeeland", "Haaglanden/Rijnmond", "Rivierenland", "Midden-Brabant",
    "Midden-Utrecht", "Stedendriehoek en Noordwest-Veluwe", "Zaanstreek/Waterland", "Midden-Gelderland", "Friesland",
    "Groningen", "Zuid-Limburg",
)  # fmt: skip
AMSTERDAM = Municipality("GM0363", "Amsterdam", "Noord-Holland", "Groot Amsterdam")
LIVING = st.sampled_from(sorted(municipalities().values(), key=lambda each: each.code))


def test_every_file_names_its_source_licence_and_date():
    for path in DATA.glob("*.csv"):
        header = "".join(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
        assert ("Source" in header, "icence" in header or "CC BY 4.0" in header) == (True, True), path.name


def test_there_are_twelve_provinces_35_regions_and_sixteen_laender():
    assert (len(provinces()), len(regions()), len(laender())) == (12, 35, 16)
    assert (laender()["01"], laender()["05"], laender()["16"]) == (
        "Schleswig-Holstein",
        "Nordrhein-Westfalen",
        "Thüringen",
    )


def test_the_municipalities_of_each_year_are_as_many_as_cbs_counted():
    spans = [(each.since, "9999") for each in municipalities().values()]
    spans += [(each.since, each.until) for each in former_municipalities().values()]

    counted = {year: sum(since <= f"{year}-01-01" < until for since, until in spans) for year in COUNTS}

    assert counted == COUNTS


def test_every_municipality_lies_in_one_province_and_one_region_and_none_of_these_is_empty():
    living = municipalities().values()

    assert {each.province for each in living} == set(provinces())
    assert {each.region for each in living} == set(regions())
    assert Counter(each.province for each in living) == {
        "Groningen": 10, "Fryslân": 18, "Drenthe": 12, "Overijssel": 25, "Flevoland": 6, "Gelderland": 51,
        "Utrecht": 26, "Noord-Holland": 44, "Zuid-Holland": 50, "Zeeland": 13, "Noord-Brabant": 56, "Limburg": 31,
    }  # fmt: skip


def test_no_code_and_no_name_of_today_stands_twice():
    rows = [
        row["code"] for file in ("municipalities.csv", "former_municipalities.csv") for row in gazetteer._rows(file)
    ]

    assert [code for code, times in Counter(rows).items() if times > 1] == []
    assert len({levelled(each.name) for each in municipalities().values()}) == len(municipalities())


def test_every_former_municipality_ends_in_living_ones_and_later_than_it_began():
    for gone in former_municipalities().values():
        assert today(gone.code), gone.name
        assert gone.since < gone.until
        successors = [former_municipalities().get(code) or municipalities()[code] for code in gone.successors]
        assert all(each.since <= gone.until for each in successors), gone.name


def test_only_six_municipalities_were_divided():
    divided = {gone.name: len(gone.successors) for gone in former_municipalities().values() if len(gone.successors) > 1}

    assert divided == {
        "Meerlo-Wanssum": 2, "Boarnsterhim": 4, "Maasdonk": 2, "Littenseradiel": 3, "Winsum": 2, "Haaren": 4,
    }  # fmt: skip


def test_only_two_spellings_stand_for_more_than_one():
    several = {spelling: codes for spelling, codes in gazetteer._spellings().items() if len(codes) > 1}

    assert several == {"bergen": ("GM0373", "GM0893"), "valkenburg": ("GM0619", "GM0994")}


@pytest.mark.parametrize("written", ["GM0363", "0363", "363", "gm 363", " GM0363 ", "Amsterdam", "gemeente AMSTERDAM"])
def test_a_municipality_is_found_by_code_and_by_name(written):
    assert municipality(written) == AMSTERDAM


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Den Haag", "GM0518"),
        ("'s-Gravenhage (gemeente)", "GM0518"),
        ("’s Gravenhage", "GM0518"),
        ("Den Bosch", "GM0796"),
        ("sudwest fryslan", "GM1900"),
        ("Noardeast-Fryslân", "GM1970"),
        ("Alphen a/d Rijn", "GM0484"),
        ("Capelle a.d. IJssel", "GM0502"),
        ("Bergen (L.)", "GM0893"),
        ("Bergen, Limburg", "GM0893"),
        ("Bergen NH", "GM0373"),
        ("Hengelo (O.)", "GM0164"),
        ("Hengelo (Gld.)", "GM1876"),
        ("Laren NH", "GM0417"),
        ("Nuenen c.a.", "GM0820"),
        ("Berg & Dal", "GM1945"),
        ("St. Anthonis", "GM1982"),
        ("Ĳsselstein", "GM0353"),
    ],
)
def test_a_municipality_is_found_however_it_is_spelled(written, code):
    assert municipality(written) == municipalities()[code]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Weesp", "Amsterdam"),
        ("GM0457", "Amsterdam"),
        ("'s-Gravendeel", "Hoeksche Waard"),
        ("GM0517", "Hoeksche Waard"),  # through Binnenmaas
        ("Dantumadeel", "Dantumadiel"),
        ("De Friese Meren", "De Fryske Marren"),
        ("Groesbeek", "Berg en Dal"),
        ("Graafstroom", "Molenlanden"),  # through Molenwaard
        ("Menaldumadeel", "Waadhoeke"),
        ("Vianen", "Vijfheerenlanden"),
    ],
)
def test_a_former_municipality_is_what_it_went_into(written, name):
    found = municipality(written)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("written", ["", "Gemeente", "Nergenshuizen", "GM0000", "9999", "12345"])
def test_nothing_is_found_for_what_never_was(written):
    assert municipality(written) is None


def test_a_name_that_two_have_is_refused_with_both():
    with pytest.raises(PlaceUnclear) as refusal:
        municipality("Gemeente Bergen")

    assert str(refusal.value) == (
        "'Gemeente Bergen' may be Bergen (NH.) (GM0373) or Bergen (L.) (GM0893); write the whole name or the code"
    )


def test_a_municipality_that_was_divided_is_left_to_a_person():
    with pytest.raises(PlaceUnclear) as refusal:
        successor("GM0140")

    assert str(refusal.value) == (
        "Littenseradiel (GM0140) was divided in 2018; today it is Súdwest-Fryslân (GM1900), Leeuwarden (GM0080) or "
        "Waadhoeke (GM1949): write the one that is meant"
    )


def test_a_living_municipality_is_its_own_successor_and_an_unknown_code_has_none():
    assert (successor("GM0363"), successor("GM0457"), successor("GM9001")) == (AMSTERDAM, AMSTERDAM, None)


def test_a_slip_leads_to_the_name_that_was_meant():
    assert [str(each) for each in alike("Amsterdm")] == ["Amsterdam (GM0363)"]
    assert [str(each) for each in alike("Wesp")] == ["Amsterdam (GM0363)"]
    assert alike("Nergenshuizen") == ()


@pytest.mark.parametrize("written", REGIONS_OF_2015)
def test_the_regions_of_2015_are_still_understood(written):
    assert set(region_named(written)) <= set(regions())
    assert len(region_named(written)) == 1 + (written == "Haaglanden/Rijnmond")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Stedendriehoek en Noordwest-Veluwe", ("Veluwe Stedendriehoek",)),
        ("Haaglanden/Rijnmond", ("Haaglanden", "Rijnmond")),
        ("zaanstreek - waterland", ("Zaanstreek/Waterland",)),
        ("Arbeidsmarktregio Food Valley", ("FoodValley",)),
        ("IJsselvechtstreek", ("Regio Zwolle",)),
        ("Fryslân", ("Friesland",)),
        ("Haaglanden/Eifelgau", ()),
        ("Eifelgau", ()),
        ("", ()),
    ],
)
def test_a_region_is_understood_by_the_names_it_has_and_had(written, names):
    assert region_named(written) == names


@pytest.mark.parametrize(
    ("written", "name"),
    [("friesland", "Fryslân"), ("N-H", "Noord-Holland"), ("provincie Utrecht", "Utrecht"), ("NRW", None), ("", None)],
)
def test_a_province_is_understood_by_its_names_and_marks(written, name):
    assert province_named(written) == name


@given(place=LIVING, data=st.data())
@settings(max_examples=60, deadline=None)
def test_capitals_spaces_hyphens_apostrophes_and_accents_make_no_difference(place: Municipality, data: st.DataObject):
    changes = {
        "upper": str.upper,
        "lower": str.lower,
        "decomposed": lambda name: unicodedata.normalize("NFD", name),
        "plain": lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode(),
        "spaces": lambda name: f"  {name.replace('-', ' ')} ",
        "hyphens": lambda name: name.replace(" ", "-"),
        "apostrophe": lambda name: name.replace("'", "’"),
        "gemeente": lambda name: f"Gemeente {name}",
    }
    written = place.name
    for change in data.draw(st.lists(st.sampled_from(sorted(changes)), max_size=4)):
        written = changes[change](written)

    assert municipality(written) == place


@given(text=st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_text_that_begins_with_no_name_is_no_municipality(text: str):
    assert municipality(f"xq{text}") is None

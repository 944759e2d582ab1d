import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.contacts.places import resolution
from outreach.contacts.values import CellRefused
from outreach.demo.people import CLUBS, DUTCH_REGIONS
from outreach.model.gazetteer import former_municipalities, municipalities, regions
from outreach.model.people import Organisation

AMSTERDAM = Organisation(
    "Amsterdam", "municipality", "GM0363", "Groot Amsterdam", "NL", "Noord-Holland", municipality="GM0363"
)
TOWN = "municipality"


def resolved(said: Organisation) -> Organisation:
    return resolution(said).organisation


@pytest.mark.parametrize(
    "said",
    [
        Organisation("Amsterdam", TOWN),
        Organisation("Gemeente Amsterdam", TOWN, country="NL"),
        Organisation("", TOWN, "363"),
        Organisation("", "", "GM0363"),
        Organisation("", "", "363"),
        Organisation("amsterdam", "", "0363"),
        Organisation("Amsterdam, Werk en Inkomen", TOWN, "GM363"),
        Organisation("", TOWN, municipality="Amsterdam"),
        Organisation("Weesp", TOWN, "GM0457", "Gooi en Vechtstreek", province="Utrecht"),
        Organisation("Amsterdam", TOWN, region="Rijnmond", province="Zeeland"),
        AMSTERDAM,
    ],
)
def test_a_dutch_municipality_gets_its_official_facts_whatever_the_file_says(said):
    assert resolved(said) == AMSTERDAM


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        (Organisation("Amsterdam", TOWN, "363"), ()),
        (Organisation("Amsterdam", TOWN, "GM0363", "Groot-Amsterdam"), ()),
        (Organisation("", TOWN, "GM0457"), ("'GM0457' was read as Amsterdam (GM0363)",)),
        (Organisation("Weesp", TOWN), ("'Weesp' was read as Amsterdam (GM0363)",)),
        (
            Organisation("Amsterdam", TOWN, region="Rijnmond"),
            ("Amsterdam (GM0363) is in the region Groot Amsterdam, not in 'Rijnmond'",),
        ),
    ],
)
def test_what_was_changed_is_said(said, notes):
    assert resolution(said).notes == notes


def test_an_organisation_of_another_kind_gets_region_and_province_through_its_municipality():
    said = Organisation("Kade", "association", "K7", "Haaglanden/Rijnmond", municipality="Den Haag")

    told = resolution(said)

    assert told.organisation == Organisation(
        "Kade", "association", "K7", "Haaglanden", "NL", "Zuid-Holland", municipality="GM0518"
    )
    assert told.notes == ("'Den Haag' was read as 's-Gravenhage (GM0518)",)


@pytest.mark.parametrize(
    ("region", "province", "kept"),
    [
        ("Stedendriehoek en Noordwest-Veluwe", "friesland", ("Veluwe Stedendriehoek", "Fryslân")),
        ("Haaglanden/Rijnmond", "", ("Haaglanden/Rijnmond", "")),
        ("Eifelgau", "NRW", ("Eifelgau", "NRW")),
    ],
)
def test_without_a_municipality_regions_and_provinces_get_the_names_they_have_today(region, province, kept):
    found = resolved(Organisation("Kade", "association", region=region, province=province))

    assert (found.region, found.province) == kept


@pytest.mark.parametrize(
    "said",
    [
        Organisation("Kade", "association"),
        Organisation("Kade", "association", "12345678"),  # as long as an AGS, but nobody's municipality
        Organisation("Kade", "", "363"),  # a number of one's own: the name is not Amsterdam's
        Organisation("Bergen", "", "893"),
        Organisation("Otteroord", TOWN),  # nobody said where, and no Dutch name is like it
        Organisation("Verein", "association", municipality="Nörvenich"),
        Organisation("Mons", TOWN, "53053", country="BE"),
        Organisation("Düren", TOWN, country="DE"),
        Organisation("Verein", "association", "X1", country="DE", municipality="Düren"),
        Organisation("Zilverdrecht", TOWN, "GM9001", "Rivierenland", "NL"),  # invented
        Organisation("Ottergrund", TOWN, "99101001", "Eifelgau", "DE"),
        Organisation("Kade", "association", municipality="GM9001"),
    ],
)
def test_what_is_none_of_ours_stays_as_it_is(said):
    assert (resolved(said), resolution(said).notes) == (said, ())


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            Organisation("Amsterdm", TOWN),
            "no Dutch municipality of 2026 or since 2004 has the name or code 'Amsterdm'; did you mean Amsterdam "
            "(GM0363)? For one elsewhere, write the country",
        ),
        (
            Organisation("Otteroord", TOWN, country="NL"),
            "no Dutch municipality of 2026 or since 2004 has the name or code 'Otteroord'; write its name, or GM with "
            "the four digits of CBS. For one elsewhere, write the country",
        ),
        (
            Organisation("Kade", "", "GM0001"),
            "no Dutch municipality of 2026 or since 2004 has the name or code 'GM0001'; write its name, or GM with "
            "the four digits of CBS. For one elsewhere, write the country",
        ),
        (
            Organisation("Kade", "association", municipality="Lelistad"),
            "no Dutch municipality of 2026 or since 2004 has the name or code 'Lelistad'; did you mean Lelystad "
            "(GM0995)? For one elsewhere, write the country",
        ),
        (
            Organisation("Bergen", TOWN),
            "'Bergen' may be Bergen (NH.) (GM0373) or Bergen (L.) (GM0893); write the whole name or the code",
        ),
        (
            Organisation("Maasdonk", TOWN, "GM1671"),
            "Maasdonk (GM1671) was divided in 2015; today it is 's-Hertogenbosch (GM0796) or Oss (GM0828): write the "
            "one that is meant",
        ),
        (
            Organisation("Rotterdam", TOWN, "GM0363"),
            "'GM0363' is Amsterdam (GM0363), but the name says Rotterdam (GM0599); correct one of them",
        ),
        (
            Organisation("Kade", "association", "GM0363"),
            "'GM0363' is the municipality Amsterdam (GM0363), but the kind is 'association'; for an organisation that "
            "sits there, write it in the column municipality",
        ),
        (
            Organisation("Amsterdam", TOWN, "GM0363", country="DE"),
            "'GM0363' is Amsterdam (GM0363) in the Netherlands, but the country is DE",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_work(said, text):
    for _ in range(2):  # the second answer comes from the cache
        with pytest.raises(CellRefused) as refusal:
            resolved(said)
        assert str(refusal.value) == text


def test_a_name_that_two_have_is_clear_beside_a_code():
    assert resolved(Organisation("Bergen", TOWN, "GM0893")).name == "Bergen (L.)"


@pytest.mark.parametrize(
    "said",
    [
        Organisation("Düren", TOWN, "05358008"),
        Organisation("Düren", TOWN, "05358008", country="DE", province="NRW"),
        Organisation("Düren", "", "05358008", country="DE"),
        Organisation("Düren", TOWN, country="DE", municipality="05358008"),
    ],
)
def test_a_german_municipality_gets_its_land_by_the_ags(said):
    assert resolution(said).organisation == Organisation(
        "Düren", TOWN, "05358008", "", "DE", "Nordrhein-Westfalen", municipality="05358008"
    )
    assert resolution(said).notes == ()


def test_an_ags_that_lost_its_first_0_is_repaired_and_said():
    told = resolution(Organisation("Düren", TOWN, "5358008", "Eifelgau", "DE"))

    assert told.organisation == Organisation(
        "Düren", TOWN, "05358008", "Eifelgau", "DE", "Nordrhein-Westfalen", municipality="05358008"
    )
    assert told.notes == ("'5358008' was read as 05358008: Excel takes the first 0 of an AGS away",)


def test_a_german_organisation_gets_its_land_through_its_municipality():
    found = resolved(Organisation("Verein", "association", "V1", municipality="5358008"))

    assert (found.kind, found.code, found.municipality, found.province, found.country) == (
        "association", "V1", "05358008", "Nordrhein-Westfalen", "DE",
    )  # fmt: skip


@pytest.mark.parametrize("code", ["17358008", "00358008", "538", "053580080", "X5358008"])
def test_what_is_no_ags_is_refused(code):
    with pytest.raises(CellRefused) as refusal:
        resolved(Organisation("Düren", TOWN, code, country="DE"))

    assert str(refusal.value) == (
        f"code {code!r} is no AGS; an AGS has 8 digits and begins with 01 (Schleswig-Holstein) to 16 (Thüringen), "
        "such as 05382060"
    )


ORGANISATIONS = st.builds(
    Organisation,
    name=st.sampled_from(["", "Kade", "Bergen", "Düren", *(each.name for each in municipalities().values())]),
    kind=st.sampled_from(["", TOWN, "association"]),
    code=st.sampled_from(
        ["", "K7", "363", "GM9001", "05358008", "5358008", *municipalities(), *former_municipalities()]
    ),
    region=st.sampled_from(["", "Eifelgau", "Haaglanden/Rijnmond", *regions()]),
    country=st.sampled_from(["", "NL", "DE", "BE"]),
    municipality=st.sampled_from(["", "Den Haag", "5358008", *former_municipalities()]),
)


@given(said=ORGANISATIONS)
@settings(max_examples=100, deadline=None)
def test_what_was_resolved_once_stays_as_it_is(said: Organisation):
    try:
        found = resolved(said)
    except CellRefused:
        return
    again = resolution(found)

    assert (again.organisation, again.notes) == (found, ())


def test_the_invented_people_live_in_real_regions():
    dutch = {region for _, region, country in CLUBS if country == "NL"} | set(DUTCH_REGIONS)

    assert dutch <= set(regions())

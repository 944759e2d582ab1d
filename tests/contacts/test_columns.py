import pytest

from outreach.contacts.columns import Column, Reading, mapping_of, understand
from outreach.errors import ImportRefused


def meanings(heading: str, **options) -> tuple[Column | str, ...]:
    return understand(heading.split(";"), "people.csv", **options).meanings


def refusal(heading: str, *mapping: str) -> str:
    with pytest.raises(ImportRefused) as caught:
        understand(heading.split(";"), "people.csv", mapping_of(mapping))
    return str(caught.value)


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("naam;email", Column.NAME),
        ("Name;Vorname;email", Column.LAST_NAME),
        ("Naam;Gemeentecode;email", Column.ORGANISATION),
        ("Naam;Organisatie;Gemeentecode;email", Column.NAME),
        ("Naam;voornaam;achternaam;email", "naam"),
        ("Naam;achternaam;email", "naam"),
    ],
)
def test_a_name_is_whose_the_columns_beside_it_say(heading: str, meaning: Column | str):
    found = meanings(heading)[0]

    assert (found, type(found)) == (meaning, type(meaning))


def test_a_chosen_meaning_goes_before_every_guess():
    header = understand(
        ["E-mail", "Contact", "", "Verein", "Alt"],
        "people.csv",
        mapping_of(["Contact=E-Mail-Adresse", "column 3=First_Name", " ", "verein=organisation", "Alt="]),
    )

    assert header.readings == (
        Reading("E-mail", 'attribute "e-mail"', "another column was chosen instead"),
        Reading("Contact", "email", "as asked"),
        Reading("column 3", "first name", "as asked"),
        Reading("Verein", "organisation", "as asked"),
        Reading("Alt", "left out", "as asked"),
    )


def test_columns_with_nothing_in_them_are_left_out_but_for_the_addresses():
    assert meanings("email;taal;x", empty=(0, 1)) == (Column.EMAIL, Column.LEFT_OUT, "x")


def test_an_attribute_may_have_the_name_of_a_column_of_ours():
    assert meanings("email;x", mapping={"x": "attribute Left out"})[1] == "left out"
    assert understand(["email", "x"], "p", {"x": "attribute line"}, empty=()).left_out == frozenset()


def test_a_mapping_that_cannot_work_is_refused_with_what_would():
    assert refusal("email;naam", "Naam") == (
        "mapping 'Naam': write HEADING=MEANING, such as \"Naam organisatie=organisation\""
    )
    assert refusal("email;naam", "Name=last name") == (
        "people.csv: mapping: no column 'Name'; columns found: 'email', 'naam'"
    )
    assert refusal("email;naam", "naam=surename") == (
        "mapping naam=surename: 'surename' is not known; known: email, name, first name, infix, last name, language, "
        "time zone, groups, address kind, organisation, kind, code, municipality, region, country, external id, "
        "tracking, attributes, status, unsubscribed, attribute, attribute NAME; "
        'or nothing after the = to leave the column out: "naam="'
    )


def test_a_mapping_can_leave_out_one_of_two_columns_that_mean_the_same():
    assert refusal("E-mail;Mail").endswith('or leave it out by the mapping "Mail="')
    assert meanings("E-mail;Mail", mapping={"Mail": ""}) == (Column.EMAIL, Column.LEFT_OUT)

import pytest

from outreach.contacts.names import split


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Zoë van der Rietkraag", ("Zoë", "van der Rietkraag")),
        ("Rietkraag, Zoë van der", ("Zoë", "van der Rietkraag")),
        ("van der Rietkraag, Zoë", ("Zoë", "van der Rietkraag")),
        ("Anna Maria Zandstraal", ("Anna Maria", "Zandstraal")),
        ("Bo", ("Bo", "")),
        ("Bo van", ("Bo", "van")),
        ("Jan De Smet", ("Jan", "De Smet")),
        ("Geert 't Veld", ("Geert", "'t Veld")),
        ("Ännchen von und zu Lindenstein", ("Ännchen", "von und zu Lindenstein")),
        ("Dr. Hans Grünfink", ("Hans", "Grünfink")),
        ("Grünfink, Prof. Dr. Hans", ("Hans", "Grünfink")),
        ("Mevr. J. Zandstraal", ("J.", "Zandstraal")),
        ("Zandstraal,", ("Zandstraal", "")),
        ("  ", ("", "")),
    ],
)
def test_a_whole_name_is_split_as_dutch_and_germans_write_it(name: str, parts: tuple[str, str]):
    assert split(name) == parts

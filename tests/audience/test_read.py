from pathlib import Path

import pytest

from outreach.audience.manual import manual
from outreach.audience.predicates import PREDICATES
from outreach.audience.read import load, names, parse
from outreach.errors import DefinitionError, NotFound, UnknownPredicate
from outreach.model.segment import Group, Join, Preference, Segment, Term
from outreach.settings import ROOT


def read(toml: str) -> Segment:
    return parse("golden", toml, source="golden.toml")


def refusal(toml: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        read(toml)
    return str(caught.value)


def test_a_file_becomes_a_segment():
    assert read(
        """
        title = { nl = "Gemeenten", de = "Kommunen" }
        all = [{ group = "municipality" }, { any = [{ country = "NL" }, { none = [{ language_in = ["de", "fr"] }] }] }]
        none = [{ submitted = "nominate" }, { joined_before = 2026-01-31 }]
        one_per = "organisation"
        """
    ) == Segment(
        name="golden",
        titles={"nl": "Gemeenten", "de": "Kommunen"},
        rule=Group(
            Join.ALL,
            (
                Group(
                    Join.ALL,
                    (
                        Term("group", "municipality"),
                        Group(
                            Join.ANY,
                            (Term("country", "NL"), Group(Join.NONE, (Term("language_in", ("de", "fr")),))),
                        ),
                    ),
                ),
                Group(Join.NONE, (Term("submitted", "nominate"), Term("joined_before", "2026-01-31"))),
            ),
        ),
        one_per="organisation",
    )


def test_limits_and_preferences_are_read():
    found = read('title = "x"\nall = []\nat_most_per_organisation = 2\nprefer = ["role", "named"]\nat_most = 500')

    assert (found.per_organisation, found.prefer, found.at_most) == (2, (Preference.ROLE, Preference.NAMED), 500)


def test_a_number_and_a_day_are_arguments_too():
    found = read('title = "x"\nall = [{ written_to_within = 14 }, { joined_after = [2026-01-31, "2026-02-28"] }]')

    assert found.rule.rules == (
        Term("written_to_within", 14),
        Term("joined_after", ("2026-01-31", "2026-02-28")),
    )


def test_a_title_without_a_language_serves_all():
    assert read('title = "Everybody"\nall = []') == Segment(
        "golden", {"nl": "Everybody", "de": "Everybody", "en": "Everybody"}, Group(Join.ALL, ())
    )


@pytest.mark.parametrize(
    ("toml", "text"),
    [
        ("title = ", "golden.toml: not valid TOML: Invalid value (at end of document)"),
        (
            'titel = "x"\ntitle = "x"\nall = []',
            "golden.toml: key 'titel' is not known; known: title, all, any, none, one_per, "
            "prefer, at_most_per_organisation, at_most",
        ),
        (
            "all = []",
            'golden.toml: title: nothing found; write title = "…", or one per language: title = { nl = "…", de = "…" }',
        ),
        (
            "title = { nl = 3 }\nall = []",
            'golden.toml: title: found { nl = 3 }; write title = "…", '
            'or one per language: title = { nl = "…", de = "…" }',
        ),
        (
            'title = "x"',
            'golden.toml: no rule; write all, any or none, such as all = [{ group = "member" }]; all = [] is everybody',
        ),
        (
            'title = "x"\nany = []',
            'golden.toml: any: found []; write a list of rules: [{ group = "member" }]',
        ),
        (
            'title = "x"\nall = { group = "member" }',
            'golden.toml: all: found { group = "member" }; write a list of rules: [{ group = "member" }]',
        ),
        (
            'title = "x"\nall = [{ group = "a" }, "member"]',
            'golden.toml: all[2]: found "member"; a rule is one predicate with its argument, '
            'such as { group = "member" }',
        ),
        (
            'title = "x"\nall = [{ any = [{ group = "a", language = "nl" }] }]',
            'golden.toml: all[1]: any[1]: found { group = "a", language = "nl" }; '
            'a rule is one predicate with its argument, such as { group = "member" }',
        ),
        (
            'title = "x"\nall = [{ group = true }]',
            'golden.toml: all[1]: group takes a text or a list of texts, such as group = "member"; found true',
        ),
        (
            'title = "x"\nall = [{ region_in = ["Eifelgau", 3] }]',
            'golden.toml: all[1]: region_in takes a text or a list of texts, such as region_in = "Drechtsteden"; '
            'found ["Eifelgau", 3]',
        ),
        (
            'title = "x"\nall = [{ region_in = [] }]',
            'golden.toml: all[1]: region_in takes a text or a list of texts, such as region_in = "Drechtsteden"; '
            "found []",
        ),
        (
            'title = "x"\nnone = [{ received = "start" }]',
            'golden.toml: none[1]: received = "start": write "campaign/wave"',
        ),
        (
            'title = "x"\nall = [{ attribute = "youth" }]',
            'golden.toml: all[1]: attribute = "youth": write "name=value"',
        ),
        (
            'title = "x"\nall = [{ country = "Nederland" }]',
            'golden.toml: all[1]: country = "Nederland": write two capitals, such as "NL" or "DE"',
        ),
        (
            'title = "x"\nall = [{ address_kind = "rol\\"" }]',
            'golden.toml: all[1]: address_kind = "rol\\"": known: personal, role',
        ),
        (
            'title = "x"\nall = [{ joined_after = "31 January" }]',
            'golden.toml: all[1]: joined_after = "31 January": write a day such as "2026-01-31"',
        ),
        (
            'title = "x"\nall = [{ municipality = "Bergen" }]',
            "golden.toml: all[1]: municipality = \"Bergen\": 'Bergen' may be Bergen (NH.) (GM0373) or "
            "Bergen (L.) (GM0893); write the whole name or the code",
        ),
        (
            'title = "x"\nall = [{ joined_within = "30" }]',
            'golden.toml: all[1]: joined_within takes a number of days from 1, such as joined_within = 30; found "30"',
        ),
        (
            'title = "x"\nall = [{ written_to_within = 0 }]',
            "golden.toml: all[1]: written_to_within takes a number of days from 1, such as written_to_within = 14; "
            "found 0",
        ),
        (
            'title = "x"\nall = [{ basis = "social-work=friendship" }]',
            'golden.toml: all[1]: basis = "social-work=friendship": '
            "basis 'friendship' is not known; known: consent, membership, published",
        ),
        (
            'title = "x"\nall = [{ consent_since = "social-work" }]',
            'golden.toml: all[1]: consent_since = "social-work": write "topic=2026-01-31"',
        ),
        (
            'title = "x"\nall = [{ submitted_within = "nominate=soon" }]',
            'golden.toml: all[1]: submitted_within = "nominate=soon": write "call=14", a number of days from 1',
        ),
        (
            'title = "x"\nall = []\nat_most = 0',
            "golden.toml: at_most: found 0; write a whole number from 1, or leave it out",
        ),
        (
            'title = "x"\nall = []\nat_most_per_organisation = true',
            "golden.toml: at_most_per_organisation: found true; write a whole number from 1, or leave it out",
        ),
        (
            'title = "x"\nall = []\none_per = "organisation"\nat_most_per_organisation = 2',
            "golden.toml: one_per and at_most_per_organisation say the same; leave one of them out",
        ),
        (
            'title = "x"\nall = []\nprefer = ["role"]',
            'golden.toml: prefer: orders the addresses of one organisation; write one_per = "organisation" with it',
        ),
        (
            'title = "x"\nall = []\none_per = "organisation"\nprefer = ["role", "boss"]',
            'golden.toml: prefer: found ["role", "boss"]; write a list such as ["named", "role"]; '
            "known: named, role, unnamed",
        ),
        (
            'title = "x"\nall = []\none_per = "person"',
            'golden.toml: one_per: found "person"; write one_per = "organisation", or leave it out',
        ),
    ],
)
def test_what_cannot_work_is_refused_with_file_key_and_remedy(toml: str, text: str):
    assert refusal(toml) == text


def test_everything_that_cannot_work_is_told_at_once():
    text = refusal(
        """
        titel = "x"
        wher = "NL"
        all = [{ group = 3 }, { any = [{ grup = "member" }, { country = "NL" }, { country = "nl" }] }]
        none = []
        prefer = ["role"]
        at_most = 0
        """
    )

    *before, unknown, country, none, at_most, prefer = text.splitlines()
    assert before == [
        "golden.toml: keys 'titel', 'wher' are not known; known: title, all, any, none, one_per, prefer, "
        "at_most_per_organisation, at_most",
        'golden.toml: title: nothing found; write title = "…", or one per language: title = { nl = "…", de = "…" }',
        'golden.toml: all[1]: group takes a text or a list of texts, such as group = "member"; found 3',
    ]
    assert unknown.startswith("golden.toml: all[2]: any[1]: unknown predicate 'grup'; known: address_kind, ")
    assert [country, none, at_most, prefer] == [
        'golden.toml: all[2]: any[3]: country = "nl": write two capitals, such as "NL" or "DE"',
        'golden.toml: none: found []; write a list of rules: [{ group = "member" }]',
        "golden.toml: at_most: found 0; write a whole number from 1, or leave it out",
        'golden.toml: prefer: orders the addresses of one organisation; write one_per = "organisation" with it',
    ]


def test_an_unknown_predicate_lists_the_known():
    with pytest.raises(UnknownPredicate) as caught:
        read('title = "x"\nall = [{ grup = "member" }]')

    assert str(caught.value) == (
        "golden.toml: all[1]: unknown predicate 'grup'; known: " + ", ".join(sorted(PREDICATES))
    )


def test_audiences_are_found_by_name(tmp_path: Path):
    (tmp_path / "everybody.toml").write_text('title = "x"\nall = []')

    assert names(tmp_path) == ["everybody"]
    assert load(tmp_path, "everybody").name == "everybody"
    with pytest.raises(NotFound) as caught:
        load(tmp_path, "../everybody")
    assert str(caught.value) == "no audience '../everybody'; there is: everybody"


def test_a_file_in_another_encoding_is_refused(tmp_path: Path):
    (tmp_path / "workers.toml").write_bytes('title = "Fachkräfte"'.encode("windows-1252"))

    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, "workers")

    assert str(caught.value) == "workers.toml: byte 16 is not UTF-8; save the file as UTF-8"


def test_the_audiences_that_come_with_the_house_can_be_read():
    folder = ROOT / "audiences"

    one_per = {name: load(folder, name).one_per for name in names(folder)}
    assert {name: one_per[name] for name in ("members", "municipalities", "social_workers")} == {
        "members": None,
        "municipalities": "organisation",
        "social_workers": None,
    }


def test_the_manual_is_current():
    assert (ROOT / "audiences" / "README.md").read_text(encoding="utf-8") == manual()

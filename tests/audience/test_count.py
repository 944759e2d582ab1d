import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from outreach.errors import DefinitionError, NotFound
from outreach.model.people import ConsentAct
from outreach.model.segment import Group, Join, Judged, Tallied, Term
from outreach.services import Services
from outreach.steps import people
from outreach.steps.people import AudienceCount, Sampled
from tests.builders_people import Body, Soul, add
from tests.builders_segments import with_audience


def with_one_campaign(services: Services, folder: Path) -> Services:
    """The same services where `sociaal-werkers` is the only campaign."""
    there, ours = services.settings.templates, folder / "templates"
    shutil.copytree(there / "campaigns" / "sociaal-werkers", ours / "campaigns" / "sociaal-werkers")
    for name in ("brand.toml", "topics.toml"):
        shutil.copy(there / name, ours / name)
    return replace(services, settings=services.settings.model_copy(update={"templates": ours}))


def test_an_audience_is_counted_for_a_topic_with_who_is_left_out(services: Services):
    with services.sessions.begin() as session:
        add(
            session,
            Soul("bo@example.org", groups=("member",)),
            Soul("anke@example.org", groups=("member",), language="de"),
            Soul("cy@example.org", groups=("member",), language=None),
            Soul("di@example.org", groups=("member",), acts={"care": (ConsentAct.GIVEN,)}),
            Soul("ed@example.org", groups=("social-worker",)),
        )

    assert people.count_audience(services, "members") == AudienceCount(
        3, {"de": 1, "nl": 1, "unknown": 1}, {"no consent for social-work": 1}
    )
    assert people.count_audience(services, "members", topic="care") == AudienceCount(
        1, {"nl": 1}, {"no consent for care": 3}
    )


def test_an_audience_that_does_not_exist_lists_what_does(services: Services, tmp_path: Path):
    with_audience(services, tmp_path, "members", 'title = "x"\nall = []')
    ours = with_audience(services, tmp_path, "municipalities", 'title = "x"\nall = []')

    with pytest.raises(NotFound) as caught:
        people.count_audience(ours, "golden")

    assert str(caught.value) == "no audience 'golden'; there is: members, municipalities"
    assert people.audience_names(ours) == ["members", "municipalities"]


def test_an_audience_taken_apart_shows_which_rule_empties_it(services: Services, tmp_path):
    toml = 'title = "x"\nall = [{ group = "member" }, { any = [{ language = "de" }] }]\nnone = [{ language = "nl" }]'
    with services.sessions.begin() as session:
        add(session, *(Soul(f"p{n}@example.org", groups=("member",)) for n in range(3)), Soul("ed@example.org"))
    member, german, dutch = Term("group", "member"), Term("language", "de"), Term("language", "nl")
    both = Group(Join.ALL, (member, Group(Join.ANY, (german,))))
    not_dutch = Group(Join.NONE, (dutch,))

    found = people.explain_audience(with_audience(services, tmp_path, "golden", toml), "golden")

    assert found.tally == Tallied(
        Group(Join.ALL, (both, not_dutch)),
        0,
        None,
        (
            Tallied(both, 0, 0, (Tallied(member, 3, 3), Tallied(both.rules[1], 0, 0, (Tallied(german, 0),)))),
            Tallied(not_dutch, 0, 0, (Tallied(dutch, 4, 0),)),
        ),
    )
    assert found.count == AudienceCount(0, {}, {})


def test_a_sample_is_the_first_few_with_what_the_rules_say_of_them(services: Services):
    with services.sessions.begin() as session:
        add(
            session,
            Soul("gone@example.org", groups=("member",), suppressed=True),
            Soul("bo@example.org", groups=("member",), organisation=Body("Buurtkracht")),
            Soul("cy@example.org", groups=("member",), language=None),
            Soul("di@example.org", groups=("member",)),
        )
    term = Term("group", "member")
    judged = Judged(Group(Join.ALL, (term,)), True, (Judged(term, True),))

    assert people.sample_audience(services, "members", size=2) == (
        Sampled("bo@example.org", "nl", "Buurtkracht", judged),
        Sampled("cy@example.org", None, "", judged),
    )


JOIN = "People join one by: outreach contacts import FILE --group NAME"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ('{ group = "membr" }', 'group = "membr": nobody is in this group; '
         'did you mean "member"? There is: board, member. ' + JOIN),
        ('{ group = ["member", "x"] }', 'group = "x": nobody is in this group; '
         'There is: board, member. ' + JOIN),
        ('{ language = "fy" }', 'language = "fy": no such language; There is: de, en, nl'),
        ('{ country = "BE" }', 'country = "BE": no such country; There is: NL'),
        ('{ region_in = "rivierenhoek" }', 'region_in = "rivierenhoek": no such region; '
         'did you mean "Rivierenhoek"? In use: Rivierenhoek'),
        ('{ province_in = "Nergens" }', 'province_in = "Nergens": no such province; there is none yet'),
        ('{ municipality = "Zilverdrech" }', 'municipality = "Zilverdrech": no such municipality; '
         'did you mean "Zilverdrecht"? In use: Zilverdrecht'),
        ('{ organisation_kind = "town" }', 'organisation_kind = "town": no such kind of organisation; '
         'There is: municipality'),
        ('{ attribute = "sektor=youth" }', 'attribute = "sektor": no such attribute; '
         'did you mean "sector"? There is: sector'),
        ('{ subscribed_to = "Poverty" }', 'subscribed_to = "Poverty": no such topic; did you mean "poverty"? '
         'There is: poverty, social-work, solidary-economy, tracking'),
        ('{ received = "sociaal-werkers/stat" }', 'received = "sociaal-werkers/stat": no such wave; '
         'did you mean "sociaal-werkers/start" or "sociaal-werkers/result" or '
         '"sociaal-werkers/six-of-ten"? There is: sociaal-werkers/reminder, '
         'sociaal-werkers/result, sociaal-werkers/six-of-ten, sociaal-werkers/start'),
        ('{ submitted_within = "nominte=3" }', 'submitted_within = "nominte": no such call; '
         'did you mean "nominate"? There is: ambassador, nominate'),
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist_is_refused_with_what_does(services: Services, tmp_path, rule: str, text: str):
    town = Body("Zilverdrecht", "municipality", "Rivierenhoek", "NL")
    with services.sessions.begin() as session:
        add(session, Soul("bo@example.org", groups=("member", "board"), organisation=town, attributes={"sector": "a"}))
    alone = with_one_campaign(services, tmp_path)
    ours = with_audience(alone, tmp_path, "golden", f'title = "x"\nnone = [{{ any = [{rule}] }}]')

    with pytest.raises(DefinitionError) as caught:
        people.count_audience(ours, "golden")

    assert str(caught.value) == f"golden.toml: {text}"


def test_names_of_the_folders_and_official_places_are_known_before_anybody_is_there(services: Services, tmp_path):
    toml = """
        title = "x"
        all = [{ subscribed_to = "poverty" }, { municipality = "Utrecht" }, { region_in = "Drechtsteden" }]
        none = [{ received = "sociaal-werkers/start" }, { submitted = "nominate" }, { language = ["de", ""] }]
    """

    assert people.count_audience(with_audience(services, tmp_path, "golden", toml), "golden").total == 0


def test_an_empty_database_says_that_nobody_has_been_imported(services: Services):
    with pytest.raises(DefinitionError) as caught:
        people.count_audience(services, "members")

    assert str(caught.value) == (
        'members.toml: group = "member": no such group: nobody has been imported yet; '
        "first: outreach contacts import FILE"
    )


def test_a_long_list_of_names_is_cut_and_all_unknown_ones_are_told(services: Services, tmp_path):
    with services.sessions.begin() as session:
        add(session, Soul("bo@example.org", groups=tuple(f"g{n:02}" for n in range(23))))
    ours = with_audience(services, tmp_path, "golden", 'title = "x"\nall = [{ group = ["é", "ü"] }]')

    with pytest.raises(DefinitionError) as caught:
        people.count_audience(ours, "golden")

    lines = str(caught.value).splitlines()
    assert [re.sub(r"(g\d\d, )+", "… ", line) for line in lines] == [
        f'golden.toml: group = "{name}": nobody is in this group; There is: … g19 … and 3 more. {JOIN}' for name in "éü"
    ]


def test_a_topic_with_a_typing_error_is_refused(services: Services):
    with services.sessions.begin() as session:
        add(session, Soul("bo@example.org", groups=("member",)))

    with pytest.raises(DefinitionError, match=r'^topic "social-wrk": no such topic; did you mean "social-work"'):
        people.count_audience(services, "members", topic="social-wrk")

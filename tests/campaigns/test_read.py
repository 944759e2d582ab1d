# ruff: noqa: E501 - a row of a table stays on one line
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.campaigns.read import list_campaigns, load_campaign, read_campaign
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import (
    Body,
    Call,
    Campaign,
    Edition,
    Field,
    FieldKind,
    Layout,
    Sender,
    WaveDefinition,
)
from tests.builders_compose import BODY_MD, CAMPAIGN_TOML, TEMPLATES, campaign_folder


def refusal(folder: Path) -> str:
    with pytest.raises(DefinitionError) as caught:
        read_campaign(folder)
    return str(caught.value)


def test_a_folder_is_read_whole(tmp_path: Path):
    folder = campaign_folder(tmp_path)

    # Blank lines stand for the front matter, so that errors in the text name the file's own lines.
    text = "\n\n\n\n\nEen tekst.\n"
    assert read_campaign(folder) == Campaign(
        slug="x",
        title={"nl": "Proef", "de": "Probe"},
        summary={"nl": "Een proef.", "de": "Eine Probe."},
        topic="social-work",
        languages=("nl", "de"),
        sender=Sender("Lindeplein", "nieuws@example.org", "nieuws@example.org", {"nl": "Colofon", "de": "Impressum"}),
        calls={
            "join": Call(
                slug="join",
                title={"nl": "Doe mee", "de": "Mitmachen"},
                intro={"nl": "Kom erbij.", "de": "Kommen Sie dazu."},
                button={"nl": "Ja", "de": "Ja"},
                thanks={"nl": "Dank", "de": "Danke"},
                fields=(Field("email", FieldKind.EMAIL, {"nl": "E-mail", "de": "E-Mail"}),),
                closes=datetime(2026, 12, 10, 23, 59, tzinfo=ZoneInfo("Europe/Amsterdam")),
            )
        },
        waves={
            "start": WaveDefinition(
                name="start",
                title={"nl": "Start", "de": "Start"},
                audiences=("members",),
                layout=Layout.NEWSLETTER,
                bodies={
                    "nl": Body("Hallo", "Kom kijken", text, "templates/campaigns/x/start.nl.md"),
                    "de": Body("Hallo", "Kom kijken", text, "templates/campaigns/x/start.de.md"),
                },
                edition=Edition.PREFERENCE,
                call="join",
            )
        },
        folder=folder,
    )


def test_a_missing_translation_says_which_file_and_what_would_work(tmp_path: Path):
    assert refusal(campaign_folder(tmp_path, start_de=None)) == (
        "templates/campaigns/x/start.de.md is missing: the campaign speaks nl, de; "
        "write it or take 'de' out of languages"
    )


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ('layout = "newsletter"', 'layout = "poster"', "line 27: waves.start.layout: unknown layout 'poster'; known: newsletter, call, invitation, letter"),
        ('layout = "newsletter"', "", "line 24: waves.start.layout: is missing; write one of: newsletter, call, invitation, letter"),
        ('call = "join"', 'call = "jion"', "line 28: waves.start.call: unknown call 'jion'; known: join"),
        ('call = "join"', "nwes = 3", "line 28: waves.start.nwes: unknown key; known: audiences, call, canary, edition, event, events, layout, news, signed, title, versions"),
        ('kind = "email"', 'kind = "mail"', "line 21: calls.join.fields[1].kind: unknown kind 'mail'; known: line, text, email, choice, check"),
        ('kind = "email"', 'kind = "choice"', "line 19: calls.join.fields[1].choices: belong to fields of kind 'choice', and every such field has some"),
        ("closes = 2026-12-10", 'closes = "10 december"', "line 17: calls.join.closes: found '10 december'; write a date such as 2026-12-10 or 2026-12-10T17:00:00, without quotes"),
        ("closes = 2026-12-10", 'fold_by = "town"', "line 17: calls.join.fold_by: no field 'town'; fields: email"),
        ("closes = 2026-12-10", "goal = 0", "line 17: calls.join.goal: found 0; write 1 or more"),
        ("closes = 2026-12-10", "goal = true", "line 17: calls.join.goal: found True; write a whole number"),
        ('title = { nl = "Proef", de = "Probe" }', 'title = { nl = "Proef" }', "line 4: title: 'de' is missing: the campaign speaks nl, de; write de = \"…\""),
        ('title = { nl = "Proef", de = "Probe" }', 'title = { nl = "A", de = "B", fr = "C" }', "line 4: title: found words in 'fr': the campaign speaks nl, de; add it to languages or take the words out"),
        ('title = { nl = "Proef", de = "Probe" }', 'title = "Proef"', "line 4: title: found 'Proef'; write { nl = \"…\", de = \"…\" }"),
        ('audiences = ["members"]', "audiences = []", "line 26: waves.start.audiences: found []; write a list of audiences such as [\"members\"]"),
        ('audiences = ["members"]', 'audiences = ["All members"]', "line 26: waves.start.audiences: found 'All members'; write the name of a file in audiences/, without .toml"),
        ('topic = "social-work"', 'topic = "Social work"', "line 2: topic: found 'Social work'; write lower-case letters, digits and dashes, such as 'my-name'"),
        ('topic = "social-work"', 'topic = "a"\nslug = "y"', "line 3: slug: is not the folder's name; write 'x' or leave it out"),
        ('topic = "social-work"', 'topic = "a"\nzone = "Mars"', "line 3: zone: unknown time zone 'Mars'; write one such as 'Europe/Amsterdam'"),
        ('email = "nieuws@example.org"', 'email = "nieuws"', "line 9: sender.email: found 'nieuws'; write an address such as news@example.org"),
        ('languages = ["nl", "de"]', 'languages = ["nl", "nl", "de"]', "line 3: languages: found ['nl', 'nl', 'de']; write codes with the house's own first, such as [\"nl\", \"de\"], each once"),
        ("[[calls.join.fields]]", '[[calls.join.fields]]\nname = "email"\nkind = "line"\nlabel = { nl = "A", de = "B" }\n[[calls.join.fields]]', "line 19: calls.join.fields: a name stands twice: email, email; give each field its own"),
        ('name = "Lindeplein"', "", "line 7: sender.name: is missing; write a text in quotes"),
        ("[calls.join]", "[demands]\nnl = [\"a\"]\nde = [\"a\", \"b\"]\n[calls.join]", "line 13: demands.nl: the languages differ in number (nl 1, de 2); write the same demands in each"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_would_work(tmp_path: Path, found: str, instead: str, told: str):
    folder = campaign_folder(tmp_path, CAMPAIGN_TOML.replace(found, instead, 1))

    assert refusal(folder) == f"templates/campaigns/x/campaign.toml: {told}"


def test_all_problems_are_told_at_once(tmp_path: Path):
    toml = CAMPAIGN_TOML.replace('layout = "newsletter"', 'layout = "poster"').replace("closes", "closses")

    assert refusal(campaign_folder(tmp_path, toml, start_de=None)) == (
        "templates/campaigns/x: 3 problems\n"
        "templates/campaigns/x/campaign.toml: line 17: calls.join.closses: unknown key; "
        "known: button, capacity, closes, fields, fold_by, goal, intro, thanks, title\n"
        "templates/campaigns/x/start.de.md is missing: the campaign speaks nl, de; "
        "write it or take 'de' out of languages\n"
        "templates/campaigns/x/campaign.toml: line 27: waves.start.layout: unknown layout 'poster'; known: newsletter, call, invitation, letter"
    )


def test_what_may_differ_between_the_languages_is_read_by_the_keys_of_the_words(tmp_path: Path):
    declared = '\n[differs]\n"calls.join.intro" = ["12", "15"]\n"calls.join.fields.label" = ["3"]\ntitle = ["2026"]\n'

    found = read_campaign(campaign_folder(tmp_path, CAMPAIGN_TOML + declared)).differs

    assert found == {"calls.join.intro": ("12", "15"), "calls.join.fields.label": ("3",), "title": ("2026",)}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"calls.jion.intro" = ["1"]', 'leads to no words; write the keys that do, such as "calls.join.intro"'),
        ('"calls.join" = ["1"]', 'leads to no words; write the keys that do, such as "calls.join.intro"'),
        ('title = "1"', """found '1'; write a list such as ["13", "28-05-2027"]"""),
    ],
)
def test_what_may_differ_where_there_are_no_words_is_told(tmp_path: Path, line: str, told: str):
    folder = campaign_folder(tmp_path, f"{CAMPAIGN_TOML}\n[differs]\n{line}\n")

    assert refusal(folder).endswith(told)


def test_a_call_without_fields_is_told(tmp_path: Path):
    before, after = CAMPAIGN_TOML.split("[[calls.join.fields]]")
    toml = f"{before}[waves.start]{after.split('[waves.start]')[1]}"

    assert refusal(campaign_folder(tmp_path, toml)) == (
        "templates/campaigns/x/campaign.toml: line 12: calls.join.fields: there is none; write at least one [[…fields]]"
    )


def test_a_campaign_without_waves_is_told(tmp_path: Path):
    toml = CAMPAIGN_TOML.split("[waves.start]", maxsplit=1)[0]

    assert refusal(campaign_folder(tmp_path, toml, start_nl=None, start_de=None)) == (
        "templates/campaigns/x/campaign.toml: line 1: waves: there is none; write at least one [waves.<name>] or [newsletters.<name>]"
    )


def test_a_wave_needs_a_name_that_can_stand_in_file_names(tmp_path: Path):
    toml = CAMPAIGN_TOML.replace("[waves.start]", '[waves."Start nu"]')
    files = {"Start nu_nl": BODY_MD, "Start nu_de": BODY_MD}

    assert refusal(campaign_folder(tmp_path, toml, start_nl=None, start_de=None, **files)) == (
        "templates/campaigns/x/campaign.toml: line 24: waves.Start nu: is no name; write lower-case letters, digits and dashes"
    )


def test_a_folder_without_campaign_toml_is_told(tmp_path: Path):
    folder = campaign_folder(tmp_path)
    (folder / "campaign.toml").unlink()

    assert refusal(folder) == (
        "templates/campaigns/x/campaign.toml is missing; a campaign folder holds campaign.toml and its texts"
    )


def test_invalid_toml_is_told_with_its_line(tmp_path: Path):
    assert refusal(campaign_folder(tmp_path, 'topic = "a"\nlanguages = [nl]\n')) == (
        "templates/campaigns/x/campaign.toml: line 2: not valid TOML: Invalid value (at line 2, column 14)"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Een tekst.", "line 1: front matter is missing; begin with +++, subject = \"…\", preheader = \"…\", +++, each on its own line"),
        ('+++\nsubject = "Hallo"', "line 1: front matter does not end; begin with +++, subject = \"…\", preheader = \"…\", +++, each on its own line"),
        ('+++\nsubject "Hallo"\n+++\ntekst', "line 2: not valid TOML: Expected '=' after a key in a key/value pair (at line 2, column 9)"),
        ('+++\nsubject = "Hallo"\n+++\ntekst', "line 1: preheader: is missing; write a text in quotes"),
        ('+++\nsubject = " "\npreheader = "x"\n+++\ntekst', "line 2: subject: is empty; write a text"),
        ('+++\nsubject = "a"\npreheader = "x"\nbcc = "y"\n+++\ntekst', "line 4: bcc: unknown key; known: preheader, subject, translated_from"),
        ('+++\nsubject = "a"\npreheader = "x"\n+++\n\n', "line 5: the text is empty; write the mail in Markdown"),
    ],
)  # fmt: skip
def test_a_text_names_the_line_that_is_wrong(tmp_path: Path, text: str, told: str):
    assert refusal(campaign_folder(tmp_path, start_nl=text)) == f"templates/campaigns/x/start.nl.md: {told}"


def test_a_text_that_is_not_utf_8_is_told(tmp_path: Path):
    folder = campaign_folder(tmp_path)
    (folder / "start.nl.md").write_bytes(BODY_MD.encode() + "é".encode("latin-1"))

    assert refusal(folder) == (
        f"templates/campaigns/x/start.nl.md: line 7: byte {len(BODY_MD)} is not UTF-8; save the file as UTF-8"
    )


def test_a_text_that_belongs_to_no_wave_is_told(tmp_path: Path):
    assert refusal(campaign_folder(tmp_path, strat_nl=BODY_MD)) == (
        "templates/campaigns/x/strat.nl.md belongs to no wave; name it <wave>.<language>.md "
        "(waves: start; languages: nl, de)"
    )


def test_the_house_signs_where_a_campaign_names_no_sender(tmp_path: Path):
    head, rest = CAMPAIGN_TOML.split("[sender]")
    folder = campaign_folder(tmp_path, head + "[calls.join]" + rest.split("[calls.join]", 1)[1])
    (tmp_path / "templates" / "brand.toml").write_text(
        '[sender]\nname = "Huis"\nemail = "huis@example.org"\nreply_to = "antwoord@example.org"\n'
        'imprint = { nl = "Huis NL", de = "Huis DE", en = "House" }\n'
    )

    assert read_campaign(folder).sender == Sender(
        "Huis", "huis@example.org", "antwoord@example.org", {"nl": "Huis NL", "de": "Huis DE"}
    )


def test_an_offset_is_kept_and_a_local_time_is_meant_in_the_campaigns_zone(tmp_path: Path):
    toml = CAMPAIGN_TOML.replace("closes = 2026-12-10", "closes = 2026-12-10T17:00:00")
    closes = read_campaign(campaign_folder(tmp_path, f'zone = "Europe/Berlin"\n{toml}')).calls["join"].closes

    assert closes == datetime(2026, 12, 10, 17, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def test_an_unknown_campaign_names_the_ones_there_are(tmp_path: Path):
    campaign_folder(tmp_path)

    with pytest.raises(NotFound) as caught:
        load_campaign(tmp_path / "templates", "y")

    assert str(caught.value) == "no campaign 'y'; there is: x"


def test_every_campaign_that_is_shipped_can_be_read():
    slugs = list_campaigns(TEMPLATES)

    assert "sociaal-werkers" in slugs
    assert [load_campaign(TEMPLATES, slug).slug for slug in slugs] == list(slugs)

# ruff: noqa: E501 - a row of a table stays on one line
"""Waves that try something first, as campaign folders describe them: canaries and second versions of the texts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.campaigns import new
from outreach.campaigns.read import read_campaign
from outreach.compose import parity
from outreach.errors import DefinitionError
from outreach.model.campaign import Body
from outreach.model.trial import Choice, Trial
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps import checking, pieces, preview
from outreach.steps.folders import declare_translated
from tests.builders_compose import BODY_MD, CAMPAIGN_TOML, ENVIRONMENT, NOW, campaign_folder
from tests.campaigns.test_read import refusal
from tests.conftest import KEY
from tests.fakes import FakeProvider

CANARY = "\n[waves.start.canary]\n"
VERSIONS = "\n[waves.start.versions]\n"
FILE = "templates/campaigns/x"
SUBJECT_ONLY = '+++\nsubject = "Anders"\n+++\n'
OTHER = {"start_b_nl": SUBJECT_ONLY, "start_b_de": SUBJECT_ONLY}
NEWSLETTER = '\n[newsletters.news]\ntitle = { nl = "N", de = "N" }\naudiences = ["members"]\n'
NEWS = {"news_nl": BODY_MD, "news_de": BODY_MD}


@pytest.mark.parametrize(
    ("written", "trial"),
    [
        ("", None),
        (f"{CANARY}share = 0.05", Trial(0.05, timedelta(minutes=30))),
        (f"{CANARY}people = 200\nwait_hours = 2", Trial(0.0, timedelta(hours=2), people=200)),
        (f"{VERSIONS}share = 0.1", Trial(0.1, timedelta(hours=4), versions=True)),
        (
            f'{VERSIONS}share = 0.5\nwait_minutes = 90\nchoose = "person"',
            Trial(0.5, timedelta(minutes=90), versions=True, choose=Choice.PERSON),
        ),
    ],
)
def test_what_goes_first_is_read(tmp_path: Path, written: str, trial: Trial | None):
    files = OTHER if "versions" in written else {}

    assert read_campaign(campaign_folder(tmp_path, CAMPAIGN_TOML + written, **files)).waves["start"].trial == trial


def test_a_newsletter_may_have_a_canary(tmp_path: Path):
    toml = f"{CAMPAIGN_TOML}{NEWSLETTER}\n[newsletters.news.canary]\npeople = 50\n"

    found = read_campaign(campaign_folder(tmp_path, toml, **NEWS)).newsletters["news"].trial
    assert found == Trial(0.0, timedelta(minutes=30), people=50)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (CANARY, "line 30: waves.start.canary.share: is missing; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f"{CANARY}share = 0", "line 31: waves.start.canary.share: found 0; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f"{CANARY}share = 1", "line 31: waves.start.canary.share: found 1; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f'{CANARY}share = "5 %"', "line 31: waves.start.canary.share: found '5 %'; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f"{CANARY}share = true", "line 31: waves.start.canary.share: found True; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f"{CANARY}share = nan", "line 31: waves.start.canary.share: found nan; write a share of the recipients above 0 and below 1, such as 0.05"),
        (f"{CANARY}share = 0.1\npeople = 5", "line 32: waves.start.canary.people: stands beside share; keep one of them"),
        (f"{CANARY}people = 0", "line 31: waves.start.canary.people: found 0; write 1 or more"),
        (f"{CANARY}people = 2000000", "line 31: waves.start.canary.people: found 2000000; write 1000000 or less"),
        (f"{CANARY}share = 0.1\nwait = 5", "line 32: waves.start.canary.wait: unknown key; known: people, share, wait_hours, wait_minutes"),
        (f"{CANARY}share = 0.1\nwait_hours = 1\nwait_minutes = 5", "line 33: waves.start.canary.wait_minutes: stands beside wait_hours; keep one of them"),
        (f"{CANARY}share = 0.1\nwait_hours = 337", "line 32: waves.start.canary.wait_hours: found 337; the rest waits 14 days at most"),
        (f"{VERSIONS}share = 0.6", "line 31: waves.start.versions.share: found 0.6; write the share that each version goes to first, above 0 and up to 0.5, such as 0.1"),
        (f'{VERSIONS}share = 0.1\nchoose = "opens"', "line 32: waves.start.versions.choose: unknown choose 'opens'; known: clicks, person"),
        (f"{CANARY}share = 0.1{VERSIONS}share = 0.1", "line 32: waves.start.versions: stands beside canary; keep one of them: versions stop at the same thresholds"),
    ],
)  # fmt: skip
def test_what_cannot_go_first_is_told_with_what_would_work(tmp_path: Path, written: str, told: str):
    files = OTHER if "versions" in written else {}

    assert refusal(campaign_folder(tmp_path, CAMPAIGN_TOML + written, **files)) == f"{FILE}/campaign.toml: {told}"


def test_a_newsletter_has_no_second_version(tmp_path: Path):
    toml = f"{CAMPAIGN_TOML}{NEWSLETTER}\n[newsletters.news.versions]\nshare = 0.1\n"

    assert refusal(campaign_folder(tmp_path, toml, **NEWS, news_b_nl=BODY_MD)).splitlines()[1:] == [
        f"{FILE}/campaign.toml: line 34: newsletters.news.versions: is for waves; the issues of a newsletter have one "
        "text each; make it a wave, or try the issue on a few with [….canary]",
        f"{FILE}/news.b.nl.md is the second version of a newsletter, which has none; take it away",
    ]


@pytest.mark.parametrize(
    ("versions", "files", "told"),
    [
        (True, {"start_b_nl": SUBJECT_ONLY}, 'start.b.de.md is missing: waves.start.versions tries two texts in every language; write +++, subject = "…", +++ into it, each on its own line, or take the versions out'),
        (True, OTHER | {"start_b_nl": BODY_MD}, f"start.b.nl.md: says what {FILE}/start.nl.md says; write another subject, preheader or text"),
        (True, OTHER | {"start_b_nl": "+++\n+++\n"}, f"start.b.nl.md: says what {FILE}/start.nl.md says; write another subject, preheader or text"),
        (True, OTHER | {"start_b_nl": "Dag"}, 'start.b.nl.md: line 1: front matter is missing; begin with +++, subject = "…", preheader = "…", +++, each on its own line'),
        (True, OTHER | {"start_c_nl": BODY_MD}, "start.c.nl.md belongs to no wave; name it <wave>.<language>.md (waves: start; languages: nl, de)"),
        (False, {"start_b_nl": SUBJECT_ONLY}, "start.b.nl.md is never sent; write [waves.start.versions] in campaign.toml, or take the file away"),
    ],
)  # fmt: skip
def test_a_second_version_that_is_not_whole_is_told(tmp_path: Path, versions: bool, files: dict[str, str], told: str):
    toml = CAMPAIGN_TOML + (f"{VERSIONS}share = 0.1" if versions else "")

    assert refusal(campaign_folder(tmp_path, toml, **files)) == f"{FILE}/{told}"


def test_a_second_version_takes_what_it_leaves_out_from_the_first(tmp_path: Path):
    files = OTHER | {"start_b_de": '+++\npreheader = "Anders"\n+++\n\nEin anderer Text.\n'}
    wave = read_campaign(campaign_folder(tmp_path, f"{CAMPAIGN_TOML}{VERSIONS}share = 0.1", **files)).waves["start"]

    assert wave.other == {
        "nl": Body("Anders", "Kom kijken", wave.bodies["nl"].markdown, f"{FILE}/start.b.nl.md"),
        "de": Body("Hallo", "Anders", "\n\n\n\nEin anderer Text.\n", f"{FILE}/start.b.de.md"),
    }
    assert [(each.stem, each.bodies) for each in wave.versions] == [("start", wave.bodies), ("start.b", wave.other)]


@pytest.fixture
def desk(tmp_path: Path) -> Services:
    """A campaign that tries two versions, and what looks at it; looking needs no database."""
    second = BODY_MD.replace("Een tekst.", "Zoveel: 12.").replace("Hallo", "Anders")
    files = {"start_b_nl": second, "start_b_de": second.replace("12", "13")}
    toml = CAMPAIGN_TOML.replace("[calls.join]", '[differs]\n"calls.join.intro" = ["9"]\n[calls.join]')
    campaign_folder(tmp_path, f'{toml}edition = "stacked"\n{VERSIONS}share = 0.1', **files)
    (tmp_path / "templates" / "brand.toml").write_bytes((Settings().templates / "brand.toml").read_bytes())
    settings = Settings(_env_file=None, home=tmp_path, templates=tmp_path / "templates", public_url="https://m.example")
    return Services(settings, None, FakeProvider(), ENVIRONMENT, KEY, lambda: NOW)  # type: ignore[arg-type]


def test_both_versions_are_checked_before_anybody_sends_them(desk: Services):
    found = [finding for finding in checking.check_campaign(desk, "x") if "start.b" in finding.where]

    assert [(finding.level, finding.where) for finding in found] == [
        ("stop", f"{FILE}/start.b.nl.md and {FILE}/start.b.de.md")
    ]
    assert found[0].what.startswith("numbers differ: nl says 12")


def test_both_versions_can_be_looked_at(desk: Services, tmp_path: Path):
    written = preview.preview(desk, "x", "start", tmp_path / "seen")

    assert [path.name for path in written if path.suffix == ".html"] == [
        "start.nl+de.html", "start.de+nl.html", "start.b.nl+de.html", "start.b.de+nl.html"
    ]  # fmt: skip
    assert "Zoveel: 12." in (tmp_path / "seen" / "start.b.nl+de.txt").read_text()
    with pytest.raises(DefinitionError, match=r"no wave of x 'start.c'; there is: start, start.b"):
        pieces.piece(read_campaign(tmp_path / "templates" / "campaigns" / "x"), "start.c")


def test_a_translation_of_the_second_version_is_declared_and_told_when_stale(desk: Services, tmp_path: Path):
    folder = tmp_path / "templates" / "campaigns" / "x"
    assert [path.name for path in declare_translated(desk, "x", "start.b")] == ["start.b.de.md"]
    second = read_campaign(folder).waves["start"].versions[1]
    assert list(parity.stale(read_campaign(folder), second)) == []

    newer = replace(second, bodies={**second.bodies, "nl": replace(second.bodies["nl"], subject="Nieuw")})
    told = list(parity.stale(read_campaign(folder), newer))
    assert [(each.where, each.what.rpartition(": ")[2]) for each in told] == [
        (f"{FILE}/start.b.de.md", "outreach campaign translated x start.b")
    ]


def test_what_a_new_campaign_has_in_comments_works_once_the_marks_are_taken_away(tmp_path: Path):
    """Uncommented, the two tables of the starter are read; they stand for one choice, so each by itself."""
    starter = (Path(new.__file__).parent / "starter" / "campaign.toml.jinja").read_text("utf-8")
    part = starter.split("A wave may go to a few people first", 1)[1].split("{% endfor %}", 1)[0]
    lines = [line.removeprefix("# ") for line in part.splitlines() if " = " in line or line.startswith("# [")]
    toml = "\n".join(lines).replace("{{ names[part] }}", "start")
    canary, _, versions = toml.partition("[waves.start.versions]")

    waves = [
        read_campaign(campaign_folder(tmp_path / name, CAMPAIGN_TOML + written, **files)).waves["start"].trial
        for name, written, files in (("a", canary, {}), ("b", f"[waves.start.versions]{versions}", OTHER))
    ]
    assert waves == [
        Trial(0.0, timedelta(minutes=30), people=200), Trial(0.1, timedelta(hours=4), versions=True)
    ]  # fmt: skip

import re
from datetime import timedelta

from outreach.dashboard.progress import CallProgress
from outreach.dashboard.render import SHOWN, DashboardLinks, overview_markdown, wave_markdown
from outreach.model.left import Left
from outreach.model.report import Cell
from outreach.model.wave import WaveState
from tests.builders_dashboard import figures, report
from tests.conftest import NOON

LINKS = DashboardLinks("http://127.0.0.1:8400/", "http://127.0.0.1:4200", "http://127.0.0.1:8410", {7: "0a-1b"})
SIZE = 100_000


def paragraphs(markdown: str) -> list[str]:
    return [
        block
        for block in re.sub(r"\(data:[^)]*\)", "(…)", markdown).replace("\u00a0", " ").strip().split("\n\n")
        if block
    ]


def wave(**changes: object) -> list[str]:
    return paragraphs(wave_markdown(report(**changes), links=LINKS, now=NOON))


def overview(*reports: object, calls: tuple[CallProgress, ...] = ()) -> list[str]:
    return paragraphs(overview_markdown(list(reports), calls, LINKS, NOON))


def table_under(blocks: list[str], heading: str) -> list[list[str]]:
    tables = [block for block in blocks[blocks.index(heading) :] if block.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[0].splitlines()[2:]]


def test_a_dashboard_begins_with_what_matters_in_plain_words():
    assert wave()[:3] == [
        "# Een gouden gemeente",
        "**Sent** · wave sociaal&#45;werkers/call · as of 20 Nov 2026, 13:00 CET",
        "**2,913 of 3,000 delivered (97.1 %).** Of the 2,400 who allow counting, 800 … 1,240 opened it "
        "(33.3 … 51.7 %) and 305 … 340 clicked (12.7 … 14.2 %). 41 signed up (1.4 % of delivered), 6 unsubscribed.",
    ]


def test_a_dashboard_shows_the_languages_by_name():
    assert table_under(wave(), "## By language") == [
        ["Nederlands", "2,000", "1,950", "600 … 900", "230 … 250", "30", "5"],
        ["Deutsch", "1,000", "963", "200 … 340", "75 … 90", "11", "1"],
    ]


def test_a_dashboard_shows_the_audiences():
    assert [row[:2] for row in table_under(wave(), "## By audience")] == [
        ["Members", "2,000"],
        ["Municipalities", "1,000"],
    ]


def test_a_dashboard_has_a_chart_of_the_whole_of_the_languages_and_of_the_audiences():
    assert [block[:10] for block in wave() if block.startswith("![")] == ["![Funnel o", "![Delivere", "![Delivere"]


def test_unknown_outcomes_stand_above_everything_with_what_to_do():
    unknown = wave(unknown=1200)[2]

    assert unknown.splitlines()[0].startswith("> **⚠ 1,200 recipients: nobody knows whether the mail was taken.**")
    assert unknown.splitlines()[2].startswith("> What to do: ")


def test_who_was_left_out_is_listed_by_how_many():
    assert table_under(
        wave(out={"suppressed": 3, "no consent for sociaal-werk": 12, "odd|reason": 1}),
        "## Who was left out at planning",
    ) == [
        ["no consent for sociaal&#45;werk", "12"],
        ["on the suppression list: bounced, complained or unsubscribed from everything before", "3"],
        ["odd&#124;reason", "1"],
    ]


def test_where_nobody_was_left_out_that_is_said():
    blocks = wave(out={"suppressed": 0})

    assert blocks[blocks.index("## Who was left out at planning") + 1] == (
        "Nobody: everybody in the audiences gets the wave."
    )


def test_losses_are_shown_with_their_share():
    assert [row[:2] for row in table_under(wave(unknown=3), "## What did not arrive")] == [
        ["Bounced", "5 (0.2 %)"],
        ["… of these softly", "0 (0 %)"],
        ["Complained", "0 (0 %)"],
        ["Refused", "0 (0 %)"],
        ["Suppressed", "0 (0 %)"],
        ["Unknown", "3 (0.1 %)"],
    ]


def test_batches_are_listed_in_the_order_of_their_life():
    blocks = wave(batches={"unknown": 1, "accepted": 28, "planned": 1})

    assert blocks[blocks.index("## Batches and times") + 1] == "30 batches: 1 planned, 28 accepted, 1 unknown."


def test_before_any_delivery_is_reported_the_headline_says_what_was_accepted():
    blocks = wave(cells={Cell("members", "nl"): figures(10, accepted=10)}, tracked=0)

    assert blocks[2] == (
        "**10 of 10 accepted by the email API (100 %); no delivery reported yet.** "
        "0 signed up (0 % of accepted), 0 unsubscribed."
    )


def test_a_draft_without_anybody_has_a_dashboard():
    blocks = wave(state=WaveState.DRAFT, cells={}, tracked=0, batches={}, planned_at=None, started_at=None)

    assert blocks[2] == "**0 of 0 delivered (–).** 0 signed up (– of accepted), 0 unsubscribed."
    assert "No batches yet." in blocks


def test_a_planned_wave_links_to_the_runs_that_wait_for_an_approval():
    assert wave(state=WaveState.PLANNED)[-1] == (
        "[The campaign&#39;s public page](http://127.0.0.1:8400/campaigns/sociaal-werkers)"
        " · [The mails in the outbox](http://127.0.0.1:8410)"
        " · [All dashboards](http://127.0.0.1:4200/v2/artifacts)"
        " · [Runs that wait for an approval](http://127.0.0.1:4200/v2/runs?state=Paused)"
    ).replace("&#39;", "'")


def test_nothing_from_outside_becomes_markup():
    hostile = "<img src=x onerror=alert(1)> | [x](https://evil.example)"
    whole = "\n".join(
        wave(
            title=hostile, campaign=hostile, wave=hostile, cells={Cell(hostile, hostile): figures(3)}, out={hostile: 1}
        )
    )

    assert re.findall(r"<img|\]\(https://evil", whole) == []


def test_a_dashboard_with_very_many_audiences_stays_small():
    cells = {Cell(f"a-rather-long-audience-{n}", "nl+de"): figures(10**6, tracked=10**6, opened=n) for n in range(500)}

    assert len(wave_markdown(report(cells=cells), links=LINKS, now=NOON).encode()) < SIZE


def test_the_overview_links_every_wave_to_its_dashboard():
    rows = table_under(overview(report(), report(wave_id=8, title="Nog een")), "## Waves")

    assert [row[0] for row in rows] == [
        "[Een gouden gemeente](http://127.0.0.1:4200/v2/artifacts/artifact/0a-1b) sociaal&#45;werkers/call",
        "Nog een sociaal&#45;werkers/call",
    ]


def test_the_overview_shows_how_far_each_call_has_come():
    calls = (
        CallProgress("gouden-gemeente", "Gouden gemeente", 7, 19, 10, NOON + timedelta(days=1)),
        CallProgress("ambassadeur", "Ambassadeur", 10, 10, 10, NOON),
        CallProgress("idee", "Idee", 3, 3, None, None),
    )

    assert table_under(overview(calls=calls), "## Calls") == [
        ["[Gouden gemeente](http://127.0.0.1:8400/calls/gouden-gemeente)",
         "██████████████░░░░░░ **7 of 10**", "19", "21 Nov 2026, 13:00 CET"],
        ["[Ambassadeur](http://127.0.0.1:8400/calls/ambassadeur)",
         "████████████████████ **10 of 10** ✓", "10", "closed 20 Nov 2026, 13:00 CET"],
        ["[Idee](http://127.0.0.1:8400/calls/idee)", "**3**", "3", "–"],
    ]  # fmt: skip


def test_an_overview_of_nothing_says_so():
    assert overview()[1:6] == [
        "0 waves, 0 calls · as of 20 Nov 2026, 13:00 CET",
        "## Calls",
        "No call is open to the public yet.",
        "## Waves",
        "No wave has been planned yet.",
    ]


def test_the_overview_names_the_waves_with_unknown_outcomes():
    assert overview(report(unknown=4))[2] == (
        "> **⚠ Recipients whose outcome nobody knows:** "
        "[Een gouden gemeente](http://127.0.0.1:4200/v2/artifacts/artifact/0a-1b) (4). Their dashboards say what to do."
    )


def test_why_a_wave_paused_itself_stands_above_everything_and_in_the_overview():
    why = "more than 5 % bounced"
    left = Left(1119, paused_why=why, paused_at=NOON)
    paused = report(state=WaveState.PAUSED, paused_why=why)
    steer = "[steer&#45;wave](http://127.0.0.1:4200/v2/deployments)"

    assert paragraphs(wave_markdown(paused, links=LINKS, now=NOON, left=left))[2] == (
        "> **⚠ Paused by itself: nobody more is written to until a person says so.**\n>\n"
        "> More than 5 % bounced&#46;\n>\n"
        f"> Paused since 20 Nov 2026, 13:00 CET; 1,119 were not written to yet. {steer}"
    )
    assert overview(paused, report())[2] == (
        "> **⚠ Paused by itself:** [Een gouden gemeente](http://127.0.0.1:4200/v2/artifacts/artifact/0a-1b), "
        f"sociaal&#45;werkers/call: {why}. {steer}"
    )


def test_an_overview_of_very_many_waves_stays_small_and_counts_the_rest():
    reports = [report(wave_id=n, title="Een titel van gewone lengte in het Nederlands") for n in range(SHOWN + 40)]
    links = DashboardLinks("http://127.0.0.1:8400", "http://127.0.0.1:4200", None, dict.fromkeys(range(200), "0" * 36))

    markdown = overview_markdown(reports, [], links, NOON)

    assert len(markdown.encode()) < SIZE
    assert "… and 40 more." in paragraphs(markdown)

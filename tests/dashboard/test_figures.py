import pytest
from sqlalchemy.orm import Session

from outreach.dashboard import queries
from outreach.dashboard.progress import CallProgress
from outreach.dashboard.render import DashboardLinks
from outreach.errors import NotFound
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, Status, WaveState
from outreach.services import Services
from outreach.steps import figures
from outreach.store import Sessions
from outreach.store.counters import count
from tests.builders_dashboard import (
    BOTH,
    NL,
    stored_batch,
    stored_call,
    stored_campaign,
    stored_delivery,
    stored_submission,
    stored_wave,
)

LINKS = DashboardLinks("http://127.0.0.1:8400", "http://127.0.0.1:4200")


def wave_of_three(session: Session) -> int:
    wave_id = stored_wave(session, stored_campaign(session), out={"suppressed": 2})
    batch = stored_batch(session, wave_id, 1, BatchState.ACCEPTED, 3)
    stored_delivery(session, wave_id, batch, tracked=True)
    stored_delivery(session, wave_id, batch, tracked=False)
    stored_delivery(session, wave_id, batch, tracked=True, cell=BOTH)
    count(session, wave_id, NL, {Figure.RECIPIENTS: 2, Figure.ACCEPTED: 2, Figure.DELIVERED: 1, Figure.CLICKS: 4})
    count(session, wave_id, BOTH, {Figure.RECIPIENTS: 1, Figure.ACCEPTED: 1, Figure.SIGNUPS: 1})
    count(session, wave_id, Cell("", ""), {Figure.OPENS: 5})
    return wave_id


def test_a_report_holds_counters_batches_and_who_allows_counting(sessions: Sessions):
    with sessions.begin() as session:
        report = queries.report(session, wave_of_three(session))

    assert (report.campaign, report.wave, report.title, report.state) == (
        "sociaal-werkers",
        "call",
        "De oproep",
        WaveState.SENDING,
    )
    assert (report.batches, report.unknown, report.tracked, report.out) == ({"accepted": 1}, 0, 2, {"suppressed": 2})
    assert report.cells == {
        NL: {
            Figure.RECIPIENTS: 2,
            Figure.ACCEPTED: 2,
            Figure.DELIVERED: 1,
            Figure.CLICKS: 4,
            Figure.TRACKED: 1,
        },
        BOTH: {Figure.RECIPIENTS: 1, Figure.ACCEPTED: 1, Figure.SIGNUPS: 1, Figure.TRACKED: 1},
        Cell("", ""): {Figure.OPENS: 5},
    }


def test_who_is_unknown_are_recipients_of_unknown_batches_without_a_word_of_their_own(sessions: Sessions):
    with sessions.begin() as session:
        wave_id = stored_wave(session, stored_campaign(session))
        unknown = stored_batch(session, wave_id, 1, BatchState.UNKNOWN, 5)
        stored_delivery(session, wave_id, unknown)
        stored_delivery(session, wave_id, unknown, status=Status.UNKNOWN)
        stored_delivery(session, wave_id, unknown, status=Status.DELIVERED)
        stored_delivery(session, wave_id, unknown, status=Status.SUPPRESSED)
        stored_delivery(session, wave_id, stored_batch(session, wave_id, 2, BatchState.ACCEPTED, 1))

        assert queries.report(session, wave_id).unknown == 3


def test_a_wave_that_does_not_exist_is_named_with_those_that_do(sessions: Sessions):
    with sessions.begin() as session:
        known = stored_wave(session, stored_campaign(session))
        with pytest.raises(NotFound) as refused:
            queries.report(session, 99)

    assert str(refused.value) == f"no wave 99; there is: {known}"


def test_a_call_counts_folded_forms_once(sessions: Sessions):
    with sessions.begin() as session:
        campaign = stored_campaign(session)
        gouden = stored_call(
            session, campaign, "gouden", {"title": {"de": "Gold", "nl": "Goud"}, "goal": 10, "fold_by": "municipality"}
        )
        stored_call(session, campaign, "idee", {"title": {}, "goal": None, "fold_by": None})
        for number, fold in enumerate(("stad a", "stad a", "stad b")):
            stored_submission(session, gouden, f"token-{number}", fold)

        assert queries.call_progress(session) == [
            CallProgress("gouden", "Goud", 2, 3, 10, None),
            CallProgress("idee", "idee", 0, 0, None, None),
        ]


def test_a_call_without_folding_counts_every_form(sessions: Sessions):
    with sessions.begin() as session:
        idee = stored_call(session, stored_campaign(session), "idee", {"title": {"nl": "Idee"}, "goal": 5})
        for number in range(3):
            stored_submission(session, idee, f"token-{number}")

        assert queries.call_progress(session) == [CallProgress("idee", "Idee", 3, 3, 5, None)]


def test_waves_to_show_are_the_planned_ones_newest_first(services: Services):
    with services.sessions.begin() as session:
        campaign = stored_campaign(session)
        first = stored_wave(session, campaign, "first")
        stored_wave(session, campaign, "draft", state=WaveState.DRAFT)
        last = stored_wave(session, campaign, "last")

    assert figures.waves_to_show(services) == [last, first]


def test_totals_add_waves_up_for_the_demos_report(services: Services):
    with services.sessions.begin() as session:
        first = wave_of_three(session)
        second = stored_wave(session, stored_campaign(session, "ander"), "second")
        stored_batch(session, second, 1, BatchState.UNKNOWN, 4)
        count(session, second, NL, {Figure.RECIPIENTS: 4, Figure.UNSUBSCRIBES: 1})

    assert figures.totals(services, [first, second]) == {
        "recipients": {
            "total": 7,
            "audiences": {"members": 6, "social_workers": 1},
            "languages": {"nl": 6, "nl+de": 1},
        },
        "batches": 2,
        "accepted": 3,
        "delivered": 1,
        "opens": 5,
        "clicks": 4,
        "signups": 1,
        "unsubscribes": 1,
        "unknown": 4,
    }


def test_a_dashboard_is_made_from_what_the_database_holds(services: Services):
    with services.sessions.begin() as session:
        wave_id = wave_of_three(session)

    lines = figures.wave_dashboard(services, wave_id, LINKS).splitlines()

    assert lines[4].startswith("**1 of 3 delivered (33.3 %).** Of the 2 who allow counting, 0 opened it")


def test_the_overview_is_made_from_what_the_database_holds(services: Services):
    with services.sessions.begin() as session:
        wave_of_three(session)

    assert figures.overview(services, LINKS).splitlines()[2] == "1 wave, 0 calls · as of 20 Nov 2026, 13:00 CET"

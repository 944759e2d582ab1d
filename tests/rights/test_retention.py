"""Retention: what is older than its rule allows goes with proof, what is younger stays, and so do figures."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.campaigns import queries as campaigns
from outreach.dashboard.retention import retention_markdown
from outreach.delivery.queries import pictures
from outreach.errors import DefinitionError
from outreach.model.inspection import Picture
from outreach.model.rights import Removed, Retention, Rule
from outreach.rights import exports, rules
from outreach.rights.queries.retention import SWEEPS
from outreach.settings import Settings
from outreach.steps import retention, rights
from outreach.steps.importing import import_contacts
from outreach.store.tables import (
    Base,
    ContactRow,
    DeliveryRow,
    EngagementRow,
    PictureRow,
    SignupRow,
    SubmissionRow,
    WaveRow,
)
from tests.builders_delivery import campaign as bare_campaign
from tests.builders_engagement import everything, figures, nomination, registered, sent
from tests.builders_people import Soul, add, write_csv
from tests.builders_rights import History, house
from tests.conftest import NOON

AGES = st.lists(st.floats(0, 400, allow_nan=False), max_size=12)


def test_every_table_has_a_rule_or_a_reason_to_stay():
    swept = {sweep.id.class_.__tablename__ for sweep in SWEEPS.values()}

    assert swept | rules.KEPT.keys() == Base.metadata.tables.keys()
    assert {rule.name for rule in rules.RULES} == {*SWEEPS, *retention.FILES}


def test_nothing_older_stays_nothing_younger_goes_and_figures_stay(services):
    wave = sent(services.sessions)
    call = registered(services.sessions, wave.campaign, nomination())
    counted = figures(services.sessions, wave.wave)

    @settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(ages=AGES)
    def law(ages: list[float]) -> None:
        times = [NOON - timedelta(days=age) for age in ages]
        with services.sessions.begin() as session:
            session.query(SubmissionRow).delete()
            session.query(EngagementRow).delete()
            for n, at in enumerate(times):
                session.add(_hit(wave.wave, at))
                session.add(_answer(call, n, at))
        results = {removed.rule: removed for removed in retention.run_retention(services, portion=4)}

        limits = {rule.name: rules.cutoff(rule, NOON) for rule in rules.RULES}
        old = sorted(at for at in times if at < limits["engagement"])
        with services.sessions() as session:
            hits = session.execute(select(EngagementRow.at, EngagementRow.network)).tuples().all()
            networks = session.execute(select(SubmissionRow.at, SubmissionRow.network)).tuples().all()
        kept = [at for at in times if at >= limits["engagement"]]
        assert sorted(hits) == sorted((at, "192.0.2.0/24" if at >= limits["agents"] else None) for at in kept)
        assert sorted(networks) == sorted((at, "192.0.2.0/24" if at >= limits["networks"] else None) for at in times)
        assert results["engagement"].removed == len(old)
        assert [results["engagement"].oldest] == (old[:1] or [None])
        assert figures(services.sessions, wave.wave) == counted

    law()


def _hit(wave: int, at) -> EngagementRow:
    return EngagementRow(
        wave_id=wave, delivery_id=None, act="open", link=None, label="human", reason="reader", agent="curl",
        network="192.0.2.0/24", at=at,
    )  # fmt: skip


def _answer(call: int, number: int, at) -> SubmissionRow:
    return SubmissionRow(
        call_id=call, language="nl", answers={}, network="192.0.2.0/24", form_token=f"{at} {number}", at=at
    )


def test_a_proof_says_what_was_removed_whatever_the_portions(services, clock):
    wave = sent(services.sessions)
    with services.sessions.begin() as session:
        session.add_all(_hit(wave.wave, NOON + timedelta(minutes=minute)) for minute in range(5))
    clock.forward(days=91)

    proofs = {proof.rule: proof for proof in retention.run_retention(services, portion=2)}

    rows = [[n + 1, wave.wave, None, "open", (NOON + timedelta(minutes=n)).isoformat()] for n in range(5)]
    digest = hashlib.sha256("".join(f"{json.dumps(row)}\n" for row in rows).encode()).hexdigest()
    cutoff = clock() - timedelta(days=90)
    expected = Removed("engagement", cutoff, 5, NOON, NOON + timedelta(minutes=4), digest, clock())
    assert proofs["engagement"] == expected
    assert expected in retention.shown(services).proofs
    assert len(retention.shown(services).proofs) == len(rules.RULES)


def test_a_dry_run_says_what_would_go_and_removes_nothing(services, clock):
    made = house(services)
    made.add("weg@example.org", History())
    exports.write(exports.file_for(services.settings.exports, "0" * 32, clock()), {})
    clock.forward(days=400)
    before = everything(services.sessions)

    would = [removed.removed for removed in retention.dry_run(services)]

    assert everything(services.sessions) == before
    assert [removed.removed for removed in retention.run_retention(services)] == would
    assert sum(would) > len(would)
    assert {removed.removed for removed in retention.dry_run(services)} == {0}


def test_figures_stay_when_everything_is_old(services, clock):
    made = house(services)
    made.add("weg@example.org", History(suppressed=None))
    counted = made.figures()
    clock.forward(days=4000)

    retention.run_retention(services)

    assert made.figures() == counted
    with services.sessions() as session:
        assert session.scalars(select(DeliveryRow.first_name).distinct()).all() == [""]


def test_an_unconfirmed_signup_takes_along_the_contact_it_made_and_nobody_else(services, clock):
    mails = sent(services.sessions, readers=0)
    with services.sessions.begin() as session:
        ids = add(session, Soul("lid@example.org", acts={}), Soul("oud@example.org", acts={}))
        clock.forward(hours=1)
        made = [
            Soul(f"{name}@example.org", first_name="", acts={}, joined=clock()) for name in ("nieuw", "weer", "volgt")
        ]
        ids |= add(session, *made)
        for name in ("lid", "nieuw", "weer", "volgt"):
            _sign_up(session, ids[f"{name}@example.org"], clock())
        _sign_up(session, ids["weer@example.org"], clock() + timedelta(days=1))
        _mail(session, mails, ids["nieuw@example.org"], "signup 2")
        _mail(session, mails, ids["volgt@example.org"], "")
    clock.forward(days=14, seconds=1)

    retention.run_retention(services)

    with services.sessions() as session:
        left = session.scalars(select(ContactRow.email).order_by(ContactRow.email)).all()
        assert left == ["lid@example.org", "oud@example.org", "volgt@example.org", "weer@example.org"]
        assert session.scalar(select(func.count(SignupRow.id))) == 1
        rows = session.execute(select(DeliveryRow.contact_id, DeliveryRow.email).order_by(DeliveryRow.id)).tuples()
        assert rows.all() == [(-1, ""), (ids["volgt@example.org"], "x@example.org")]


def _sign_up(session, contact_id: int, at) -> None:
    session.add(SignupRow(contact_id=contact_id, topics=[], language="nl", form_url="", requested_at=at))


def _mail(session, mails, contact_id: int, cause: str) -> None:
    row = DeliveryRow(
        wave_id=mails.wave, contact_id=contact_id, batch_id=None, audience="members", variant="nl",
        email="x@example.org", first_name="", organisation="", tracked=False, cause=cause,
    )  # fmt: skip
    session.add(row)
    session.flush()


def test_a_contact_of_whom_a_file_told_more_outlives_the_signup_that_made_it(services, tmp_path, clock):
    with services.sessions.begin() as session:
        ids = add(session, *(Soul(f"{name}@example.org", first_name="", acts={}) for name in ("bo", "kim", "stil")))
        for number in ids.values():
            _sign_up(session, number, clock())
    clock.forward(days=1)
    rows = [("email", "achternaam", "taal"), ("bo@example.org", "Zand", "nl"), ("kim@example.org", "", "de")]
    import_contacts(services, write_csv(tmp_path / "leden.csv", rows))
    clock.forward(days=14)

    retention.run_retention(services)

    with services.sessions() as session:
        left = session.scalars(select(ContactRow.email).order_by(ContactRow.email)).all()
    assert left == ["bo@example.org", "kim@example.org"]


def test_a_number_of_somebody_who_is_gone_is_never_given_again(services):
    with services.sessions.begin() as session:
        [first] = add(session, Soul("een@example.org")).values()
    rights.forget(services, "een@example.org", why="asked")

    with services.sessions.begin() as session:
        [second] = add(session, Soul("twee@example.org")).values()

    assert second > first


def test_files_with_errors_under_home_go_by_their_age(services, clock):
    folder = services.settings.imports
    folder.mkdir()
    for name, days in (("oud.errors.csv", 31), ("download.csv", 40), ("nieuw.errors.csv", 29)):
        file = folder / name
        file.touch()
        at = (clock() - timedelta(days=days)).timestamp()
        os.utime(file, (at, at))

    proofs = {proof.rule: proof for proof in retention.run_retention(services)}

    assert [file.name for file in folder.iterdir()] == ["nieuw.errors.csv"]
    digest = hashlib.sha256(b"download.csv\noud.errors.csv\n").hexdigest()
    assert (proofs["imports"].removed, proofs["imports"].digest) == (2, digest)


def test_pictures_go_long_after_their_wave_was_planned_or_finished(services, clock):
    with services.sessions.begin() as session:
        ages = {"planned": (91, None), "waiting": (89, None), "sent": (200, 91), "sent lately": (200, 89)}
        for name, (planned, finished) in ages.items():
            wave = campaigns.register(session, *bare_campaign(name.replace(" ", "-")), clock())
            row = session.get_one(WaveRow, wave.id)
            row.planned_at = clock() - timedelta(days=planned)
            row.finished_at = finished and clock() - timedelta(days=finished)
            taken = [Picture("nl", width, "light", b"png", f"{name} {width}") for width in (390, 1200)]
            pictures.keep(session, wave.id, taken)

    proofs = {proof.rule: proof for proof in retention.run_retention(services, portion=3)}

    assert proofs["pictures"].removed == 4
    with services.sessions() as session:
        kept = session.scalars(select(PictureRow.key).order_by(PictureRow.key)).all()
    assert kept == [f"{name} {width}" for name in ("sent lately", "waiting") for width in (1200, 390)]


def test_a_house_may_give_other_days():
    given_days = Settings(_env_file=None, retention="engagement=30, calls = 7").retention

    assert given_days == {"engagement": 30, "calls": 7}
    days = {rule.name: rule.days for rule in rules.in_force(given_days)}
    assert (days["engagement"], days["calls"], days["reports"]) == (30, 7, 90)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"opens": 3}, "OUTREACH_RETENTION: no rule 'opens'; there is: agents, engagement,"),
        ({"calls": 0}, "OUTREACH_RETENTION: calls: found 0 days; write 1 or more"),
    ],
)
def test_days_that_cannot_work_are_named(days, words):
    with pytest.raises(DefinitionError, match=words):
        rules.in_force(days)


def test_the_dashboard_shows_rules_and_proofs():
    rule = Rule("engagement", "opens | clicks", 90, "counts stay")
    proof = Removed("engagement", NOON - timedelta(days=90), 1200, NOON, NOON, "ab" * 32, NOON)
    nothing = replace(proof, removed=0, digest="cd" * 32)

    shown = retention_markdown(Retention((rule,), (nothing, proof), {"consent": "the proof"}), NOON)

    assert "| engagement | opens &#124; clicks | 90 | counts stay | 20 Nov 2026, 13:00 CET |" in shown
    assert f"| 1,200 | 20 Nov 2026, 13:00 CET | 20 Nov 2026, 13:00 CET | `{'ab' * 32}` |" in shown
    assert "cd" * 32 not in shown
    assert "- **consent**: the proof" in shown

"""Campaigns and waves written down, also when a folder was changed meanwhile, and by several at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from outreach.campaigns import queries
from outreach.errors import DefinitionError
from outreach.model.wave import WaveState, WaveStep
from outreach.store import Sessions
from outreach.store.tables import CampaignRow, WaveRow
from tests.builders_delivery import TOPIC, campaign
from tests.conftest import NOON

PLANNED = (WaveStep.PLAN,)
APPROVED = (*PLANNED, WaveStep.APPROVE)
STARTED = (*APPROVED, WaveStep.START)
REFUSED = (
    "campaign 'sociaal-werkers': topic: found 'poverty', but its waves so far (start) are about 'social-work', and who "
    "leaves by one of their mails leaves that; keep topic 'social-work', or make a campaign of its own, with another "
    "slug, about 'poverty'"
)


def register(sessions: Sessions, wave: str, topic: str, *steps: WaveStep) -> queries.WaveView:
    """Register a wave of the one campaign, and take it some steps on."""
    made, definition = campaign()
    with sessions.begin() as session:
        wave_id = queries.register(session, replace(made, topic=topic), replace(definition, name=wave), NOON).id
        for step in steps:
            queries.take(session, wave_id, step, NOON)
        return queries.view(session, wave_id)


def topic(sessions: Sessions) -> str:
    with sessions() as session:
        return session.scalars(select(CampaignRow.topic)).one()


@pytest.mark.parametrize(
    "steps", [PLANNED, APPROVED, STARTED, (*STARTED, WaveStep.FINISH), (*STARTED, WaveStep.CANCEL)], ids=len
)
def test_what_a_campaign_is_about_stays_once_a_wave_of_it_was_planned(sessions: Sessions, steps: tuple[WaveStep, ...]):
    register(sessions, "start", TOPIC, *steps)

    with pytest.raises(DefinitionError) as refused:
        register(sessions, "reminder", "poverty")

    assert (str(refused.value), topic(sessions)) == (REFUSED, TOPIC)
    assert register(sessions, "reminder", TOPIC, *PLANNED).state is WaveState.PLANNED


@pytest.mark.parametrize("wave", ["start", "reminder"])
def test_a_wave_that_never_went_out_does_not_bind_its_campaign(sessions: Sessions, wave: str):
    """One that is planned anew, and one that was cancelled before it began."""
    register(sessions, "start", TOPIC, *PLANNED, *((WaveStep.CANCEL,) if wave == "reminder" else ()))

    register(sessions, wave, "poverty", *PLANNED)

    assert topic(sessions) == "poverty"


@pytest.mark.parametrize("waves", [("start", "start"), ("start", "reminder")], ids=len)
def test_two_first_plans_at_once_make_one_campaign_and_each_wave_once(sessions: Sessions, waves: tuple[str, ...]):
    together = Barrier(len(waves))

    def plan(wave: str) -> int:
        together.wait()
        return register(sessions, wave, TOPIC, *PLANNED).id

    with ThreadPoolExecutor(len(waves)) as pool:
        ids = list(pool.map(plan, waves))

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(CampaignRow)) == 1
        assert set(session.scalars(select(WaveRow.id))) == set(ids)
    assert len(set(ids)) == len(set(waves))


def test_a_wave_that_is_registered_is_returned_as_others_left_it(sessions: Sessions):
    """Not as it was when this transaction read it first."""
    wave_id = register(sessions, "start", TOPIC, *PLANNED).id
    made, definition = campaign()
    with sessions() as session:
        assert queries.view(session, wave_id).state is WaveState.PLANNED
        session.commit()
        with sessions.begin() as other:
            queries.take(other, wave_id, WaveStep.APPROVE, NOON)

        assert queries.register(session, made, definition, NOON).state is WaveState.APPROVED
        session.rollback()

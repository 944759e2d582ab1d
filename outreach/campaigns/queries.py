"""Campaigns and waves as rows: what exists, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.trial import Trial
from outreach.model.wave import WaveState, WaveStep, wave_after
from outreach.store.dialects import inserting
from outreach.store.milestones import note
from outreach.store.tables import CampaignRow, WaveRow


@dataclass(frozen=True, slots=True)
class WaveView:
    """A wave with its campaign, as others see it; *title* in the house's language.

    While it is paused: *paused_at* is since when, *paused_by* the person who asked for it, and *paused_why* what for,
    empty where a person gave no reason. *finished_by* is the person who cancelled it.
    """

    id: int
    campaign_id: int
    campaign: str
    name: str
    title: str
    topic: str
    state: WaveState
    audiences: tuple[str, ...]
    call: str | None
    out: Mapping[str, int]
    planned_by: str | None
    finished_at: datetime | None
    planned_at: datetime | None = None
    event_ends: datetime | None = None
    paused_why: str = ""
    paused_by: str = ""
    paused_at: datetime | None = None
    trial: Trial | None = None
    trial_ends: datetime | None = None
    released_at: datetime | None = None
    finished_by: str = ""

    @property
    def paused_itself(self) -> bool:
        """Whether a rule paused it: rules always say why, and a person who does is named."""
        return self.state is WaveState.PAUSED and bool(self.paused_why) and not self.paused_by

    @property
    def key(self) -> str:
        """Campaign and wave in one word, as artifacts and messages name it."""
        return f"{self.campaign}-{self.name}"


def register(session: Session, campaign: Campaign, definition: WaveDefinition, now: datetime) -> WaveView:
    """Write campaign and wave down, or bring what is written up to date while the wave has not begun.

    The wave stays as it is returned until this transaction ends: who else registers it, or takes a step, waits.

    What a campaign is about stays once another of its waves was planned: by it is decided who may still get that wave's
    mails, and what leaving by one of them means.
    """
    row = _campaign(session, campaign, now)
    if row.hidden:
        raise DefinitionError(f"campaign {campaign.slug!r}: the house's own letters go by this name; choose another")
    if row.topic != campaign.topic:
        _refuse_other_topic(session, row, campaign.topic, definition.name)
    row.title, row.summary = dict(campaign.title), dict(campaign.summary)
    row.topic, row.languages = campaign.topic, list(campaign.languages)
    session.flush()
    wave = _held_wave(session, row.id, definition, now)
    if wave.state in (WaveState.DRAFT, WaveState.PLANNED):
        wave.title, wave.audiences, wave.call = dict(definition.title), list(definition.audiences), definition.call
        wave.event_ends = campaign.events[definition.event].ends if definition.event else None
    session.flush()
    return view(session, wave.id)


def _campaign(session: Session, campaign: Campaign, now: datetime) -> CampaignRow:
    words = {"title": dict(campaign.title), "summary": dict(campaign.summary), "languages": list(campaign.languages)}
    new = inserting(session, CampaignRow).values(slug=campaign.slug, topic=campaign.topic, created_at=now, **words)
    session.execute(new.on_conflict_do_nothing(index_elements=["slug"]))  # two first waves may be planned at once
    return session.scalars(select(CampaignRow).where(CampaignRow.slug == campaign.slug)).one()


def _held_wave(session: Session, campaign_id: int, definition: WaveDefinition, now: datetime) -> WaveRow:
    new = inserting(session, WaveRow).values(
        campaign_id=campaign_id,
        name=definition.name,
        title=dict(definition.title),
        audiences=list(definition.audiences),
        call=definition.call,
        state=WaveState.DRAFT,
        out={},
        created_at=now,
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["campaign_id", "name"]))
    there = select(WaveRow).where(WaveRow.campaign_id == campaign_id, WaveRow.name == definition.name)
    held = there.with_for_update().execution_options(populate_existing=True)
    return session.scalars(held).one()


def _refuse_other_topic(session: Session, row: CampaignRow, topic: str, wave: str) -> None:
    """Refuse where mails about the old topic went out or wait to; *wave* itself is about to be planned anew."""
    planned = and_(WaveRow.state.in_((WaveState.PLANNED, WaveState.APPROVED)), WaveRow.name != wave)
    bound = select(WaveRow.name).where(WaveRow.campaign_id == row.id, or_(WaveRow.started_at.is_not(None), planned))
    if names := session.scalars(bound.order_by(WaveRow.id)).all():
        raise DefinitionError(
            f"campaign {row.slug!r}: topic: found {topic!r}, but its waves so far ({', '.join(names)}) are about "
            f"{row.topic!r}, and who leaves by one of their mails leaves that; keep topic {row.topic!r}, or make a "
            f"campaign of its own, with another slug, about {topic!r}"
        )


def view(session: Session, wave_id: int) -> WaveView:
    """Return a wave; `NotFound` where there is none."""
    wave = session.get(WaveRow, wave_id)
    if wave is None:
        raise NotFound("wave", wave_id)
    campaign = session.get_one(CampaignRow, wave.campaign_id)
    return WaveView(
        id=wave.id,
        campaign_id=campaign.id,
        campaign=campaign.slug,
        name=wave.name,
        title=wave.title.get(campaign.languages[0], wave.name),
        topic=campaign.topic,
        state=WaveState(wave.state),
        audiences=tuple(wave.audiences),
        call=wave.call,
        out=wave.out,
        planned_by=wave.planned_by,
        finished_at=wave.finished_at,
        planned_at=wave.planned_at,
        event_ends=wave.event_ends,
        paused_why=wave.paused_why or "",
        paused_by=wave.paused_by or "",
        paused_at=wave.paused_at,
        trial=Trial.of(wave.trial) if wave.trial else None,
        trial_ends=wave.trial_ends,
        released_at=wave.released_at,
        finished_by=wave.finished_by or "",
    )


def hold(session: Session, wave_id: int) -> None:
    """Keep everybody else from changing the wave until this transaction ends.

    Batches may still be added to it: a lane that writes an answer down holds its batch and adds another, while a person
    who decides about that batch holds the wave and waits for it. Whose new batches must not come now holds the wave
    as well (`look_up.hold_wave`).
    """
    session.execute(select(WaveRow.id).where(WaveRow.id == wave_id).with_for_update(key_share=True))


def find(session: Session, campaign: str, name: str) -> int | None:
    """Return the id of a wave by names, if it was ever registered."""
    rows = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    return session.scalar(rows.where(CampaignRow.slug == campaign, WaveRow.name == name))


def all_waves(session: Session, state: WaveState | None = None) -> list[WaveView]:
    """Return every wave, or every one in *state*, newest first; the house's own letters are not among them."""
    shown = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id).where(~CampaignRow.hidden)
    if state is not None:
        shown = shown.where(WaveRow.state == state)
    return [view(session, wave_id) for wave_id in session.scalars(shown.order_by(WaveRow.id.desc()))]


def take(session: Session, wave_id: int, step: WaveStep, now: datetime, *, why: str = "", by: str = "") -> WaveState:
    """Take a wave one step on by its state machine; milestones, but of the house's letters, go to Prefect's events.

    *why* says what a pause is for, and stands with the wave until it goes on; *by* is the person who takes the step,
    empty: a rule. A milestone names both.
    """
    held = select(WaveRow).where(WaveRow.id == wave_id).with_for_update(key_share=True)  # as `hold` does
    wave = session.scalar(held.execution_options(populate_existing=True))
    if wave is None:
        raise NotFound("wave", wave_id)
    before = WaveState(wave.state)
    after = wave_after(before, step)
    if after is before:
        return after
    wave.state = after
    paused = after is WaveState.PAUSED
    wave.paused_at, wave.paused_by, wave.paused_why = (now, by or None, why or None) if paused else (None, None, None)
    if step is WaveStep.START:
        wave.started_at = wave.started_at or now
    if after in (WaveState.SENT, WaveState.CANCELLED):
        wave.finished_at, wave.finished_by = now, by or None
    if not session.get_one(CampaignRow, wave.campaign_id).hidden:
        resource = f"outreach.wave.{wave_id}"
        said = {"why": why, "by": by}
        told = {"wave_id": wave_id, "name": wave.name} | {name: words for name, words in said.items() if words}
        note(session, f"outreach.wave.{after}", resource, told, now)
    return after


def planned(
    session: Session, wave_id: int, out: Mapping[str, int], by: str, now: datetime, *, trial: Trial | None = None
) -> None:
    """Write down when a wave was planned, by which run, who was left out, and what it tries first."""
    wave = session.get_one(WaveRow, wave_id)
    wave.planned_at, wave.planned_by, wave.out = now, by, dict(out)
    wave.trial = trial.stored() if trial else None
    wave.trial_ends = wave.released_at = wave.verdict = None

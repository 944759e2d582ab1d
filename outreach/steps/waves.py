"""The legs from a campaign folder to an approved wave."""

from itertools import chain

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.campaigns.read import load_campaign
from outreach.compose.compile import Digest
from outreach.compose.variants import variants
from outreach.delivery import slots
from outreach.delivery.queries import claim, plan, watch
from outreach.delivery.queries import view as deliveries
from outreach.errors import ApprovalVoid, DefinitionError, NotFound, StateError
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.delivery import Plan
from outreach.model.preflight import Level
from outreach.model.wave import OVER, WaveState, WaveStep
from outreach.services import Services
from outreach.steps import content, going, pacing, planning, trials
from outreach.steps.planning import Named
from outreach.store import reading


def named(services: Services, slug: str, wave: str) -> Named:
    """Return a campaign folder's wave; `NotFound` lists what there is."""
    campaign = load_campaign(services.settings.templates, slug)
    if wave in campaign.newsletters:
        raise DefinitionError(
            f"{slug}/{wave} is a newsletter, which comes in issues; run the deployment newsletter, not send-wave"
        )
    if wave not in campaign.waves:
        raise NotFound(f"wave in {slug}", wave, campaign.waves)
    return campaign, campaign.waves[wave]


def planned_for(services: Services, campaign: Campaign, definition: WaveDefinition, run: str) -> Plan:
    """Return the wave's plan for *run*, which may have begun before: what it planned itself, or what is under way.

    Anything else is planned anew. A wave that was sent or cancelled is refused, unless it was this run that planned it.
    """
    known = find_wave(services, campaign.slug, definition.name)
    if known is None or known.state is WaveState.DRAFT:
        return plan_wave(services, campaign, definition, by=run)
    own = known.planned_by == run
    if known.state is WaveState.PLANNED and not own:
        return plan_wave(services, campaign, definition, by=run)
    if known.state in (WaveState.SENT, WaveState.CANCELLED) and not own:
        then = OVER[known.state]
        raise StateError(f"{campaign.slug}/{definition.name} was {known.state} already; nothing is sent twice; {then}")
    return current_plan(services, known.id)


def plan_wave(services: Services, campaign: Campaign, definition: WaveDefinition, *, by: str = "") -> Plan:
    """Compile every variant once, freeze who gets which, and look over it all; nothing is sent.

    Planning again replaces an earlier plan and voids its approval; a wave that has begun is refused.
    """
    digests = {language: _newest(services, campaign, definition, language) for language in campaign.languages}
    wanted = variants(campaign, definition)
    versions = [planning.compiled(services, campaign, each, wanted, digests) for each in definition.versions]
    composed = planning.Composed(tuple(chain(*versions)), planning.variant_table(campaign, definition))
    with services.sessions.begin() as session:
        return planning.freeze_plan(services, session, (campaign, definition), composed, by=by)


def current_plan(services: Services, wave_id: int) -> Plan:
    """Return a planned wave as it stands, without planning it again."""
    with reading(services.sessions) as session:
        cells = plan.recipients(session, wave_id)
        return Plan(
            wave_id=wave_id,
            digest=plan.digest(session, wave_id),
            recipients=sum(cells.values()),
            cells=cells,
            out=campaigns.view(session, wave_id).out,
            subjects=plan.subjects(session, wave_id),
            findings=deliveries.findings(session, wave_id),
        )


def approve_wave(
    services: Services, wave_id: int, digest: str, *, by: str, note: str = "", without_a_look: bool = False
) -> None:
    """Let a planned wave go, as it was when *digest* was shown; a stop in the preflight cannot be approved away.

    A look over it must have been taken within a day; *without_a_look* does without, and the note says so.
    """
    if not by.strip():
        raise DefinitionError("by: nobody is named; write who approves")
    now = services.clock()
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        campaigns.view(session, wave_id)  # or there is no such wave
        if plan.digest(session, wave_id) != digest:
            raise ApprovalVoid(
                f"digest {digest[:12]!r} is not of wave {wave_id} as it is planned now: "
                "the mails or the audience changed since they were shown; look at them again"
            )
        stops = [finding.where for finding in deliveries.findings(session, wave_id) if finding.level is Level.STOP]
        if stops:
            raise DefinitionError(f"the preflight has stops, see {', '.join(stops)}; mend them and plan the wave again")
        going.check_in_time(session, wave_id, now)
        if without_a_look:
            note = f"{going.WAIVED}; {note}" if note.strip() else going.WAIVED
        else:
            going.check_look(session, wave_id, now)
        plan.keep_approval(session, wave_id, digest, approved=True, by=by, note=note, at=now)
        campaigns.take(session, wave_id, WaveStep.APPROVE, now)


def reject_wave(services: Services, wave_id: int, digest: str, *, by: str, note: str = "") -> None:
    """Write down that a person said no; the wave can be mended and planned again."""
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        plan.keep_approval(session, wave_id, digest, approved=False, by=by, note=note, at=services.clock())


def start_wave(services: Services, wave_id: int) -> WaveState:
    """Let the lanes begin, if what was approved is what would go and is not too late; starting again goes on."""
    now = services.clock()
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        if campaigns.view(session, wave_id).state is WaveState.APPROVED:
            if plan.approved_digest(session, wave_id) != plan.digest(session, wave_id):
                raise ApprovalVoid("what was approved is not what would be sent now; plan the wave again")
            going.check_in_time(session, wave_id, now)
        return campaigns.take(session, wave_id, WaveStep.START, now)


def take_step(services: Services, wave_id: int, step: WaveStep, *, by: str = "", why: str = "") -> WaveState:
    """Pause, resume or cancel, by the word of a person; effective within one batch.

    *by* is who says so, *why* what a pause is for: both are kept, and may be empty. A reason needs a name.
    """
    if step not in (WaveStep.PAUSE, WaveStep.RESUME, WaveStep.CANCEL):
        raise StateError(f"{step} is not a step to take by hand; there is: pause, resume, cancel")
    by, why = by.strip(), why.strip()
    if why and not by:
        raise DefinitionError(f"why: found {why!r}, and nobody who says so; write a name in by")
    if why and step is not WaveStep.PAUSE:
        raise DefinitionError(f"why: found {why!r}; a reason is kept with a pause alone, leave it out of {step}")
    with services.sessions.begin() as session:
        if step is WaveStep.RESUME:
            watch.forgive(session, wave_id)
        now = services.clock()
        state = campaigns.take(session, wave_id, step, now, by=by, why=why)
        if step is WaveStep.RESUME:
            pacing.judge_again(session, wave_id, now)
    if step is WaveStep.RESUME:
        trials.decide(services, wave_id)
    return state


def wave(services: Services, wave_id: int) -> WaveView:
    """Return a wave as it stands."""
    with reading(services.sessions) as session:
        return campaigns.view(session, wave_id)


def find_wave(services: Services, slug: str, name: str) -> WaveView | None:
    """Return a wave by its names, if it was ever planned."""
    with reading(services.sessions) as session:
        wave_id = campaigns.find(session, slug, name)
        return campaigns.view(session, wave_id) if wave_id is not None else None


def all_waves(services: Services) -> list[WaveView]:
    """Return every wave, newest first."""
    with reading(services.sessions) as session:
        return campaigns.all_waves(session)


def view_online(services: Services, rid: str) -> str:
    """Return a mail's HTML for whoever holds its address: without a name, and without the right to unsubscribe."""
    delivery_id = services.tokens.delivery_of(rid)
    with reading(services.sessions) as session:
        found = deliveries.message_of(session, delivery_id)
        if found is None:
            raise NotFound("mail", rid)
        wave_id, message_id = found
        message = claim.message(session, message_id)
    return message.fill(slots.onlooker(message, wave_id, rid)).html


def _newest(services: Services, campaign: Campaign, definition: WaveDefinition, language: str) -> Digest:
    news, events = content.fitting(
        services, topic=campaign.topic, language=language, news=definition.news, events=definition.events
    )
    return Digest(news, events)

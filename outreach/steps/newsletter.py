"""The legs of a newsletter: what is new since the last issue, an issue of it, and what a person wants otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.campaigns.read import load_campaign
from outreach.compose.author import legible
from outreach.errors import DefinitionError, NotFound, StateError
from outreach.model.campaign import Body, Campaign, WaveDefinition
from outreach.model.delivery import Plan
from outreach.model.newsletter import Changes, Draft, Issue
from outreach.model.wave import WaveState, WaveStep, wave_after
from outreach.newsletters import queries, rules
from outreach.services import Services
from outreach.steps import digest, planning, waves
from outreach.steps.digest import Gathered
from outreach.steps.planning import Named
from outreach.store import reading

ALL_LEFT_OUT = "with that left out, nothing new would be in it; leave something in, or reject the issue"


@dataclass(frozen=True, slots=True)
class NothingNew:
    """There is no mail to write: nothing came in that fits. *since* is the time of the last issue, if there was one."""

    newsletter: str
    since: datetime | None


def named(services: Services, slug: str, name: str) -> Named:
    """Return a campaign folder's newsletter; `NotFound` lists what there is."""
    campaign = load_campaign(services.settings.templates, slug)
    if name not in campaign.newsletters:
        raise NotFound(f"newsletter in {slug}", name, campaign.newsletters)
    return campaign, campaign.newsletters[name]


def plan_issue(services: Services, campaign: Campaign, newsletter: WaveDefinition, run: str) -> Plan | NothingNew:
    """Return the plan of the issue that *run* is about; a run that starts again goes on with the one it planned.

    An issue that was rejected, or still waits, is planned anew under its number, and is *run*'s from then on: the run
    that had it is refused. Where nothing is new, nothing is planned.
    """
    name = f"{campaign.slug}/{newsletter.name}"
    with reading(services.sessions) as session:
        own = queries.of_run(session, name, run)
        lost = queries.lost_by(session, name, run)
        number = queries.number_for(session, name)
    if own:
        return waves.current_plan(services, own.wave_id)
    if lost:
        raise _taken_over(lost)
    now = services.clock()
    issue = Issue(wave_id=0, newsletter=name, number=number, run=run, until=now, draft=Draft(parts=()))
    gathered = digest.gather(services, campaign, newsletter, issue)
    if not gathered.new:
        return NothingNew(name, gathered.since)
    return _planned(services, campaign, newsletter, issue, gathered)


def change_issue(  # noqa: PLR0917 - who wants which issue of what otherwise
    services: Services, campaign: Campaign, newsletter: WaveDefinition, wave_id: int, changes: Changes, run: str
) -> Plan:
    """Plan the issue of *run* as a person wants it, from what was there when it was gathered first.

    What cannot be done is kept with the issue, to be told with the next question; the plan stays as it was then. An
    issue that another run has by now, or that was approved, is left as it is.
    """
    known = issue_of_run(services, wave_id, run)
    wanted = replace(known, draft=replace(known.draft, changes=changes, asked=known.draft.asked + 1, problem=""))
    try:
        _try_intros(services, campaign, newsletter, changes.intros)
        gathered = _something_new(digest.gather(services, campaign, newsletter, wanted))
        return _planned(services, campaign, newsletter, wanted, gathered)
    except DefinitionError as error:
        _keep_problem(services, wanted, legible(str(error)))
    return waves.current_plan(services, wave_id)


def issue_of(services: Services, wave_id: int) -> Issue:
    """Return the issue that a wave is."""
    with reading(services.sessions) as session:
        found = queries.issue(session, wave_id)
        if found is None:
            name = campaigns.view(session, wave_id).name
            raise StateError(f"wave {wave_id} ({name}) is no issue of a newsletter")
        return found


def issue_of_run(services: Services, wave_id: int, run: str) -> Issue:
    """Return the issue that a wave is, while it is *run*'s."""
    found = issue_of(services, wave_id)
    if found.run != run:
        raise _taken_over(found)
    return found


def _taken_over(issue: Issue) -> StateError:
    return StateError(
        f"issue {issue.number} of {issue.newsletter} was planned anew by another run, {issue.run}, which asks about it "
        "now; this run has changed nothing and sends nothing"
    )


def _keep_problem(services: Services, wanted: Issue, problem: str) -> None:
    """Keep what was asked for and cannot be; of the intros, what a database and a form can hold."""
    intros = {language: legible(intro) for language, intro in wanted.draft.changes.intros.items()}
    draft = replace(wanted.draft, changes=replace(wanted.draft.changes, intros=intros), problem=problem)
    with services.sessions.begin() as session:
        campaigns.hold(session, wanted.wave_id)
        _refuse_decided(session, wanted, campaigns.view(session, wanted.wave_id))
        queries.keep(session, replace(wanted, draft=draft))


def _refuse_decided(session: Session, issue: Issue, wave: WaveView) -> tuple[str, ...]:
    """Refuse to plan *issue* where it was approved, or taken over, meanwhile; return whose it was until now.

    Asked while the wave is held: what was read before the issue was gathered may be old by now.
    """
    if wave.state is WaveState.APPROVED:
        raise StateError(
            f"issue {issue.number} of {issue.newsletter} was approved meanwhile, and goes as it was approved; this run "
            "has changed nothing in it and sends nothing"
        )
    wave_after(wave.state, WaveStep.PLAN)
    held = queries.issue(session, wave.id)
    if held is None or held.run == issue.run:
        return issue.draft.former
    if issue.wave_id:
        raise _taken_over(held)
    return (*held.draft.former, held.run)


def _something_new(gathered: Gathered) -> Gathered:
    if not gathered.new:
        raise DefinitionError(ALL_LEFT_OUT)
    return gathered


def _planned(
    services: Services, campaign: Campaign, newsletter: WaveDefinition, issue: Issue, gathered: Gathered
) -> Plan:
    definition = _wave_of(campaign, newsletter, issue)
    composed = digest.composed(services, campaign, definition, gathered, tuple(issue.draft.changes.intros))
    with services.sessions.begin() as session:
        wave = planning.registered(services, session, (campaign, definition))
        former = _refuse_decided(session, issue, wave)
        plan = planning.freeze_plan(services, session, (campaign, definition), composed, by=issue.run)
        draft = replace(issue.draft, parts=gathered.parts(), former=former)
        queries.keep(session, replace(issue, wave_id=plan.wave_id, draft=draft))
    return plan


def _wave_of(campaign: Campaign, newsletter: WaveDefinition, issue: Issue) -> WaveDefinition:
    """The wave that an issue is, with its number in name and title, and its intros in its texts."""
    name = f"{newsletter.name}-{issue.number}"
    if name in campaign.waves:
        raise DefinitionError(
            f"{campaign.slug}/campaign.toml: waves.{name}: issue {issue.number} of the newsletter {newsletter.name!r} "
            "goes by this name; rename the wave"
        )
    return replace(
        newsletter,
        name=name,
        issue=issue.number,
        title={language: f"{title} {issue.number}" for language, title in newsletter.title.items()},
        bodies=rules.with_intros(newsletter.bodies, issue.draft.changes.intros),
    )


def _try_intros(services: Services, campaign: Campaign, newsletter: WaveDefinition, intros: Mapping[str, str]) -> None:
    """Set each intro by itself, so that an error names it and its line, not the newsletter's file."""
    for language, intro in intros.items():
        body = Body(subject=language, preheader=language, markdown=intro, source=f"intro in {language}")
        alone = replace(newsletter, call=None, bodies={language: body})
        planning.compiled(services, campaign, alone, [language], {})

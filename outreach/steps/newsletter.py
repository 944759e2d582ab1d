"""The legs of a newsletter: what is new since the last issue, an issue of it, and what a person wants otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.campaigns import queries as campaigns
from outreach.campaigns.read import load_campaign
from outreach.errors import DefinitionError, NotFound, StateError
from outreach.model.campaign import Body, Campaign, WaveDefinition
from outreach.model.delivery import Plan
from outreach.model.newsletter import Changes, Draft, Issue
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

    An issue that was rejected, or still waits, is planned anew under its number. Where nothing is new, nothing is
    planned.
    """
    name = f"{campaign.slug}/{newsletter.name}"
    with reading(services.sessions) as session:
        own = queries.of_run(session, name, run)
        number = queries.number_for(session, name)
    if own:
        return waves.current_plan(services, own.wave_id)
    now = services.clock()
    issue = Issue(wave_id=0, newsletter=name, number=number, run=run, until=now, draft=Draft(parts=()))
    gathered = digest.gather(services, campaign, newsletter, issue)
    if not gathered.new:
        return NothingNew(name, gathered.since)
    return _planned(services, campaign, newsletter, issue, gathered)


def change_issue(
    services: Services, campaign: Campaign, newsletter: WaveDefinition, wave_id: int, changes: Changes
) -> Plan:
    """Plan an issue as a person wants it, from what was there when it was gathered first.

    What cannot be done is kept with the issue, to be told with the next question; the plan stays as it was then.
    """
    known = issue_of(services, wave_id)
    wanted = replace(known, draft=replace(known.draft, changes=changes, asked=known.draft.asked + 1, problem=""))
    try:
        _try_intros(services, campaign, newsletter, changes.intros)
        gathered = _something_new(digest.gather(services, campaign, newsletter, wanted))
        return _planned(services, campaign, newsletter, wanted, gathered)
    except DefinitionError as error:
        with services.sessions.begin() as session:
            queries.keep(session, replace(wanted, draft=replace(wanted.draft, problem=str(error))))
    return waves.current_plan(services, wave_id)


def issue_of(services: Services, wave_id: int) -> Issue:
    """Return the issue that a wave is."""
    with reading(services.sessions) as session:
        found = queries.issue(session, wave_id)
        if found is None:
            name = campaigns.view(session, wave_id).name
            raise StateError(f"wave {wave_id} ({name}) is no issue of a newsletter")
        return found


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
        plan = planning.freeze_plan(services, session, (campaign, definition), composed, by=issue.run)
        draft = replace(issue.draft, parts=gathered.parts())
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

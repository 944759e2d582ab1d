"""From a filled run form to a planned call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.campaigns.one_off import WAVE, OneOff
from outreach.campaigns.one_off import one_off as campaign_of
from outreach.campaigns.read import list_campaigns
from outreach.compose.brand import read_brand
from outreach.errors import DefinitionError
from outreach.model.delivery import Plan
from outreach.services import Services
from outreach.steps import waves


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of whom; *questions* one a line, *goal* 0 for none, *days* until it closes."""

    name: str
    audiences: list[str]
    topic: str
    questions: str
    fold: bool
    goal: int
    days: int


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a call in one language; without a subject the call does not speak it."""

    subject: str
    title: str
    text: str
    button: str


def plan_call(services: Services, asked: Asked, words: Mapping[str, Words], run: str) -> Plan:
    """Make a campaign of the form and plan its wave; a run that starts again keeps what it had planned."""
    if asked.name in list_campaigns(services.settings.templates):
        raise DefinitionError(f"run form: name: {asked.name!r} is the name of a campaign folder; choose another")
    campaign = campaign_of(_form(services, asked, words))
    return waves.planned_for(services, campaign, campaign.waves[WAVE], run)


def _form(services: Services, asked: Asked, words: Mapping[str, Words]) -> OneOff:
    brand = read_brand(services.settings.templates / "brand.toml")
    spoken = {code: said for code, said in words.items() if said.subject.strip()}
    return OneOff(
        slug=asked.name,
        topic=asked.topic,
        languages=tuple(spoken),
        titles={code: said.title for code, said in spoken.items()},
        subjects={code: said.subject for code, said in spoken.items()},
        bodies={code: said.text for code, said in spoken.items()},
        buttons={code: said.button for code, said in spoken.items()},
        audiences=tuple(asked.audiences),
        sender=brand.sender,
        questions=tuple(line for line in asked.questions.splitlines() if line.strip()),
        fold_by_first=asked.fold,
        goal=asked.goal or None,
        closes=_end_of_day(services.clock() + timedelta(days=asked.days), brand.zone_in(brand.house)),
    )


def _end_of_day(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(hour=23, minute=59, second=0, microsecond=0)

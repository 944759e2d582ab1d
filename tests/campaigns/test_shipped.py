"""The campaigns that come with the house: whatever is in their folders can be sent as it is."""

from pathlib import Path

import pytest

from outreach.audience.predicates.vocabulary import Named, names_in
from outreach.audience.read import load
from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.segment import terms
from outreach.model.tokens import Tokens
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps.checking import check_campaign
from outreach.steps.pieces import pieces
from tests.builders_compose import ENVIRONMENT, NOW, TEMPLATES
from tests.fakes import FakeProvider

SLUGS = list_campaigns(TEMPLATES)
SUBJECT, PREHEADER = 60, 90
"""Characters that a phone's inbox shows; preflight warns at more of them."""


@pytest.fixture
def desk(tmp_path: Path) -> Services:
    """Services without a database: looking at a campaign needs none."""
    settings = Settings(_env_file=None, home=tmp_path, public_url="https://mail.example.org")
    tokens = Tokens("a-key-for-tests-that-is-long-enough")
    return Services(settings, None, FakeProvider(), ENVIRONMENT, tokens, lambda: NOW)  # type: ignore[arg-type]


def mailings(campaign: Campaign) -> tuple[WaveDefinition, ...]:
    return tuple(pieces(campaign).values())


@pytest.mark.parametrize("slug", SLUGS)
def test_a_shipped_campaign_reads_and_gives_preflight_nothing_to_say(desk: Services, slug: str):
    assert check_campaign(desk, slug) == ()


@pytest.mark.parametrize("slug", SLUGS)
def test_its_audiences_can_be_read_and_name_only_waves_and_calls_that_ship(desk: Services, slug: str):
    shipped = [load_campaign(TEMPLATES, each) for each in SLUGS]
    known = {
        Named.WAVE: {f"{each.slug}/{wave.name}" for each in shipped for wave in mailings(each)},
        Named.CALL: {call for each in shipped for call in each.calls},
    }
    audiences = {name for wave in mailings(load_campaign(TEMPLATES, slug)) for name in wave.audiences}

    for name in sorted(audiences):
        for term in terms(load(desk.settings.audiences, name).rule):
            kind, names = names_in(term) or (None, ())
            assert set(names) - known.get(kind, set(names)) == set(), f"{name}.toml: {term.predicate}"


@pytest.mark.parametrize("slug", SLUGS)
def test_its_subjects_and_preheaders_fit_into_an_inbox(slug: str):
    bodies = [body for wave in mailings(load_campaign(TEMPLATES, slug)) for body in wave.bodies.values()]

    long = [body.source for body in bodies if len(body.subject) > SUBJECT or len(body.preheader) > PREHEADER]
    assert long == []

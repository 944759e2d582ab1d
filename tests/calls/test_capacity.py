"""Calls with places: the last one is given once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.calls.definition import from_json, to_json
from outreach.calls.form import PHRASES
from outreach.calls.queries import call_by_slug
from outreach.campaigns.read import read_campaign
from outreach.errors import DefinitionError
from outreach.model.campaign import Standing
from outreach.receiver import create
from outreach.services import Services
from outreach.steps import public
from outreach.steps.guards import Guards, Outcome, Posted
from outreach.store.tables import SubmissionRow
from tests.builders_compose import CAMPAIGN_TOML, campaign_folder
from tests.builders_engagement import answers, nomination, registered, sent
from tests.receiver.client import Client

SLUG = "golden-municipality"
SAY = dict.fromkeys(PHRASES, "no")


def answer(services: Services, token: str | None = None) -> Standing:
    token = token or services.tokens.form(SLUG, services.clock())
    form = Posted(answers(), token, "nl")
    taken = public.submit_call(services, SLUG, form, SAY, Guards(seconds=0))
    assert taken.outcome is Outcome.TAKEN
    return taken.standing


def test_answers_get_a_place_until_there_is_none_and_then_wait(services: Services):
    registered(services.sessions, sent(services.sessions).campaign, nomination(capacity=2))
    token = services.tokens.form(SLUG, services.clock())

    given = [answer(services, token), answer(services), answer(services), answer(services, token)]

    assert given == [Standing.REGISTERED, Standing.REGISTERED, Standing.WAITING, Standing.REGISTERED]
    with services.sessions() as session:
        standing = call_by_slug(session, SLUG)
    assert (standing.count, standing.taken, standing.full) == (1, 2, True)


def test_answers_to_a_call_without_places_are_answers(services: Services):
    registered(services.sessions, sent(services.sessions).campaign)

    assert answer(services) is Standing.SUBMITTED
    with services.sessions() as session:
        assert call_by_slug(session, SLUG).full is False


def test_the_last_place_is_given_once_however_many_come_at_the_same_time(services: Services):
    registered(services.sessions, sent(services.sessions).campaign, nomination(capacity=3))

    with ThreadPoolExecutor(8) as crowd:
        given = Counter(crowd.map(lambda _: answer(services), range(16)))

    assert given == {Standing.REGISTERED: 3, Standing.WAITING: 13}
    with services.sessions() as session:
        assert Counter(session.scalars(select(SubmissionRow.standing))) == given


def test_the_thanks_say_which(services: Services):
    client = Client(create(services, form_seconds=0))
    registered(services.sessions, sent(services.sessions).campaign, nomination(capacity=1))
    pages = []
    for _ in range(2):
        form = {**answers(), "_token": services.tokens.form(SLUG, services.clock())}
        led = client.post(f"/calls/{SLUG}?lang=nl", data=form).headers["location"]
        pages.append(client.get(led).text)
    german = client.get(led.replace("lang=nl", "lang=de")).text

    assert ["U hebt een plaats." in page for page in pages] == [True, False]
    assert ["U staat op de wachtlijst." in page for page in pages] == [False, True]
    assert "Sie stehen auf der Warteliste." in german
    assert "komt op de wachtlijst" in client.get(f"/calls/{SLUG}?lang=nl").text
    assert "wachtlijst" not in client.get(f"/calls/{SLUG}/thanks?lang=nl&standing=<b>").text


def test_the_number_of_places_stands_in_the_campaign_and_is_kept(tmp_path: Path):
    toml = CAMPAIGN_TOML.replace("[calls.join]", "[calls.join]\ncapacity = 40")
    call = read_campaign(campaign_folder(tmp_path / "a", toml)).calls["join"]

    assert (call.capacity, from_json(to_json(call))) == (40, call)
    before = {name: value for name, value in to_json(call).items() if name != "capacity"}
    assert from_json(before).capacity is None
    with pytest.raises(DefinitionError, match=r"calls\.join\.capacity: found 0; write 1 or more"):
        read_campaign(campaign_folder(tmp_path / "b", toml.replace("= 40", "= 0")))

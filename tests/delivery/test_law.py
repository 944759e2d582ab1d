"""Nobody is accepted twice and nobody is lost, whatever the email API and the senders' deaths do."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.errors import AccessRefused, ContentRefused, NotTaken, OutcomeUnknown, ProviderBusy, ProviderError
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.model.report import Figure
from outreach.model.wave import SPOKEN_FOR, BatchState, Status, WaveState, WaveStep
from outreach.providers.port import Found, Limits, PartlyUnknown, Sought
from outreach.services import Services
from outreach.steps import resolving, sending
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_delivery import counters, send, sending_wave
from tests.fakes import FakeProvider

PEOPLE = 14
MOST_STEPS = 400


@dataclass
class Wild(FakeProvider):
    """An email API that fails at random, in every way that one may, and never takes *poison*."""

    limits: Limits = field(default_factory=lambda: Limits(recipients=5, body_bytes=1_000_000))
    keys_live: timedelta = timedelta(hours=12)
    chance: random.Random = field(default_factory=random.Random)
    calm: bool = False
    poison: str = "person4@example.org"
    took: Counter[str] = field(default_factory=Counter)
    answers: dict[str, list[Receipt]] = field(default_factory=dict)

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        if self.replays and key in self.answers:
            return self.answers[key]
        luck = 1.0 if self.calm else self.chance.random()
        people = {rid: email for rid, email, *_ in json.loads(body)}
        if luck < 0.24:
            raise self.chance.choice(
                [NotTaken("no route"), ProviderBusy("slow", 1.0), OutcomeUnknown("503"), AccessRefused("403")]
            )
        if self.poison in people.values():
            raise ContentRefused("422: no address")
        receipts = [self.one(rid, email) for rid, email in people.items()]
        self.answers[key] = receipts
        self.took.update(people[receipt.rid] for receipt in receipts if receipt.provider_id)
        if luck < 0.36:
            raise OutcomeUnknown("the answer was lost")
        if luck < 0.48 and not self.replays:
            known = [receipt for receipt in receipts if self.chance.random() < 0.5]
            raise PartlyUnknown("some answers were lost", known)
        return receipts

    def one(self, rid: str, email: str) -> Receipt:
        luck = 1.0 if self.calm else self.chance.random()
        if luck < 0.05:
            return Receipt(rid, refused="no such mailbox")
        if luck < 0.1:
            return Receipt(rid, later="greylisted")
        if luck < 0.15:
            return Receipt(rid, untried=True)
        return Receipt(rid, f"id-{rid}")

    def find(self, sought: Sought) -> Found:
        if not self.calm and self.chance.random() < 0.3:
            raise OutcomeUnknown("503")
        listed = [Receipt(rid, "found") for rid, email in sought.mails.items() if self.took[email]]
        return Found(tuple(listed))


def go_on(services: Services, wave_id: int, chance: random.Random) -> None:
    """What may happen next: a lane, one that dies before or after its call, questions, time, a person who resumes."""
    match chance.randrange(6):
        case 0 | 1:
            with suppress(ProviderError):
                send(services, wave_id)
        case 2:
            claimed = sending._claim(services, wave_id)
            if claimed and claimed.attempt and chance.random() < 0.5:
                with suppress(ProviderError):
                    services.provider.send(claimed.body, claimed.attempt.key, claimed.rids)
        case 3:
            resolving.resolve_unknown(services, wave_id)
            sending.finish_wave(services, wave_id)
        case 4:
            services.clock.forward(minutes=chance.choice([60] if services.provider.calm else [1, 6, 20]))
        case _:
            with services.sessions.begin() as session:
                if campaigns.view(session, wave_id).state is WaveState.PAUSED:
                    campaigns.take(session, wave_id, WaveStep.RESUME, services.clock())


def is_sent(services: Services, wave_id: int) -> bool:
    with services.sessions() as session:
        return campaigns.view(session, wave_id).state is WaveState.SENT


def said(services: Services) -> dict[str, Status]:
    """What the ledger says of everybody."""
    with services.sessions() as session:
        rows = select(DeliveryRow.email, DeliveryRow.status, BatchRow.state).join(
            BatchRow, BatchRow.id == DeliveryRow.batch_id
        )
        return {
            email: Status(status) if status else SPOKEN_FOR[BatchState(state)]
            for email, status, state in session.execute(rows).tuples()
        }


@pytest.mark.parametrize(("seed", "replays", "looks_up"), [(1, True, False), (2, False, True), (3, False, False)])
def test_everybody_is_written_to_once_or_known_not_to_be_or_shown_as_unknown(services, seed, replays, looks_up):
    chance = random.Random(seed)
    wild = Wild(replays=replays, looks_up=looks_up, chance=chance)
    object.__setattr__(services, "provider", wild)
    wave_id = sending_wave(services, PEOPLE)

    for step in range(MOST_STEPS):
        wild.calm = step > 60
        go_on(services, wave_id, chance)
        if is_sent(services, wave_id):
            break

    assert is_sent(services, wave_id)
    ledger = said(services)
    assert [email for email, times in wild.took.items() if times > 1] == []
    assert len(ledger) == PEOPLE
    assert set(ledger.values()) <= {Status.ACCEPTED, Status.REFUSED, Status.UNKNOWN}
    assert {email for email, status in ledger.items() if status is Status.ACCEPTED} <= set(wild.took)
    assert {email for email, status in ledger.items() if status is Status.REFUSED} & set(wild.took) == set()
    if replays or looks_up:
        assert {email for email, status in ledger.items() if status is Status.UNKNOWN} & set(wild.took) == set()
    counted = Counter(ledger.values())
    assert sending.finish_wave(services, wave_id) == Outcome(
        accepted=counted[Status.ACCEPTED], refused=counted[Status.REFUSED], unknown=counted[Status.UNKNOWN], waiting=0
    )
    assert counters(services, wave_id).get(Figure.ACCEPTED, 0) == len(wild.took) - sum(
        status is Status.UNKNOWN for email, status in ledger.items() if email in wild.took
    )

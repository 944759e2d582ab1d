"""Parts that stand in for what is outside: they behave, they do not record expectations."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.errors import ProviderError
from outreach.model.mail import Mail, MergePlan, Receipt
from outreach.model.provider_report import ProviderReport
from outreach.providers.port import Found, Limits, Sought
from outreach.providers.rate import Rate


@dataclass
class FakeProvider:
    """An email API in memory: keeps what it took, honours keys, and fails as told.

    *failures* are raised one per call, before taking; *failures_after* after taking (a lost answer). It can be asked
    for what it took if it *looks_up*; *unlisted* are addresses that it does not tell of.
    """

    name: str = "fake"
    limits: Limits = field(default_factory=lambda: Limits(recipients=3, body_bytes=1_000_000))
    rate: Rate | None = None
    account: str = "account-1"
    replays: bool = True
    keys_live: timedelta = timedelta(hours=23)
    looks_up: bool = False
    settles: timedelta = timedelta(minutes=15)
    refuse: Mapping[str, str] = field(default_factory=dict)
    put_off: Mapping[str, str] = field(default_factory=dict)
    failures: list[ProviderError] = field(default_factory=list)
    failures_after: list[ProviderError] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    mails: list[Mail] = field(default_factory=list)
    calls: list[tuple[str, bytes]] = field(default_factory=list)
    looks: list[Sought] = field(default_factory=list)
    look_failures: list[ProviderError] = field(default_factory=list)
    _plans: dict[bytes, MergePlan] = field(default_factory=dict)
    _answers: dict[str, list[Receipt]] = field(default_factory=dict)

    def prepare(self, plan: MergePlan) -> bytes:
        body = json.dumps([[m.rid, m.recipient, m.subject, m.html, m.text, dict(m.headers)] for m in plan.mails()])
        self._plans[body.encode()] = plan
        return body.encode()

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        self.calls.append((key, body))
        if self.failures:
            raise self.failures.pop(0)
        if not (self.replays and key in self._answers):
            self._answers[key] = self._take(body)
        if self.failures_after:
            raise self.failures_after.pop(0)
        return self._answers[key]

    def find(self, sought: Sought) -> Found:
        self.looks.append(sought)
        if self.look_failures:
            raise self.look_failures.pop(0)
        known = [
            Receipt(mail.rid, f"fake-{number}", self.refuse.get(mail.recipient, ""))
            for number, mail in enumerate(self.mails, 1)
            if mail.rid in sought.mails and mail.recipient not in self.unlisted
        ]
        return Found(tuple(known))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        return []

    def close(self) -> None:
        pass

    def _take(self, body: bytes) -> list[Receipt]:
        receipts = []
        for mail in self._plans[body].mails():
            refused, later = self.refuse.get(mail.recipient, ""), self.put_off.get(mail.recipient, "")
            if not refused and not later:
                self.mails.append(mail)
            taken = "" if refused or later else f"fake-{len(self.mails)}"
            receipts.append(Receipt(mail.rid, taken, refused, later=later))
        return receipts

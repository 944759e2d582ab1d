"""Campaigns and calls as the public may see them."""

from dataclasses import dataclass
from datetime import datetime

from outreach.model.campaign import Call, Words


@dataclass(frozen=True, slots=True)
class CallStanding:
    """A call, how many answers count toward its goal, and how many of its places are taken."""

    id: int
    call: Call
    count: int
    taken: int = 0

    def closed(self, now: datetime) -> bool:
        """Answers are no longer taken."""
        return self.call.closes is not None and self.call.closes <= now

    @property
    def full(self) -> bool:
        """Who answers now comes on the waiting list."""
        return self.call.capacity is not None and self.taken >= self.call.capacity


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """A campaign with its calls, in the order in which they were registered."""

    id: int
    slug: str
    title: Words
    summary: Words
    topic: str
    languages: tuple[str, ...]
    calls: tuple[CallStanding, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """Checked answers on their way to the database. *network* is the sender's, cut."""

    values: dict[str, str]
    language: str
    form_token: str
    at: datetime
    network: str | None = None
    delivery_id: int | None = None

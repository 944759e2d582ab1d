"""Campaigns and calls as the public may see them."""

from dataclasses import dataclass
from datetime import datetime

from outreach.model.campaign import Call, Words


@dataclass(frozen=True, slots=True)
class CallStanding:
    """A call and how many answers count toward its goal."""

    id: int
    call: Call
    count: int

    def closed(self, now: datetime) -> bool:
        """Answers are no longer taken."""
        return self.call.closes is not None and self.call.closes <= now


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

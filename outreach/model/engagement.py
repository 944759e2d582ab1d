"""What readers do with a mail, labelled and never dropped."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Act(StrEnum):
    """What was seen."""

    OPEN = "open"
    CLICK = "click"


class Label(StrEnum):
    """Who did it, as far as can be told; a rate is a range from surely human to all."""

    HUMAN = "human"
    PROXY = "proxy"  # a mail service loaded it: shown perhaps, read perhaps
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a label was given; a closed set."""

    HEAD_REQUEST = "head_request"
    KNOWN_BOT = "known_bot"
    HONEYPOT = "honeypot"
    BURST_OF_LINKS = "burst_of_links"
    IMAGE_PROXY = "image_proxy"
    PRIVACY_PROXY = "privacy_proxy"
    NO_AGENT = "no_agent"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for a pixel or a tracked link. *link* counts from 0; *recent_links* were hit in the last 2 s."""

    act: Act
    at: datetime
    agent: str
    method: str = "GET"
    link: int | None = None
    recent_links: frozenset[int] = frozenset()
    honeypot: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label with its reason."""

    label: Label
    reason: Reason

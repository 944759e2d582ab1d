"""A provider's report on one delivery, translated."""

from dataclasses import dataclass
from datetime import datetime

from outreach.model.wave import Kind


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """*event_id* makes a repeated webhook harmless; *rid* is ours, echoed; *detail* is fit to be shown to staff."""

    event_id: str
    rid: str
    kind: Kind
    at: datetime
    detail: str = ""

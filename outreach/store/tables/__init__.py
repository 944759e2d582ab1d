"""All tables, by the room that writes them."""

from outreach.store.tables.base import Base
from outreach.store.tables.content import ContentRevisionRow, ContentRow, SourceRow
from outreach.store.tables.delivery import (
    ApprovalRow,
    AttemptRow,
    BatchRow,
    CampaignRow,
    CounterRow,
    DeliveryRow,
    LetterRow,
    LinkRow,
    MessageRow,
    MilestoneRow,
    PreflightRow,
    WaveRow,
)
from outreach.store.tables.engagement import CallRow, EngagementRow, SubmissionRow, WebhookRow
from outreach.store.tables.people import (
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    ErasedRow,
    OrganisationRow,
    RetentionRow,
    SignupRow,
    SubscriptionRow,
    SuppressionRow,
)

__all__ = [
    "ApprovalRow",
    "AttemptRow",
    "Base",
    "BatchRow",
    "CallRow",
    "CampaignRow",
    "ConsentRow",
    "ContactGroupRow",
    "ContactRow",
    "ContentRevisionRow",
    "ContentRow",
    "CounterRow",
    "DeliveryRow",
    "EngagementRow",
    "ErasedRow",
    "LetterRow",
    "LinkRow",
    "MessageRow",
    "MilestoneRow",
    "OrganisationRow",
    "PreflightRow",
    "RetentionRow",
    "SignupRow",
    "SourceRow",
    "SubmissionRow",
    "SubscriptionRow",
    "SuppressionRow",
    "WaveRow",
    "WebhookRow",
]

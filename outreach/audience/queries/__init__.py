"""What the audience room asks the database: who is chosen, how many, and why one person is or is not."""

from outreach.audience.queries.conditions import rule
from outreach.audience.queries.names import Known, check_names, check_topic
from outreach.audience.queries.selection import count, count_by_language, left_out, recipients
from outreach.audience.queries.tally import tally

__all__ = [
    "Known",
    "check_names",
    "check_topic",
    "count",
    "count_by_language",
    "left_out",
    "recipients",
    "rule",
    "tally",
]

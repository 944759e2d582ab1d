"""The embedded email API: takes mails over HTTP like a real one, keeps them on disk, and shows them as inboxes.

Nothing leaves the machine. It merges, honours idempotency keys, reports by signed webhooks, and fails on demand.
"""

from outreach.demo.outbox.app import create

__all__ = ["create"]

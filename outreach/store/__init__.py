"""Tables, sessions and migrations; the only floor that knows a database by name."""

from outreach.store.session import Sessions, keeping, only_reading, open_engine, open_sessions, reading

__all__ = ["Sessions", "keeping", "only_reading", "open_engine", "open_sessions", "reading"]

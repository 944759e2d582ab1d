"""Tables, sessions and migrations; the only floor that knows a database by name."""

from outreach.store.session import Sessions, open_engine, open_sessions, reading

__all__ = ["Sessions", "open_engine", "open_sessions", "reading"]

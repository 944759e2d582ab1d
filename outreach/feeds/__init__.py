"""Fetches feeds, calendars and database queries, reads them, and decides what is new, revised or cancelled."""

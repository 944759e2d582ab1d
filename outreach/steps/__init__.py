"""The journey, one file per leg; transactions open here."""

"""Newsletters: which items an issue holds, and which issue it is."""

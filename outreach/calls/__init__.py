"""Calls to action: their forms, what was answered, and how far from the goal."""

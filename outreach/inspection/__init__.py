"""Looks over finished mails with what a machine has: its network, SpamAssassin, Chromium. Each look is bounded."""

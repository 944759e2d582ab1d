"""Email APIs, one file each, both directions: sending and webhooks."""

"""The web door: pixel, links, unsubscribing, forms, webhooks and the public pages."""

from outreach.receiver.app import create

__all__ = ["create"]

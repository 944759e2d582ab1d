"""The live preview: a page on this machine that shows mails while they are written, as any reader would see them."""

from outreach.preview.app import create

__all__ = ["create"]

"""Whether a mail would come too late for what it asks."""

from collections.abc import Iterator
from datetime import datetime

from outreach.model.campaign import Campaign, Layout, WaveDefinition
from outreach.model.preflight import Finding, Level


def too_late(campaign: Campaign, wave: WaveDefinition, now: datetime) -> Iterator[Finding]:
    """Yield what is over at *now*: nobody is invited to it any more; other waves are told of it."""
    where = f"{campaign.slug}/campaign.toml"
    event = campaign.events.get(wave.event or "")
    if event and event.ends <= now:
        over = f"waves.{wave.name} is about events.{event.slug}, which was over {event.ends:%Y-%m-%d %H:%M}"
        level = Level.STOP if wave.layout is Layout.INVITATION else Level.WARNING
        yield Finding(level, where, f"{over}; correct its starts and ends, or name another event")
    call = campaign.calls.get(wave.call or "")
    if call and call.closes and call.closes <= now:
        closed = f"waves.{wave.name} asks for calls.{call.slug}, which closed {call.closes:%Y-%m-%d %H:%M}"
        yield Finding(
            Level.WARNING, where, f"{closed}; readers will find it closed: correct closes, or take the call out"
        )

"""What must hold for a planned wave to go: somebody looked at it lately, and what it is about still lies ahead."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.calls import queries as calls
from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.dashboard.words import moment
from outreach.delivery.queries import inspection as ledger
from outreach.delivery.queries.standing import let_go_at
from outreach.errors import StateError
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services

LASTS = timedelta(days=1)
"""How long a look is worth anything: links break, and pages that they lead to change."""

WAIVED = "approved without a look"
"""Stands in the note of an approval that did not wait for one."""


def is_looked_at(session: Session, wave_id: int, now: datetime) -> bool:
    """Tell whether the wave was looked over as it is planned now, and not too long ago."""
    at = ledger.looked_at(session, wave_id)
    return at is not None and now - at <= LASTS


def check_look(session: Session, wave_id: int, now: datetime) -> None:
    """Refuse a wave that nobody looked over lately; both ways to go on are named."""
    if is_looked_at(session, wave_id, now):
        return
    at = ledger.looked_at(session, wave_id)
    what = f"was looked over {moment(at)}, more than a day ago" if at else "was not looked over as it is planned now"
    raise StateError(
        f"wave {wave_id} {what}; do it now: outreach wave preflight {wave_id}; or approve it all the same, which is "
        f"kept with the approval's note: outreach wave approve {wave_id} … --without-a-look"
    )


def check_in_time(session: Session, wave_id: int, now: datetime) -> None:
    """Refuse a wave whose own event was over, or whose own call closed, since it was planned."""
    if over := _over(session, wave_id, now):
        raise StateError(f"{over[0]}: its mails come too late; mend its texts and plan it again, or cancel it")


def pause_if_over(services: Services, wave_id: int) -> str:
    """Pause a wave under way whose event is over or whose call has closed; return why, empty: it was not.

    Pace, pauses and machines that were off can take days. A person who let it go on since then knows.
    """
    with services.sessions.begin() as session:
        now = services.clock()
        over = _over(session, wave_id, now)
        if over is None or campaigns.view(session, wave_id).state is not WaveState.SENDING:
            return ""
        since = let_go_at(session, wave_id)
        if since and since >= over[1]:
            return ""
        campaigns.hold(session, wave_id)
        why = (
            f"{over[0]}: what is left of it comes too late. Cancel it with steer-wave, or resume it if it should go "
            "all the same"
        )
        campaigns.take(session, wave_id, WaveStep.PAUSE, now, why=why)
    return why


def _over(session: Session, wave_id: int, now: datetime) -> tuple[str, datetime] | None:
    """Return what was over since the wave was planned, in words, and since when."""
    wave = campaigns.view(session, wave_id)
    for what, until in (("event was over", wave.event_ends), ("call closed", _closes(session, wave))):
        if until and wave.planned_at and wave.planned_at < until <= now:
            return f"wave {wave_id} was planned {moment(wave.planned_at)}, and its {what} {moment(until)}", until
    return None


def _closes(session: Session, wave: WaveView) -> datetime | None:
    return calls.call_by_slug(session, wave.call).call.closes if wave.call else None

"""Waves that try something on a share of their recipients first: the rest waits until it is decided, by rule or person.

What a wave tries stands in its folder (`model/trial.py`); test sends to colleagues are another matter (`trial.py`).
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.dashboard.words import moment
from outreach.delivery.queries import trials, watch
from outreach.errors import DefinitionError, StateError
from outreach.model.breaker import Thresholds
from outreach.model.trial import Choice, Decision, Part, Tally, Trying, Verdict, better, going_until
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps.resolving import is_askable
from outreach.store import reading
from outreach.store.milestones import note

log = logging.getLogger(__name__)

STILL = timedelta(days=1)
"""A rest that could have gone for so long and did not, as where a machine was off, does not go by itself."""

LOOK_AGAIN = 300.0
"""Seconds after which it is worth asking again whether a person has chosen."""


def standing(services: Services, wave_id: int) -> Trying | None:
    """Return how a wave's trial stands; None where it tries nothing."""
    with reading(services.sessions) as session:
        trying = trials.standing(session, wave_id)
        return trying and _with_questions(services, session, wave_id, trying)


def progress(services: Services, wave_id: int) -> Trying | None:
    """Return the same without what came of the versions: a few sums over batches, for lists of many waves."""
    with reading(services.sessions) as session:
        trying = trials.progress(session, wave_id)
        return trying and _with_questions(services, session, wave_id, trying)


def due(services: Services) -> list[int]:
    """Return the waves of which it can be decided now whether and how the rest goes."""
    with reading(services.sessions) as session:
        waiting = trials.waiting(session)
    return [wave_id for wave_id in waiting if seconds_until_due(services, wave_id) == 0]


def seconds_until_due(services: Services, wave_id: int) -> float | None:
    """Return how long until it is decided what becomes of a wave's rest, or worth asking whether a person did.

    None where nothing waits for that, or mails that are tried are still to go: those have times of their own.
    """
    ends = _ends(services, wave_id)
    if ends is None:
        return None
    left = max(0.0, (ends - services.clock()).total_seconds())
    with reading(services.sessions) as session:
        verdict = trials.verdict(session, wave_id)
    asked = verdict is not None and verdict.decision is Decision.ASKED
    return max(left, LOOK_AGAIN) if asked else left


def decide(services: Services, wave_id: int) -> Verdict | None:
    """Look at what came of a trial whose time is over: pause the wave, let the rest go, or leave it to a person.

    None where there is nothing to decide, or somebody else has just done so. A person who resumes a wave that was
    stopped here has looked at it: it is not stopped for the same again.
    """
    ends = _ends(services, wave_id)
    if ends is None or services.clock() < ends:
        return None
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        trying = trials.standing(session, wave_id) if trials.waits(session, wave_id) else None
        if trying is None or (trying.verdict and trying.verdict.decision is Decision.ASKED):
            return None
        verdict = _found(services, session, wave_id, trying)
        _keep(session, campaigns.view(session, wave_id), verdict)
    return verdict


def choose(services: Services, wave_id: int, version: str, *, by: str) -> Verdict:
    """Let the rest go in *version*, `a` or `b`, by the word of a person, whatever the trial has come to.

    A wave that is paused stays so.
    """
    if version not in (Part.A, Part.B):
        raise DefinitionError(f"version: found {version!r}; write a or b")
    return _by_person(services, wave_id, Part(version), by)


def release(services: Services, wave_id: int, *, by: str) -> Verdict:
    """Let the rest go by the word of a person, where one text is tried on a few; a wave that is paused stays so."""
    return _by_person(services, wave_id, Part.ALL, by)


def _ends(services: Services, wave_id: int) -> datetime | None:
    """Return when the trial of a wave whose rest waits is decided; it is fixed once enough of what is tried has gone.

    Who waits for a time of their own, and is one of few (`going_until`), gets the mail then, whatever is decided.
    """
    with reading(services.sessions) as session:
        if not trials.waits(session, wave_id):
            return None
        if known := campaigns.view(session, wave_id).trial_ends:
            return known
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        wave = campaigns.view(session, wave_id)
        if wave.trial_ends or wave.trial is None:
            return wave.trial_ends
        trying, now = trials.progress(session, wave_id), services.clock()
        if trying is None or going_until(trying.sizes, trying.to_go, now) or is_askable(services, session, wave_id):
            return None
        ends = trying.looked_at(now)
        trials.begin_wait(session, wave_id, ends)
        return ends


def _with_questions(services: Services, session: Session, wave_id: int, trying: Trying) -> Trying:
    """Add whether the wait cannot begin because it is still asked what became of calls."""
    undecided = trying.is_open and trying.ends is None
    return replace(trying, asking=undecided and is_askable(services, session, wave_id))


def _found(services: Services, session: Session, wave_id: int, trying: Trying) -> Verdict:
    """Return what the rules of the wave make of what came of its trial."""
    now, resumed = services.clock(), trying.verdict is not None
    if not resumed and (why := _against(services, session, wave_id, trying)):
        return Verdict(Decision.STOPPED, why, now)
    if trying.trial.versions:
        return _of_two(trying, now)
    why = "a person let the wave go on" if resumed else _nothing_wrong(trying, now)
    return Verdict(Decision.RELEASED, why, now)


def _against(services: Services, session: Session, wave_id: int, trying: Trying) -> str:
    """Return why the rest should not go by itself; empty: nothing speaks against it."""
    thresholds = Thresholds.read(services.settings.stop_at)
    if why := thresholds.why(watch.seen(session, wave_id), watch.forgiven(session, wave_id)):
        return f"too much came of what went first: {why}"
    called, taken = (sum(getattr(tally, of) for tally in trying.tallies.values()) for of in ("called", "accepted"))
    if 2 * taken < called:
        return f"the email API is known to have taken {taken:,} of {called:,} mails that went first"
    if trying.ends and services.clock() - trying.ends > STILL:
        return f"what went first was to be looked at {moment(trying.ends)}, and nobody was there to do it"
    return ""


def _of_two(trying: Trying, now: datetime) -> Verdict:
    if trying.trial.choose is Choice.PERSON:
        return Verdict(Decision.ASKED, "a person chooses between version a and version b", now)
    part, why = better(*(trying.tallies.get(part, Tally()) for part in (Part.A, Part.B)))
    return Verdict(Decision.RELEASED, why, now, part=part)


def _nothing_wrong(trying: Trying, now: datetime) -> str:
    tally, late = trying.tallies.get(Part.FIRST, Tally()), trying.late(now)
    waits = f"; {late:,} {'waits' if late == 1 else 'wait'} for a time of their own" if late else ""
    return (
        f"of {tally.recipients - late:,} who came first {tally.bounced:,} bounced, {tally.complained:,} complained and "
        f"{tally.refused:,} were refused, which is under the thresholds{waits}"
    )


def _by_person(services: Services, wave_id: int, part: Part, by: str) -> Verdict:
    if not by.strip():
        raise DefinitionError("by: nobody is named; write who decides")
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        wave = campaigns.view(session, wave_id)
        trying = trials.standing(session, wave_id)
        _check_question(wave, trying, part)
        if wave.released_at and trying and trying.verdict:
            return _decided(wave, trying.verdict, part, by.strip())
        if wave.state not in (WaveState.SENDING, WaveState.PAUSED):
            raise StateError(f"wave {wave_id} is {wave.state}; what its rest gets is decided while it is sent")
        why = f"version {part}, as a person chose" if part else "a person let it go"
        verdict = Verdict(Decision.RELEASED, why, services.clock(), by=by.strip(), part=part)
        _keep(session, wave, verdict)
    return verdict


def _check_question(wave: WaveView, trying: Trying | None, part: Part) -> None:
    """Refuse an answer to what was not asked."""
    if trying is None:
        raise StateError(f"wave {wave.id} tries nothing first; it goes to everybody at once")
    if trying.trial.versions and not part:
        raise StateError(
            f"wave {wave.id} tries two versions; choose one of them: outreach wave choose {wave.id} a, or b"
        )
    if part and not trying.trial.versions:
        raise StateError(f"wave {wave.id} has one version; to let it go: outreach wave release {wave.id}")


def _decided(wave: WaveView, verdict: Verdict, part: Part, by: str) -> Verdict:
    """Return what was decided, where it is the same that *by* wants again."""
    if (verdict.part, verdict.by) == (part, by):
        return verdict
    who = verdict.by or "the rules of the wave"
    raise StateError(f"wave {wave.id} was decided already by {who}: {verdict.why}")


def _keep(session: Session, wave: WaveView, verdict: Verdict) -> None:
    """Write a verdict down and act by it; the wave is held."""
    trials.keep(session, wave.id, verdict)
    if verdict.decision is Decision.STOPPED:
        why = f"{verdict.why}. Look into the cause, then resume or cancel it with steer-wave"
        campaigns.take(session, wave.id, WaveStep.PAUSE, verdict.at, why=why)
    else:
        if verdict.decision is Decision.RELEASED:
            trials.let_go(session, wave.id, verdict.part, verdict.at)
        told = {"wave_id": wave.id, "name": wave.name, "why": verdict.why}
        note(session, f"outreach.wave.{verdict.decision}", f"outreach.wave.{wave.id}", told, verdict.at)
    log.info("trial: %s", verdict.why, extra={"wave_id": wave.id})

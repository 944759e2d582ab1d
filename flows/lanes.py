"""The tasks that take a planned wave through approval, sending and settling."""

import time

from prefect import get_run_logger, runtime, task
from prefect.deployments import run_deployment

from flows import asking, late, senders
from flows.again import step
from flows.alive import check, signs_of_life
from flows.ending import Ended, said, with_what_is_left
from flows.events import emit_milestones
from flows.forms import SOMEBODY, Approval, LanesForm
from flows.pace import pacing
from flows.preflight import looked_over
from flows.refresh_dashboard import refresh_wave
from outreach.errors import StateError
from outreach.model.delivery import Plan
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services, open_services
from outreach.steps import approval, preflight, resolving, sending, standing, trials, waves

UNDER_WAY = (WaveState.APPROVED, WaveState.SENDING, WaveState.PAUSED)

MOST_STARTS = 20
"""Runs that crash are started again by an automation; one that always crashes must come to an end."""

WORKER = "send-lane/send-lane"
"""The deployment of which more workers are runs."""

NOT_LET_GO = "the answer was not to send it, so nothing was sent"
"""What a run says at its end that a person did not let go."""

LOOK_AGAIN = 1.0
"""Seconds between looks at whether others still hold batches; a lease is much longer than a call."""


@step("send a lane", after=(10, 30, 60, 120, 300))
def send_lane(wave_id: int) -> int:
    """One lane is one task run: it claims batches until none is left; tried again, it goes on."""
    with open_services() as services:
        resolving.resolve_unknown(services, wave_id)
        return sending.send_batches(services, wave_id, time.sleep, pacing(services, check))


def run_lanes(wave_id: int, lanes: int) -> tuple[int, str]:
    """Run lanes side by side until no batch is left to claim; return people sent to, and why lanes gave up."""
    running = [send_lane.submit(wave_id) for _ in range(lanes)]
    ended = [lane.result(raise_on_failure=False) for lane in running]
    check()
    reasons = sorted({str(end) for end in ended if isinstance(end, Exception)})
    return sum(end for end in ended if isinstance(end, int)), "; ".join(reasons)


@task(name="call more workers")
def call_workers(wave_id: int, how: LanesForm) -> None:
    """Start a run of `send-lane` for each further worker, once; a run that starts again finds those that it started.

    Where the wave was paused and let go on meanwhile, those have ended, and others are started.
    """
    with open_services() as services:
        since = standing.let_go_at(services, wave_id)
    for number in range(1, how.workers + 1):
        run_deployment(
            WORKER,
            parameters={"share": {"name": str(wave_id), "lanes": how.lanes}},
            timeout=0,
            as_subflow=False,
            idempotency_key=f"{runtime.flow_run.id}, wave {wave_id} since {since}, worker {number}",
        )


@step("settle what is unknown", after=(5, 15, 60))
def settle(wave_id: int) -> dict[str, int]:
    """Wait for senders that died, ask for what is unknown, and close the wave if nothing waits."""
    with open_services() as services:
        _wait_for_others(services, wave_id)
        resolving.resolve_unknown(services, wave_id)
        outcome = sending.finish_wave(services, wave_id)
    return {
        "accepted": outcome.accepted,
        "refused": outcome.refused,
        "unknown": outcome.unknown,
        "waiting": outcome.waiting,
    }


def _wait_for_others(services: Services, wave_id: int) -> None:
    """Return once nobody holds a batch, or the leases of now are over: who lives is done with a call long before."""
    until = time.monotonic() + sending.seconds_until_settled(services, wave_id)
    while (left := min(sending.seconds_until_settled(services, wave_id), until - time.monotonic())) > 0:
        check()
        time.sleep(min(left, LOOK_AGAIN))


def check_starts(again: int = 0) -> None:
    """Refuse a run that crashed too often; *again* is how often a person's answers alone had it start again."""
    if runtime.flow_run.run_count > MOST_STARTS + again:
        raise StateError(f"this run was started {MOST_STARTS} times and crashed each time; its logs say why")


def take_through(plan: Plan, how: LanesForm, *, ask: bool, again: int = 0) -> Ended:
    """Take a planned wave through approval, sending and its dashboard, from wherever it stands.

    *again* is how often a person's answers alone had the run start again.
    """
    check_starts(again)
    with open_services() as services:
        wave = waves.wave(services, plan.wave_id)
    own = wave.planned_by == str(runtime.flow_run.id)
    if wave.state is WaveState.PLANNED:
        plan = looked_over(plan)
        if not (approve(plan) if ask else late.may_go(plan.wave_id) and _unasked(plan)):
            return said(NOT_LET_GO, {})
    elif ask and own and wave.state in UNDER_WAY and not question(plan).approves:
        return said(NOT_LET_GO, {})  # somebody else let the wave go; this run's approver did not
    if not late.may_go(plan.wave_id):
        return said(NOT_LET_GO, {})
    with open_services() as services:
        state = waves.wave(services, plan.wave_id).state
    if state is WaveState.PAUSED and (own or runtime.flow_run.run_count > 1):
        raise StateError("the wave is paused; to let it go on, a person resumes it with steer-wave")
    return go_on(plan.wave_id, how, resume=state is WaveState.PAUSED)


def send_open(wave_id: int, how: LanesForm) -> Ended:
    """Send what is left of a wave that is open; one that is paused, cancelled or sent stays as it is."""
    with open_services() as services:
        state = waves.wave(services, wave_id).state
    if state is WaveState.SENDING:
        return go_on(wave_id, how)
    get_run_logger().info("wave %s is %s; nothing is sent by this run", wave_id, state)
    emit_milestones()
    refresh_wave(wave_id)
    return with_what_is_left(wave_id, {})


def go_on(wave_id: int, how: LanesForm, *, resume: bool = False) -> Ended:
    """Send what is left of an approved wave, or settle one that was sent, and bring its dashboard up to date.

    A wave that is paused goes on only if the run is to *resume* it. Where people still wait, the run's state says so.
    """
    with open_services() as services:
        wave = waves.wave(services, wave_id)
    senders.mark(wave)
    with signs_of_life():
        try:
            outcome = settle(wave_id) if wave.state is WaveState.SENT else send(wave_id, how, resume=resume)
        finally:
            emit_milestones()
            refresh_wave(wave_id)
        return with_what_is_left(wave_id, outcome)


def _unasked(plan: Plan) -> bool:
    return decide(plan.wave_id, plan.digest, approved=True, by="nobody: the run was told not to ask", note="")


def approve(plan: Plan) -> bool:
    """Ask a person and write the answer down; return whether the wave may go."""
    answer = question(plan)
    return decide(plan.wave_id, plan.digest, approved=answer.approves, by=answer.by, note=answer.note)


def question(plan: Plan) -> Approval:
    """Ask a person, in the UI; the run ends meanwhile and starts again when answered, and then has the answer.

    The question is keyed by the plan's digest: if mails or audience change while it stands, it is asked anew; so it is
    where a later look finds new stops.
    """
    with open_services() as services:
        summary = approval.summary(services, plan)
        number = preflight.question(services, plan.wave_id)
    asked = Approval.with_initial_data(description="\n\n".join(filter(None, (late.note(), summary))))
    key = f"approve-{plan.digest[:16]}" + (f"-{number}" if number > 1 else "")
    return asking.ask_by_name(asked, key, lambda answer: answer.approves)


@task(name="write the decision down")
def decide(wave_id: int, digest: str, *, approved: bool, by: str, note: str) -> bool:
    """Keep a person's word; return whether the wave may go."""
    with open_services() as services:
        word = waves.approve_wave if approved else waves.reject_wave
        word(services, wave_id, digest, by=by.strip() or SOMEBODY, note=note)
    get_run_logger().info("wave %s: %s by %s", wave_id, "approved" if approved else "rejected", by or "someone")
    return approved


@task(name="start the wave")
def start(wave_id: int, *, resume: bool) -> str:
    """Let the lanes begin, and with *resume* those of a paused wave; one whose trial is over goes on with its rest."""
    with open_services() as services:
        state = waves.wave(services, wave_id).state
        if state is WaveState.PAUSED:
            return waves.take_step(services, wave_id, WaveStep.RESUME, by=SOMEBODY) if resume else state
        state = waves.start_wave(services, wave_id)
        trials.decide(services, wave_id)
        return state


def send(wave_id: int, how: LanesForm, *, resume: bool) -> dict[str, int]:
    """Run the lanes side by side and settle; raises where somebody got nothing, so that the run shows it.

    That a person paused or cancelled the wave meanwhile is no failure, nor that somebody waits for their time, by a
    rule of ours or of the email API: `late-mails` goes on with them. That the wave stopped itself is one, with the
    reason. What another worker put back meanwhile is sent here.
    """
    start(wave_id, resume=resume)
    if how.workers and call_workers(wave_id, how, return_state=True).is_failed():
        get_run_logger().warning("no more workers could be called; this run sends the wave alone")
    before = None
    while True:
        _, reasons = run_lanes(wave_id, how.lanes)
        outcome = settle(wave_id)
        with open_services() as services:
            wave = waves.wave(services, wave_id)
            waits = sending.seconds_until_due(services, wave_id) is not None
            put_off = waits and not sending.is_claimable(services, wave_id)
        state = wave.state
        if wave.paused_itself:
            raise StateError(f"the wave is paused: {wave.paused_why}")
        if not reasons and (state is not WaveState.SENDING or put_off):
            return outcome
        if reasons or not outcome["waiting"] or outcome["waiting"] == before:
            left = f"{outcome['waiting']} recipients are still waiting and {outcome['unknown']} unknown"
            raise StateError(f"{left}, the wave is {state}: {reasons or 'no answer yet'}; run it again to go on")
        before = outcome["waiting"]

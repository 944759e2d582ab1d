"""Looks after waves whose time has come: mails that were put off, calls without an answer, the rest after a trial.

It stays short, since the next one begins only when it has ended: what there is to send is sent by runs of `go-on-wave`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from prefect import flow, runtime
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from flows import senders
from flows.again import step
from flows.alive import TakenOver, check, signs_of_life
from flows.events import emit_milestones
from flows.lanes import check_starts
from flows.refresh_dashboard import refresh_wave
from outreach.errors import StateError
from outreach.services import Services, open_services
from outreach.steps import resolving, sending, standing, trials, waves

GOES_ON = "go-on-wave/go-on-wave"
"""The deployment whose runs go on with a wave."""


@step("start a run that goes on", after=(2, 10))
def go_on(wave_id: int) -> str:
    """Have a run of its own go on with a wave, as the wave was sent last; not where one does, or the wave stood still.

    The key keeps a start of this run after a crash from doing it again; the next look at the wave has another.
    """
    with open_services() as services:
        if standing.pause_if_still(services, wave_id):
            return "paused: it stood still"
        wave = waves.wave(services, wave_id)
        run = senders.under_way(wave, lambda: sending.is_at_rest(services, wave_id))
    if run is not None:
        return f"left to run {run.name}"
    how = senders.form_of(wave)
    name = f"{wave.campaign}/{wave.name}"
    try:
        run_deployment(
            GOES_ON,
            parameters={"wave": {"name": name}, senders.FORM: how.model_dump()},
            flow_run_name=name,
            tags=[senders.tag(wave)],
            timeout=0,
            as_subflow=False,
            idempotency_key=f"{runtime.flow_run.id}, wave {wave_id}",
        )
    except ObjectNotFound:
        raise StateError(f"Prefect knows no {GOES_ON}, which sends what is due; `make deploy` makes it") from None
    return "goes on in a run of its own"


@step("ask what is unknown", after=(5, 15, 60))
def ask(wave_id: int) -> str:
    """Ask about what is unknown in a wave, and close it where nothing waits; nobody who is sending is waited for."""
    with open_services() as services:
        resolving.resolve_unknown(services, wave_id)
        outcome = sending.finish_wave(services, wave_id)
    return f"asked about, {outcome.unknown} unknown"


@dataclass(frozen=True, slots=True)
class _Round:
    """What was done about each wave, and what went wrong."""

    done: dict[int, list[str]] = field(default_factory=dict)
    failed: dict[int, list[str]] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)

    def found(self, find: Callable[[Services], Iterable[int]], services: Services) -> set[int]:
        """Return the waves that something is to be done about; none where that cannot be told, which is told then."""
        try:
            return set(find(services))
        except Exception as error:
            self.untold.append(str(error))
            return set()

    def each(self, wave_ids: Iterable[int], do: Callable[[int], str]) -> None:
        """Do the same for some waves; one's trouble holds up no other. What is done without a word does not count."""
        for wave_id in sorted(wave_ids):
            check()
            try:
                if words := do(wave_id):
                    self.done.setdefault(wave_id, []).append(words)
            except TakenOver:
                raise
            except Exception as error:
                self.failed.setdefault(wave_id, []).append(str(error))


@flow(name="late-mails")
def late_mails() -> dict[str, str]:
    """Decide trials, have what is due sent, ask about what is unknown, close waves; return what was done by wave."""
    check_starts()
    this = _Round()
    with signs_of_life():
        with open_services() as services:
            this.each(this.found(trials.due, services), partial(_decided, services))
            due = this.found(sending.waves_with_due, services)
            asked = this.found(resolving.waves_to_ask, services) | this.found(sending.waves_to_close, services)
        this.each(due, go_on)
        this.each(asked, ask)
        this.each(list(this.done), _refreshed)
        emit_milestones()
    troubles = [f"wave {wave_id}: {'; '.join(why)}" for wave_id, why in sorted(this.failed.items())]
    if troubles or this.untold:
        raise StateError("; ".join([*troubles, *this.untold]))
    return {str(wave_id): "; ".join(words) for wave_id, words in sorted(this.done.items())}


def _decided(services: Services, wave_id: int) -> str:
    verdict = trials.decide(services, wave_id)
    return f"{verdict.decision}: {verdict.why}" if verdict else ""


def _refreshed(wave_id: int) -> str:
    refresh_wave(wave_id)
    return ""

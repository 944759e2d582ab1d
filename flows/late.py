"""A run that begins long after it was due, since a server or a worker was away, asks before its wave goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prefect import get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from pydantic import Field

from flows import asking
from flows.asking import SignedAnswer
from flows.forms import Decision, at, your_name
from outreach import clock
from outreach.services import Services, open_services
from outreach.steps import standing

KEY = "late"
"""How the keys of these questions begin; the moment follows that the wave was due at, so that each is asked once."""

PASSED_ON = ("Late", "AwaitingConcurrencySlot")
"""What Prefect calls a run that goes on waiting for its start, by itself."""


class LateAnswer(SignedAnswer):
    """The question whether a wave that comes too late goes all the same."""

    decision: Decision = Field(
        default=Decision.REJECT,
        title="Send it all the same?",
        description="approve: the wave goes out now",
        json_schema_extra=at(1),
    )
    by: str = your_name(2, "kept in the log of this run; asked for again where it stays empty")

    @property
    def approves(self) -> bool:
        """Whether it goes all the same."""
        return self.decision is Decision.APPROVE


@dataclass(frozen=True, slots=True)
class Order:
    """When this run was to start at, by the newest word of a person or of its schedule.

    *answered* is the key of the question that was answered by it, empty: it was another word.
    """

    at: datetime
    answered: str = ""


def may_go(wave_id: int) -> bool:
    """Return whether the wave may go now; where it comes too late, a person is asked, and the run ends meanwhile.

    Ask it before a wave is approved without anybody, and before it is sent. A no leaves the wave as it stands; one that
    stood still stays paused.
    """
    return _wanted(lambda services, due: standing.doubts(services, wave_id, due))


def still_wanted() -> bool:
    """Return whether what this run was told to do is still wanted; where it begins too late, a person is asked."""
    return _wanted(standing.late_words)


def _wanted(doubts_of: Callable[[Services, datetime], str]) -> bool:
    order = newest_order()
    if order.answered.startswith(KEY):
        answer = _ask(LateAnswer, asking.first_key(order.answered))
        get_run_logger().info("to send it late: %s, by %s", answer.decision, answer.by.strip() or "someone")
        if not answer.approves:
            return False
    with open_services() as services:
        doubts = doubts_of(services, order.at)
    if not doubts:
        return True
    asked = f"{doubts}\n\n**Send it all the same?** An answer without a choice rejects it: then nothing is sent."
    key = f"{KEY}-{order.at:%Y%m%d-%H%M%S}"
    return _ask(LateAnswer.with_initial_data(description=asked), key).approves


def _ask(wanted: type[LateAnswer], key: str) -> LateAnswer:
    return asking.ask_by_name(wanted, key, lambda answer: answer.approves)


def note() -> str:
    """Return what an approver should know who is asked anyway: how late the run is, as markdown; empty: it is not."""
    with open_services() as services:
        return standing.late_words(services, newest_order().at)


def newest_order() -> Order:
    """Return when this run was to start at, and by what word; now, where nobody set a time."""
    with get_client(sync_client=True) as client:
        history = client.read_flow_run_states(runtime.flow_run.id)
    return order_of(history) or Order(clock.now())


def order_of(history: Sequence[State[Any]]) -> Order | None:
    """Return the newest word in a run's states, oldest first; None where it was never scheduled.

    Whoever schedules a run, answers it or starts it again after it ended has said when it is to go. A restart after a
    crash, by our automation, says nothing; nor does Prefect, which marks a run that waits as late.
    """
    order = None
    before: State[Any] | None = None
    for state in history:
        due = state.state_details.scheduled_time
        if state.type is StateType.SCHEDULED and due and not (_by_itself(state, before) and order):
            answered = before.state_details.pause_key if before and before.type is StateType.PAUSED else None
            order = Order(due, answered or "")
        before = state
    return order


def _by_itself(state: State[Any], before: State[Any] | None) -> bool:
    crashed = before is not None and before.type is StateType.CRASHED
    return crashed or state.name in PASSED_ON

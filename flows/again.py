"""When a task is tried again."""

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from outreach.errors import DefinitionError, ImportRefused, ProviderRefused, StateError

P = ParamSpec("P")
R = TypeVar("R")

FINAL = (DefinitionError, ImportRefused, ProviderRefused, StateError)
"""A lane that met unknown outcomes may be tried again: the ledger never makes an unsure call anew by itself."""


def unless_final(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again, except where the answer would be the same."""
    return not isinstance(state.result(raise_on_failure=False), FINAL)


def step(name: str, *, after: Sequence[float]) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Return the decorator of a task that calls one step of ours: tried again *after* so many seconds each time."""
    return task(
        name=name,
        retries=len(after),
        retry_delay_seconds=list(after),
        retry_condition_fn=unless_final,
        cache_policy=NO_CACHE,
    )

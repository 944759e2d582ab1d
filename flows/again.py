"""When a task is tried again."""

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from outreach.errors import DefinitionError, ImportRefused, ProviderRefused, StateError

FINAL = (DefinitionError, ImportRefused, ProviderRefused, StateError)
"""A lane that met unknown outcomes may be tried again: the ledger never makes an unsure call anew by itself."""


def unless_final(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again, except where the answer would be the same."""
    return not isinstance(state.result(raise_on_failure=False), FINAL)

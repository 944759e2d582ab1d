"""Asks a person, in the UI: the run ends meanwhile, and starts again from the top when it is answered."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

import httpx
from prefect import runtime, suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import delete_flow_run_input, read_flow_run_input
from prefect.input.run_input import keyset_from_paused_state
from prefect.states import Suspended
from pydantic import ConfigDict

from outreach.errors import StateError

TWO_WEEKS = 60 * 60 * 24 * 14
"""How long a run waits for a person's answer, in seconds."""

MOST_TIMES = 5
"""How often a question is put at most until somebody says who answers it."""

NAMELESS = "-name-"
"""Stands in the key of a question that is put again, before how often it was answered without a name."""

NEEDS_A_NAME = (
    "**Your name is missing.** The answer decides something, and who decides is kept with it; so it has not counted "
    "yet. What was filled in stands below: write *Your name*, and choose **Resume** once more."
)


class SignedAnswer(RunInput):
    """An answer that is kept with the name of who gave it."""

    by: str = ""


Answer = TypeVar("Answer", bound=RunInput)
Signed = TypeVar("Signed", bound=SignedAnswer)


def ask(wanted: type[Answer], key: str) -> Answer:
    """Return what a person answered to the question *key* of this run, or stop and ask.

    Of a run that crashed, Prefect forgets that it had asked, and then stumbles over the question that it finds. What a
    person has answered stays answered.
    """
    keys = keyset_from_paused_state(Suspended(pause_key=key))
    answer: Any = read_flow_run_input(keys["response"])
    if answer is not None:
        return wanted(**answer)
    if runtime.flow_run.run_count > 1:
        for part in (keys["schema"], keys["description"]):
            with suppress(httpx.HTTPStatusError):  # it was not asked before
                delete_flow_run_input(part)
    return suspend_flow_run(wait_for_input=wanted, key=key, timeout=TWO_WEEKS)


def ask_by_name(wanted: type[Signed], key: str, decides: Callable[[Signed], bool]) -> Signed:
    """Return what was answered to the question *key*; where it *decides* something, with the name of who answered.

    An answer that decides and names nobody counts for nothing: the same question is put again, with what was filled in.
    After `MOST_TIMES` the run fails, and nothing is decided. An answer that decides nothing needs no name.
    """
    question, asked = wanted, key
    for times in range(1, MOST_TIMES + 1):
        answer = ask(question, asked)
        if answer.by.strip() or not decides(answer):
            return answer
        told: Any = read_flow_run_input(keyset_from_paused_state(Suspended(pause_key=key))["description"])
        filled_in = _filled_in(wanted, answer.model_dump(mode="json", exclude_unset=True, exclude={"by"}))
        question = filled_in.with_initial_data(description="\n\n".join(filter(None, (NEEDS_A_NAME, told))))
        asked = f"{key}{NAMELESS}{times}"
    raise StateError(
        f"Your name: asked {MOST_TIMES} times, and nobody was named, so nothing was decided; start a new run"
    )


def first_key(key: str) -> str:
    """Return the key under which a question was put first."""
    return key.partition(NAMELESS)[0]


def _filled_in(wanted: type[Signed], values: Mapping[str, Any]) -> type[Signed]:
    """Return the same form with fields filled in beforehand.

    That stands in the schema alone: the form sends no field that was emptied, which then must not be what it was.
    """

    def fill_in(schema: dict[str, Any]) -> None:
        for name, value in values.items():
            schema["properties"][name]["default"] = value

    filled_in = type(wanted.__name__, (wanted,), {"model_config": ConfigDict(json_schema_extra=fill_in)})
    return cast("type[Signed]", filled_in)

"""A run that stops for a person's answer and starts again, as a worker would start it."""

import json
from contextlib import suppress
from typing import Any

from prefect import Flow, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from pydantic import BaseModel


class Run:
    """A run of a deployment of *flow*."""

    def __init__(self, flow: Flow[..., Any], **forms: BaseModel) -> None:
        self.flow = flow
        with get_client(sync_client=True) as client:
            flow_id = client.create_flow(flow)
            deployment = client.create_deployment(flow_id, name=flow.name)
            self.run: FlowRun = client.create_flow_run_from_deployment(
                deployment, parameters={name: form.model_dump() for name, form in forms.items()}
            )

    @property
    def state(self) -> State[Any]:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(self.run.id).state
        assert state is not None
        return state

    def go(self) -> str:
        """Run until it is done or waits; return the name of the state it is in then."""
        with get_client(sync_client=True) as client, suppress(Pause):
            run_flow(self.flow, flow_run=client.read_flow_run(self.run.id), return_type="state")
        return str(self.state.name)

    def answer(self, **values: Any) -> None:
        with get_client(sync_client=True) as client:
            client.resume_flow_run(self.run.id, run_input=values)

    def question(self) -> str:
        return self._asked("description")

    def form(self) -> dict[str, Any]:
        """The fields of the question, by name."""
        fields: dict[str, Any] = json.loads(self._asked("schema"))["properties"]
        return fields

    def _asked(self, part: str) -> str:
        with get_client(sync_client=True) as client:
            keys = self.state.state_details.run_input_keyset
            assert keys is not None
            return str(client.read_flow_run_input(self.run.id, keys[part]))

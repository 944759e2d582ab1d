"""Prefect's REST API as the demo uses it: what a person would press in the UI. (`outreach` does not import prefect.)"""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from outreach.errors import OutreachError

DONE = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

TRIES = 30

POLL = 0.5
"""Seconds; to ask more often takes more time from the server, and so from the run, than is gained."""


class PrefectApi:
    """One Prefect server. *check* is called while waiting and raises if waiting is in vain."""

    def __init__(self, url: str, check: Callable[[], None]) -> None:
        self.url = url
        self.check = check
        self._client = httpx.Client(base_url=f"{url}/api", timeout=30)

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until the server answers."""
        self._until(lambda: self._answers("/health"), seconds, "Prefect's server did not start")

    def run(self, flow: str, parameters: dict[str, Any]) -> str:
        """Start a flow as its run form would; return the run's id."""
        deployment = self._json("GET", f"/deployments/name/{flow}/{flow}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}, "idempotency_key": uuid.uuid4().hex}
        return str(self._json("POST", f"/deployments/{deployment['id']}/create_flow_run", json=body)["id"])

    def wait_until_asked(self, run: str, seconds: float) -> None:
        """Wait until a run stands still for a person's approval."""
        self._until(lambda: self._asks(run), seconds, f"run {run} did not ask for approval")

    def approve(self, run: str, by: str) -> None:
        """Answer a waiting run as the approver would."""
        answer = {"run_input": {"decision": "approve", "by": by, "note": "looked at it in the outbox preview"}}
        done = self._json("POST", f"/flow_runs/{run}/resume", json=answer)
        if done["status"] != "ACCEPT":
            raise OutreachError(f"the approval was not accepted: {done['details']}")

    def wait_until_done(self, run: str, seconds: float) -> None:
        """Wait until a run has completed; raise with its own words if it failed."""
        self._until(lambda: self._state(run) in DONE, seconds, f"run {run} did not end")
        state = self._json("GET", f"/flow_runs/{run}")["state"]
        if state["type"] != "COMPLETED":
            raise OutreachError(f"the flow ended {state['name']}: {state['message']}")

    def artifacts(self) -> dict[str, str]:
        """Return the address of every dashboard in the UI, by key."""
        found = self._json("POST", "/artifacts/filter", json={"sort": "CREATED_DESC", "limit": 200})
        return {a["key"]: f"{self.url}/v2/artifacts/artifact/{a['id']}" for a in found if a["key"]}

    def run_address(self, run: str) -> str:
        """Return a run's page in the UI."""
        return f"{self.url}/v2/runs/flow-run/{run}"

    def _state(self, run: str) -> str:
        return str(self._json("GET", f"/flow_runs/{run}")["state_type"])

    def _asks(self, run: str) -> bool:
        state = self._json("GET", f"/flow_runs/{run}")["state"]
        if state["type"] in DONE:
            raise OutreachError(f"the flow ended {state['name']} before it asked: {state['message']}")
        question = state["type"] == "PAUSED" and state["state_details"]["run_input_keyset"]
        # Prefect writes the question down a moment after the pause
        return bool(question) and self._answers(f"/flow_runs/{run}/input/{question['schema']}")

    def _answers(self, path: str) -> bool:
        try:
            return self._client.get(path).is_success
        except httpx.TransportError:
            return False

    def _json(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._asked(method, path, **arguments)
        for _ in range(TRIES):
            # Prefect on SQLite is too busy now and then, and says so
            if answer is not None and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            self.check()
            time.sleep(0.5)
            answer = self._asked(method, path, **arguments)
        if answer is None or not answer.is_success:
            found = f"{answer.status_code}: {answer.text[:500]}" if answer is not None else "nothing"
            raise OutreachError(f"Prefect answered {method} {path} with {found}")
        return answer.json()

    def _asked(self, method: str, path: str, **arguments: Any) -> httpx.Response | None:
        try:
            return self._client.request(method, path, **arguments)
        except httpx.TransportError:
            return None

    def _until(self, happened: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            self.check()
            if time.monotonic() > deadline:
                raise OutreachError(f"{otherwise} within {seconds:.0f} s")
            time.sleep(POLL)

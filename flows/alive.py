"""Signs of life: a run whose machine is lost while it sends is started again, and one that was given up in error ends.

Prefect's own heartbeats come every 30 seconds at most, which is too seldom to go on within a minute. `flows/deploy.py`
makes the automation that waits for the signs; the ledger's claim is what keeps two starts of a run apart meanwhile.
"""

import contextvars
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

from prefect import runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.exceptions import Abort
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from outreach.errors import StateError

log = logging.getLogger(__name__)

SIGN = "outreach.run.alive"
"""The event; its resource is the flow run, so that the automation knows whom it missed."""

EVERY = 4.0
"""Seconds from one sign to the next."""

SILENCE = timedelta(seconds=15)
"""After so long without a sign a run counts as lost; Prefect looks every 5 seconds."""

PATIENCE = 3.0
"""Seconds that Prefect's server has for an answer, before the next sign is tried."""

SET_BY_HAND = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED})
"""Ends that a process does not find itself in unless a person says so."""


class TakenOver(StateError):
    """This process sends no more: its run is over, or goes on elsewhere."""


class _Life:
    """The signs of one start of a run, from a thread of its own."""

    def __init__(self, run: str, start: int) -> None:
        self.over = threading.Event()
        self.taken = False
        self._run, self._start = run, start
        context = contextvars.copy_context()  # the thread has to know the same server
        self._thread = threading.Thread(target=context.run, args=(self._go_on,), name="signs of life", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.over.set()
        self._thread.join(2 * PATIENCE)

    def _go_on(self) -> None:
        no_retries = temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0})  # a late sign is worse than the next one
        with no_retries, get_client(sync_client=True, httpx_settings={"timeout": PATIENCE}) as client:
            while not self.over.is_set():
                try:
                    self._give_sign(client)
                except Exception as error:  # whatever it is, silence would have the run started twice
                    log.warning("Prefect was not told that this run lives: %s", error)
                self.over.wait(EVERY)

    def _give_sign(self, client: SyncPrefectClient) -> None:
        answer = client.request("GET", "/flow_runs/{id}", path_params={"id": self._run})
        run = answer.json()
        if run["run_count"] != self._start or run["state_type"] in SET_BY_HAND:
            log.warning("this run is %s, start %s; start %s ends", run["state_type"], run["run_count"], self._start)
            self.taken = True  # one that was given up in error goes on until somebody else has begun
            self.over.set()
        elif run["state_type"] == StateType.RUNNING:
            # by the server's clock: a machine whose clock is wrong would be given up again and again
            now = parsedate_to_datetime(answer.headers["Date"])
            resource = {"prefect.resource.id": f"prefect.flow-run.{self._run}", "prefect.resource.name": run["name"]}
            event = {"id": str(uuid4()), "event": SIGN, "occurred": now.isoformat(), "resource": resource}
            client.request("POST", "/events", json=[event])


_LIFE: contextvars.ContextVar[_Life] = contextvars.ContextVar("life")


@contextmanager
def signs_of_life() -> Iterator[None]:
    """Tell Prefect all the while that this run lives; the last thing of a flow, since no run may stop to ask in it.

    Where the run was given up in error and has been started again meanwhile, this start of it ends without a word: what
    becomes of the run is told by the next one. Outside of runs nothing is told.
    """
    run = runtime.flow_run.id
    if not run:
        yield
        return
    life = _Life(run, runtime.flow_run.run_count)
    token = _LIFE.set(life)
    try:
        yield
    finally:
        _LIFE.reset(token)
        life.end()  # lanes that outlive the block, as after SIGTERM, claim nothing more
        if life.taken:
            raise Abort("this run goes on elsewhere, or was ended by a person")


def check() -> None:
    """Raise `TakenOver` where the signs of life of this run are over; lanes ask before they claim."""
    life = _LIFE.get(None)
    if life is not None and life.over.is_set():
        raise TakenOver("this run is over, or goes on elsewhere; this process claims nothing more")

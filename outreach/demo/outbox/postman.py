"""Reports by signed webhooks what became of each message, from a thread of its own."""

import json
import logging
import threading
from collections.abc import Sequence

import httpx

from outreach.clock import Clock
from outreach.demo.outbox.box import Box, Event
from outreach.providers import signature

log = logging.getLogger(__name__)

EVENTS_A_CALL = 200
PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60, 120, 120, 120)
"""Seconds between tries; about eleven minutes in all, then the events are given up."""

FATES = (
    ("bounce.", "bounced", "550 5.1.1 no such mailbox"),
    ("full.", "soft_bounced", "452 4.2.2 mailbox full"),
    ("", "delivered", "250 2.0.0 kept in the outbox"),
)
"""What becomes of a mail, by how its address begins."""


class Postman:
    """Posts in the order of the messages; how far it has come is on disk, so a restart goes on."""

    def __init__(self, box: Box, url: str, secret: str, clock: Clock, pauses: Sequence[float] = PAUSES) -> None:
        self._box = box
        self._url = url
        self._secret = secret
        self._clock = clock
        self._pauses = pauses
        self._more = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-postman", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is more to report."""
        self._more.set()

    def stop(self) -> None:
        """End after the call under way."""
        self._stop.set()
        self._more.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self._stop.is_set():
                self._more.clear()  # before looking, so that nothing taken meanwhile is slept over
                events = self._box.unposted(EVENTS_A_CALL)
                if events:
                    self._report(client, events)
                else:
                    self._more.wait()

    def _report(self, client: httpx.Client, events: Sequence[Event]) -> None:
        body = json.dumps({"events": [fate(event) for event in events]}).encode()
        for pause in (*self._pauses, None):
            if self._post(client, body):
                self._box.posted(events)
                return
            if pause is None:
                log.warning("nobody took %d webhook events at %s; given up", len(events), self._url)
                self._box.posted(events, given_up=True)
            elif self._stop.wait(pause):
                return

    def _post(self, client: httpx.Client, body: bytes) -> bool:
        signed = signature.sign(self._secret, body, self._clock())
        headers = {"Content-Type": "application/json", "X-Outbox-Signature": signed}
        try:
            return client.post(self._url, content=body, headers=headers).is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            return False


def fate(event: Event) -> dict[str, str]:
    """Return what is reported of a message; asked again it says the same, with the same id."""
    kind, detail = next((kind, detail) for begins, kind, detail in FATES if event.email.startswith(begins))
    return {"id": f"{event.message_id}.{kind}", "type": kind, "rid": event.rid, "at": event.at, "detail": detail}

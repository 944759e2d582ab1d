"""Sends the letters that forms ask for: right after the answer, and in rounds for what was left."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from starlette.background import BackgroundTask

from outreach.services import Services
from outreach.steps import letters

log = logging.getLogger(__name__)

ROUND_SECONDS = 30.0
"""Between two looks for letters that a stop, or an email API out of reach, left behind."""


class Postman:
    """Works on one thread of its own, so that a slow email API keeps no page waiting."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")

    def after_answer(self) -> BackgroundTask:
        """Return what an answer brings along, to be done once it is given."""
        return BackgroundTask(self.deliver)

    async def deliver(self) -> None:
        """Send what waits. A failure is logged and not lost: the letter stands in the ledger."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, letters.send_waiting, self._services)
        except Exception:
            log.exception("letters could not be sent; they wait for the next round")

    async def rounds(self) -> None:
        """Deliver now, and again and again."""
        while True:
            await self.deliver()
            await asyncio.sleep(ROUND_SECONDS)

    def close(self) -> None:
        """Wait for the letter that is being sent."""
        self._thread.shutdown()

"""Sends a wave as a flow's lane does, in a process of its own that may be killed."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import configure_mappers

from outreach import clock
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import resolving, sending
from outreach.store import migrate

# in the fork server, once for all senders
configure_mappers()
migrate.newest()


@dataclass(frozen=True)
class Job:
    """What a sender is told. *ahead* is how far its clock is from ours, to ask about old calls."""

    wave_id: int
    database_url: str
    outbox: str
    secret: str
    log: Path
    keys: bool
    looks_up: bool
    lease_seconds: float
    call_seconds: float
    ahead: timedelta = timedelta(0)

    def settings(self) -> Settings:
        return Settings(
            _env_file=None,
            database_url=self.database_url,
            secret=SecretStr(self.secret),
            outbox_url=self.outbox,
            outbox_idempotency=self.keys,
            lease_seconds=self.lease_seconds,
            call_seconds=self.call_seconds,
        )

    def now(self) -> datetime:
        return clock.now() + self.ahead


def send(job: Job) -> None:
    """Go through a wave once; what goes wrong stands in the log, and in the exit code."""
    sys.stderr = job.log.open("a")
    signal.signal(signal.SIGTERM, _as_prefect_does)
    with open_services(job.settings(), job.now) as services:
        services.provider.looks_up = job.looks_up
        resolving.resolve_unknown(services, job.wave_id)
        sending.send_batches(services, job.wave_id, time.sleep)
        time.sleep(sending.seconds_until_settled(services, job.wave_id))
        resolving.resolve_unknown(services, job.wave_id)
        sending.finish_wave(services, job.wave_id)


def _as_prefect_does(_number: int, _frame: object) -> None:
    """End as a flow's process does on SIGTERM: by an exception out of wherever it is, whatever it does there."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print(f"{os.getpid()}: SIGTERM", file=sys.stderr)
    raise SystemExit(128 + signal.SIGTERM)

"""Sends a wave as a flow's lane does, in a process of its own that a test may kill."""

import time

from pydantic import SecretStr
from sqlalchemy.orm import configure_mappers

from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import sending

configure_mappers()  # in the fork server, once for all senders


def send(wave_id: int, database_url: str, outbox: str, key: str, keys: bool) -> None:
    settings = Settings(
        _env_file=None,
        database_url=database_url,
        secret=SecretStr(key),
        outbox_url=outbox,
        outbox_idempotency=keys,
        lease_seconds=0.2,
    )
    with open_services(settings) as services:
        sending.resolve_unknown(services, wave_id)
        sending.send_batches(services, wave_id, time.sleep)
        time.sleep(sending.seconds_until_settled(services, wave_id))
        sending.resolve_unknown(services, wave_id)
        sending.finish_wave(services, wave_id)

"""The rate of the email API over all workers and machines, kept by one of Prefect's global concurrency limits.

The limit stands in Prefect's UI under Concurrency, `outreach-<provider>`. A hundred of its slots are one call or one
mail, as the API counts: the server knows whole slots only and forgets what is left of one whenever somebody takes or is
denied some, which cost a quarter of the rate where a slot was a call. For the same reason nobody asks in vain here, as
Prefect's own `rate_limit` does: what is free is looked up, and waited for, before it is taken.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import httpx
from prefect.client.orchestration import get_client
from prefect.context import SettingsContext, get_settings_context
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES
from prefect.variables import Variable

from outreach.errors import DefinitionError
from outreach.providers.rate import Counted, Rate, for_waves
from outreach.services import PROVIDERS, Services
from outreach.settings import Settings

log = logging.getLogger(__name__)

SLOTS = 100
"""Slots for one call or one mail."""

AHEAD = 0.1
"""Seconds' worth that is taken at a time where single calls would cost more than they are worth."""

ALONE = 30.0
"""Seconds that a process keeps the rate by itself after Prefect could not be asked, before it asks again."""

PATIENCE = 5.0
"""Seconds that Prefect's server has for an answer, and for which it is asked again where there is none."""

BREATH = 0.2
"""Seconds before it is asked again."""

LOOK_AGAIN = 10.0
"""Seconds after which a limit is looked at again at the latest: a person may have changed it."""

MADE = "outreach-rate"
"""The variable that keeps what limits were made with, by name: what differs from it was changed by a person."""


class Unusable(Exception):
    """By this limit no rate can be kept."""


class Unanswered(Unusable):
    """Nobody tells: no server, or none that has time, as one on SQLite that is busy for a moment."""


@dataclass(frozen=True, slots=True)
class Room:
    """A limit as it stands: *taken* of its *most* slots are in use, and *per_second* come free. *active*: it is on."""

    most: int
    taken: int
    per_second: float
    active: bool = True


class Limit(Protocol):
    """A limit that all processes share."""

    def look(self) -> Room:
        """Return how it stands; `Unusable` where there is none to keep to, `Unanswered` where nobody tells."""
        ...

    def take(self, slots: int) -> bool:
        """Take slots; False where others were faster."""
        ...


class PrefectLimit:
    """A limit of Prefect's server. One client serves the process as long as it lives, one lane at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open = contextlib.ExitStack()
        self._client = self._open.enter_context(get_client(sync_client=True, httpx_settings={"timeout": PATIENCE}))
        context = get_settings_context()
        # by itself the client goes on for a minute when the server is away
        once = context.settings.copy_with_update(updates={PREFECT_CLIENT_MAX_RETRIES: 0})
        self._once = {"profile": context.profile, "settings": once}

    def look(self) -> Room:
        """Return how it stands; a limit that lets nothing through, or never frees a slot, is unusable."""
        with self._asking():
            found = self._client.read_global_concurrency_limit_by_name(self._name)
        if found.active and (found.limit < 1 or found.slot_decay_per_second <= 0):
            raise Unusable(
                f"{self._name} has limit {found.limit} and slot decay {found.slot_decay_per_second:g}; write numbers "
                f"above 0, {SLOTS} slots being one call or mail"
            )
        return Room(found.limit, found.active_slots, found.slot_decay_per_second, found.active)

    def take(self, slots: int) -> bool:
        """Take slots; False where others were faster."""
        with self._asking():
            try:
                self._client.increment_concurrency_slots([self._name], slots, "rate_limit")
            except httpx.HTTPStatusError as error:
                if error.response.status_code == HTTPStatus.LOCKED:
                    return False
                raise
        return True

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            with SettingsContext(**self._once):
                yield
        except ObjectNotFound:
            raise Unusable(f"there is no {self._name}; `make deploy` makes it") from None
        except (httpx.HTTPError, ValueError) as error:
            raise Unanswered(str(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._open.close()


class Pace:
    """Gives the lanes of this process leave to send, one after the other."""

    def __init__(
        self,
        rate: Rate,
        limit: Limit,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._limit, self._now, self._sleep = rate, limit, now, sleep
        self._turn = threading.Lock()
        self._per_second = rate.per_second * SLOTS  # as a person may have changed it in Prefect
        self._ahead = 0  # slots that were taken and not used
        self._next = now()  # when this process may go on, if it keeps the rate by itself
        self._alone_until = now()
        self._alone = False

    def __call__(self, mails: int, meanwhile: Callable[[], None]) -> None:
        """Return when a call with so many mails may be made. *meanwhile* is called while waiting, and may raise."""
        need = SLOTS * (mails if self._rate.of is Counted.MAILS else 1)
        with self._turn:
            meanwhile()
            used = min(need, self._ahead)
            self._ahead -= used
            if not self._by_prefect(need - used, meanwhile):
                self._rest(self._next - self._now(), meanwhile)
            self._next = self._now() + need / self._per_second

    def _by_prefect(self, left: int, meanwhile: Callable[[], None]) -> bool:
        """Take slots of all processes; False where Prefect cannot be asked."""
        if left and self._now() < self._alone_until:
            return False
        try:
            while left > 0:
                left -= self._patiently(left, meanwhile)
        except Unusable as error:
            self._alone_until = self._now() + ALONE
            if not self._alone:
                log.warning("Prefect cannot be asked for the rate (%s): this process keeps to it by itself", error)
            self._alone = True
            return False
        self._ahead -= left
        return True

    def _patiently(self, left: int, meanwhile: Callable[[], None]) -> int:
        """Take a portion; where nobody answers, ask again for a few seconds."""
        until = self._now() + PATIENCE
        while True:
            try:
                return self._portion(left, meanwhile)
            except Unanswered:
                if self._now() >= until:
                    raise
            self._rest(BREATH, meanwhile)

    def _portion(self, left: int, meanwhile: Callable[[], None]) -> int:
        """Take as many slots as the limit holds, or wait for some of them; return how many were got."""
        room = self._limit.look()
        if self._alone:
            log.info("Prefect can be asked for the rate again")
            self._alone = False
        if not room.active:  # a person switched it off
            return left
        self._per_second = room.per_second
        wanted = min(max(left, int(room.per_second * AHEAD)), room.most)
        short = room.taken + wanted - room.most
        if short <= 0 and self._limit.take(wanted):
            return wanted
        self._rest(min(max(short, 1) / room.per_second, LOOK_AGAIN), meanwhile)
        return 0

    def _rest(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        end = self._now() + seconds
        while (left := end - self._now()) > 0:
            self._sleep(min(left, 1.0))
            meanwhile()


_PACES: dict[tuple[str | None, str, Rate], Pace] = {}
_MAKING = threading.Lock()


def pacing(services: Services, meanwhile: Callable[[], None] = lambda: None) -> Callable[[int], None]:
    """Return what a lane calls with the number of mails in its next batch, before it claims it: returns when it may go.

    Where nobody knows a rate it returns at once. *meanwhile* is called each time, and every second while it waits; what
    it raises ends the waiting.
    """
    rate = for_waves(services.provider.rate, services.settings.rate)
    if rate is None:
        return lambda _mails: meanwhile()
    name = limit_name(services.provider.name)
    key = (PREFECT_API_URL.value(), name, rate)
    with _MAKING:
        if key not in _PACES:
            _PACES[key] = Pace(rate, PrefectLimit(name))
        pace = _PACES[key]
    return lambda mails: pace(mails, meanwhile)


def limit_name(provider: str) -> str:
    """Return the name of a provider's limit."""
    return f"outreach-{provider}"


def as_limit(rate: Rate) -> dict[str, float]:
    """Return the limit that keeps a rate.

    At once may go one and a second's worth of mails, but only a tenth of that in calls: who counts calls counts them by
    the second, and what goes at once and in the second after it must not be more than an API takes of which this rate
    is `SHARE`.
    """
    seconds = 1.0 if rate.of is Counted.MAILS else 0.1
    return {
        "limit": math.floor((1 + rate.per_second * seconds) * SLOTS),
        "slot_decay_per_second": round(rate.per_second * SLOTS, 3),
    }


def make_limit(settings: Settings | None = None) -> str:
    """Make the limit of the provider in use, or bring it up to date; return what became of it, in words.

    What a person changed in Prefect's UI stays, until the rate by `OUTREACH_RATE` or by the provider is another one.
    """
    settings = settings or Settings()
    name = limit_name(settings.provider)
    rate = _rate(settings)
    kept: Any = Variable.get(MADE, default={})
    made = dict(kept) if isinstance(kept, dict) else {}
    wanted = as_limit(rate) if rate else None
    words = _put_in_force(name, wanted, made.get(name))
    if made.get(name) != wanted:
        Variable.set(MADE, {**made, name: wanted}, overwrite=True)
    return words + (f": {rate}" if rate else "")


def _rate(settings: Settings) -> Rate | None:
    if settings.provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise DefinitionError(f"OUTREACH_PROVIDER: no provider {settings.provider!r}; there is: {known}")
    # what it declares stands with the class: to deploy takes no tokens
    return for_waves(getattr(PROVIDERS[settings.provider], "rate", None), settings.rate)


def _put_in_force(name: str, wanted: dict[str, float] | None, made: dict[str, float] | None) -> str:
    with get_client(sync_client=True) as client:
        try:
            there = client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            there = None
        if wanted is None:
            if there and made:
                client.delete_global_concurrency_limit_by_name(name)
            return f"{name}: no rate is known, nothing is held back"
        if there and made == wanted:
            return f"{name} as it stands, limit {there.limit}, slot decay {there.slot_decay_per_second:g}; made for"
        limit, decay = int(wanted["limit"]), wanted["slot_decay_per_second"]
        client.upsert_global_concurrency_limit_by_name(name, limit, decay)
        return f"{name}, limit {limit}, slot decay {decay:g}"

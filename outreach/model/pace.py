"""When mails may go, and how many: quiet hours, limits per receiving domain, warm-up plans. Rules, and pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.errors import DefinitionError

MORNING = time(8)
"""When a day's mails begin to go where no quiet hours say so."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})", re.ASCII)
_PLAN = re.compile(r"(?:(\S+)\s+)?(\d{4}-\d{2}-\d{2})\s*:(.*)", re.DOTALL)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)
_NUMBER = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many mails, *most*, may go in one *scope* from *since* until *again*; *why* tells staff which rule that is."""

    scope: str
    since: datetime
    most: int
    again: datetime
    why: str

    @property
    def window(self) -> tuple[str, datetime]:
        """What the mails are counted under."""
        return self.scope, self.since


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many *people* wait until a moment; *why* is in words for staff."""

    until: datetime
    why: str
    people: int


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From *begin* to *end* nobody is written to, by the clocks where they live; over midnight where *end* is first."""

    begin: time
    end: time

    @classmethod
    def read(cls, setting: str, text: str) -> "QuietHours | None":
        """Return what a setting says, such as `21:00-08:00`; None where it is empty."""
        if not text.strip():
            return None
        found = _HOURS.fullmatch(text.strip())
        try:
            begin, end = (time.fromisoformat(each.zfill(5)) for each in found.groups()) if found else (None, None)
        except ValueError:  # 24:00, or later
            begin = end = None
        if begin is None or end is None:
            raise DefinitionError(
                f"{setting}: found {text!r}; write begin and end in hours and minutes, such as 21:00-08:00, "
                "or leave it empty"
            )
        if begin == end:
            raise DefinitionError(
                f"{setting}: found {text!r}, which begins when it ends; write two times of day, such as 21:00-08:00, "
                "or leave it empty, so that no hour is quiet"
            )
        return cls(begin, end)

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the quiet that *now* is in ends, in UTC; None where it is not quiet now.

        Where clocks are changed within them, quiet hours begin at the earlier and end at the later of two moments.
        """
        ends = None
        while (end := self._end_of(ends or now, zone)) is not None:  # one night may touch the next
            ends = end
        return ends

    def _end_of(self, moment: datetime, zone: tzinfo) -> datetime | None:
        today = moment.astimezone(zone).date()
        over = timedelta(days=self.end < self.begin)
        for day in (today + DAY, today, today - DAY, today - 2 * DAY):
            begin = min(_moments(day, self.begin, zone))
            end = max(_moments(day + over, self.end, zone))
            if begin <= moment < end:
                return end
        return None


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """How many mails an hour one receiving domain gets. *names* leads each domain to the one that its limit goes by."""

    names: Mapping[str, str] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, setting: str, text: str) -> "DomainLimits":
        """Return what a setting says, such as `gmail.com+googlemail.com=2000,t-online.de=500`; two share the first."""
        names: dict[str, str] = {}
        most: dict[str, int] = {}
        for part in filter(str.strip, text.split(",")):
            domains, sign, number = (each.strip() for each in part.partition("="))
            if not sign or not _NUMBER.fullmatch(number) or number == "0":
                raise DefinitionError(
                    f"{setting}: found {part.strip()!r}; write DOMAIN=MAILS AN HOUR, 1 or more, such as "
                    "gmail.com=2000, with + between domains that share a limit and commas between limits"
                )
            group = [_domain(setting, each) for each in domains.split("+")]
            for each in group:
                if each in names:
                    raise DefinitionError(f"{setting}: {each} stands there twice; leave one limit for it")
                names[each] = group[0]
            most[group[0]] = int(number)
        return cls(names, most)

    def name_of(self, domain: str) -> str:
        """Return by what name *domain* is limited, empty where it is not."""
        return self.names.get(domain, "")

    def allowance(self, name: str, now: datetime) -> Allowance:
        """Return what may go in this hour, by the clock in UTC, to the domains that are limited as *name*."""
        since = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        most = self.most[name]
        return Allowance(f"to {name}", since, most, since + HOUR, f"{name} gets at most {most:,} mails an hour")


@dataclass(frozen=True, slots=True)
class Plan:
    """A warm-up plan: from its *first* day on so many mails a *day*; after the last one, as many as there are."""

    first: date
    days: tuple[int, ...]

    def most(self, day: date) -> int | None:
        """Return how many mails may go on *day*, None where there is no limit. Before the first day it is none."""
        if day < self.first:
            return 0
        number = (day - self.first).days
        return self.days[number] if number < len(self.days) else None

    def next_day(self, day: date) -> date:
        """Return the first day after *day* on which mails may go."""
        later = max(day + DAY, self.first)
        while self.most(later) == 0:
            later += DAY
        return later


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Plans by sending domain; the one under the empty name is for each domain that has none of its own."""

    plans: Mapping[str, Plan] = field(default_factory=dict)

    @classmethod
    def read(cls, setting: str, text: str) -> "WarmUp":
        """Return what a setting says, such as `2026-12-01: 200, 500, 1000`, or with a domain before the date.

        Plans of several domains stand between semicolons. A day of 0 is a day on which nothing goes.
        """
        plans: dict[str, Plan] = {}
        for part in filter(str.strip, text.split(";")):
            domain, first, numbers = _plan(setting, part.strip())
            name = _domain(setting, domain) if domain else ""
            if name in plans:
                whose = f"the domain {name}" if name else "all domains"
                raise DefinitionError(f"{setting}: two plans for {whose}; leave one of them")
            plans[name] = Plan(first, numbers)
        return cls(plans)

    def plan_of(self, domain: str) -> Plan | None:
        """Return the plan by which mails from *domain* go, if there is one."""
        return self.plans.get(domain) or self.plans.get("")


@dataclass(frozen=True, slots=True)
class Rules:
    """All that says when, and how many. *home* is the zone of everybody of whom no other is known."""

    home: ZoneInfo
    quiet: QuietHours | None = None
    domains: DomainLimits = field(default_factory=DomainLimits)
    warm_up: WarmUp = field(default_factory=WarmUp)

    def __bool__(self) -> bool:
        """Whether there is any rule at all."""
        return bool(self.quiet or self.counts)

    @property
    def counts(self) -> bool:
        """Whether any rule is about numbers."""
        return bool(self.domains.most or self.warm_up.plans)

    def zone(self, name: str) -> ZoneInfo:
        """Return a time zone by its name; the house's own where it has none, or one that this machine does not know."""
        try:
            return ZoneInfo(name) if name else self.home
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self.home

    def quiet_until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when it stops being quiet there; None where it is not."""
        return self.quiet.until(now, zone) if self.quiet else None

    def mails(self, domains: Iterable[str]) -> dict[str, int]:
        """Return how many mails to *domains* count under each name of a limit, and all of them under the empty name."""
        numbers = {"": 0}
        for domain in domains:
            name = self.domains.name_of(domain)
            numbers[""] += 1
            if name:
                numbers[name] = numbers.get(name, 0) + 1
        return numbers

    def allowances(self, sender: str, names: Iterable[str], now: datetime) -> dict[str, Allowance]:
        """Return what may go now by the *names* of limits, and under the empty name what may from *sender* in all.

        They are in order of their windows: whoever locks several must do it in the same order as all others.
        """
        day = self.from_domain(sender, now)
        hours = {name: self.domains.allowance(name, now) for name in names if name}
        found = {"": day, **hours} if day else hours
        return dict(sorted(found.items(), key=lambda pair: pair[1].window))

    def from_domain(self, domain: str, now: datetime) -> Allowance | None:
        """Return what a warm-up plan lets go from *domain* today; None where none is under way."""
        today = now.astimezone(self.home).date()
        plan = self.warm_up.plan_of(domain)
        most = plan.most(today) if plan else None
        if plan is None or most is None:
            return None
        again = plan.next_day(today)
        told = f"begins on {plan.first}" if today < plan.first else f"{most:,} mails on {today}"
        midnight, following = (min(_moments(day, time(), self.home)) for day in (today, again))
        morning = self.quiet_until(following, self.home) or max(_moments(again, MORNING, self.home))
        return Allowance(f"from {domain}", midnight, most, morning, f"warm-up of {domain}: {told}")


@dataclass(frozen=True, slots=True)
class Shares:
    """Who of a batch *goes*, and who *waits*: by the name of the limit, the empty one for those over that of all."""

    goes: tuple[int, ...]
    waits: Mapping[str, tuple[int, ...]]


def shared_out(people: Sequence[tuple[int, str]], room: Mapping[str, int]) -> Shares:
    """Let go, in order, as many as there is *room* for by the name of each limit, and by the empty name in all.

    *people* are numbers with the name that their domain is limited as, empty where it is not. Where all are over the
    number of all, nobody is told apart: their domains are looked at when there is room again.
    """
    left = dict(room)
    goes: list[int] = []
    waits: dict[str, list[int]] = {}
    for number, name in people:
        over = "" if left.get("", 1) <= 0 else name if name and left[name] <= 0 else None
        if over is not None:
            waits.setdefault(over, []).append(number)
            continue
        goes.append(number)
        for each in {name, ""} & left.keys():
            left[each] -= 1
    return Shares(tuple(goes), {name: tuple(numbers) for name, numbers in waits.items()})


@lru_cache(maxsize=16)
def read_rules(time_zone: str, quiet_hours: str, domain_limits: str, warm_up: str) -> Rules:
    """Return what the settings of these names say; `DefinitionError` names the one that cannot be read."""
    return Rules(
        home_zone("OUTREACH_TIME_ZONE", time_zone),
        QuietHours.read("OUTREACH_QUIET_HOURS", quiet_hours),
        DomainLimits.read("OUTREACH_DOMAIN_LIMITS", domain_limits),
        WarmUp.read("OUTREACH_WARM_UP", warm_up),
    )


def home_zone(setting: str, name: str) -> ZoneInfo:
    """Return the zone that a setting names."""
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DefinitionError(
            f"{setting}: found {name!r}, which is no time zone; write one such as Europe/Amsterdam or Europe/Berlin"
        ) from None


def _moments(day: date, at: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the moments at which clocks show *at*: two where they are put back then, or were put forward over it."""
    first, second = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first, second


def _domain(setting: str, text: str) -> str:
    domain = text.strip().lower().removeprefix("@")
    if not _DOMAIN.fullmatch(domain):
        raise DefinitionError(
            f"{setting}: found {text.strip()!r}, which is no domain; write what stands behind the @ of an address, "
            "such as gmail.com, in letters without accents (xn--… for others)"
        )
    return domain


def _plan(setting: str, text: str) -> tuple[str, date, tuple[int, ...]]:
    found = _PLAN.fullmatch(text)
    numbers = [each.strip() for each in found[3].split(",")] if found else []
    wrong = [each for each in numbers if not _NUMBER.fullmatch(each)]
    if not found or wrong:
        what = f"the number {wrong[0]!r} in {text!r}" if wrong else repr(text)
        raise DefinitionError(
            f"{setting}: found {what}; write FIRST DAY: MAILS A DAY, such as 2026-12-01: 200, 500, 1000, with a domain "
            "before the date where it is for that one alone, semicolons between plans, and numbers without marks for "
            "thousands"
        )
    try:
        return found[1] or "", date.fromisoformat(found[2]), tuple(map(int, numbers))
    except ValueError:
        raise DefinitionError(
            f"{setting}: found {found[2]!r}, a day that no calendar has; write it as 2026-12-01"
        ) from None

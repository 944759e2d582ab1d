"""Looking over a planned wave with what the machine has: network, SpamAssassin, Chromium. It takes up to a minute.

No transaction is open meanwhile, so nobody waits for it; what was found is kept only if the plan is still the same.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urldefrag

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.compose.inline import parsed
from outreach.compose.preflight import merged_size, weighed
from outreach.compose.untracked import with_true_links
from outreach.dashboard.preflight import preflight_markdown
from outreach.dashboard.words import moment
from outreach.delivery import slots
from outreach.delivery.queries import claim, pictures
from outreach.delivery.queries import inspection as ledger
from outreach.delivery.queries import view as deliveries
from outreach.delivery.queries.inspection import Earlier
from outreach.dialling.deadline import Deadline
from outreach.errors import NotFound, NotInspected, StateError
from outreach.inspection import spam
from outreach.inspection.links import Bounds, Visitor, open_dialler
from outreach.inspection.pictures import taken
from outreach.model.delivery import Frozen
from outreach.model.inspection import Inspection, Picture, Score, Seen, Weighed
from outreach.model.mail import Mail, Message
from outreach.model.preflight import Finding, Level
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import going, own_pages
from outreach.store import reading

SECONDS = 60.0
"""How long each of the looks may take; they are taken side by side."""

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
LABEL = 60
LONGEST_URL = 200
MOST_NAMED = 5


@dataclass(frozen=True)
class _Planned:
    """A planned wave as it stood when the look began."""

    wave_id: int
    digest: str
    findings: tuple[Finding, ...]
    mails: tuple[tuple[Message, Frozen | None], ...]  # with the recipient whose names are the longest
    earlier: tuple[Earlier, ...]


def inspect(services: Services, wave_id: int) -> Inspection:
    """Look over a planned wave and keep what was found, in place of an earlier look's."""
    seen = look(services, wave_id)
    keep(services, seen)
    return seen


def is_done(services: Services, wave_id: int) -> bool:
    """Tell whether the wave was looked over as it is planned now, and lately enough for it to go."""
    with reading(services.sessions) as session:
        return going.is_looked_at(session, wave_id, services.clock())


def question(services: Services, wave_id: int) -> int:
    """Return the number of the question that the last look leads to: a look with new stops leads to another one."""
    with reading(services.sessions) as session:
        return ledger.question(session, wave_id)


def findings(services: Services, wave_id: int) -> tuple[Finding, ...]:
    """Return all that was found, at planning and since."""
    with reading(services.sessions) as session:
        return deliveries.findings(session, wave_id)


def look(services: Services, wave_id: int) -> Inspection:
    """Look over a planned wave; nothing is kept yet."""
    planned = _planned(services, wave_id)
    with ThreadPoolExecutor(3, thread_name_prefix="preflight") as looks:
        visited = looks.submit(_links, services, planned)
        scored = looks.submit(_scores, services, planned)
        shot = looks.submit(_pictures, services, planned)
    links, (scores, unscored), (shown, untaken) = visited.result(), scored.result(), shot.result()
    mails = tuple(_weighed(services, message, who, scores.get(message.name)) for message, who in planned.mails)
    new = (
        *_of_links(links),
        *_of_sizes(planned, mails),
        *_of_scores(mails),
        *_of_subjects(planned),
        Finding(Level.NOTE, "links", f"{len(links)} looked at, {sum(not seen.level for seen in links)} lead somewhere"),
        Finding(Level.NOTE, "spam", unscored or f"{len(scores)} mails scored by {spam.NAME}"),
        Finding(Level.NOTE, "pictures", untaken or f"{len(shown)} taken"),
    )
    return Inspection(wave_id, planned.digest, (*planned.findings, *new), new, links, mails, shown)


def keep(services: Services, seen: Inspection) -> None:
    """Keep what was found with the plan that it is about; `StateError` if there is another one by now."""
    with services.sessions.begin() as session:
        campaigns.hold(session, seen.wave_id)
        if ledger.planned_under(session, seen.wave_id) != seen.digest:
            raise StateError(f"wave {seen.wave_id} was planned anew while it was looked over; look over it again")
        _only_planned(campaigns.view(session, seen.wave_id).state)
        ledger.add(session, seen.wave_id, seen.new, services.clock())
        pictures.keep(session, seen.wave_id, seen.pictures)


def artifact(wave: WaveView) -> str:
    """Return the key that the report of a wave is shown under: two dashes stand in no name, nor do three."""
    return f"outreach-preflight-{wave.campaign}--{wave.name}".replace("_", "---")


def report(services: Services, seen: Inspection) -> str:
    """Return what was found as markdown."""
    with reading(services.sessions) as session:
        wave = campaigns.view(session, seen.wave_id)
    return preflight_markdown(seen, wave.title, services.settings.public_url)


def picture(services: Services, key: str) -> bytes:
    """Return a picture that was taken of a mail; `NotFound` where there is none under *key*."""
    with reading(services.sessions) as session:
        found = pictures.png(session, key) if KEY.fullmatch(key) else None
    if found is None:
        raise NotFound("picture", key)
    return found


def _planned(services: Services, wave_id: int) -> _Planned:
    with reading(services.sessions) as session:
        _only_planned(campaigns.view(session, wave_id).state)
        digest = ledger.planned_under(session, wave_id)
        if digest is None:
            raise StateError(f"wave {wave_id} has no findings of its planning yet; plan it again")
        ids = deliveries.messages(session, wave_id)
        mails = tuple((claim.message(session, each), ledger.with_longest_names(session, wave_id, each)) for each in ids)
        earlier = ledger.same_subject(session, wave_id, [message.subject for message, _ in mails])
        return _Planned(wave_id, digest, ledger.of_planning(session, wave_id), mails, tuple(earlier))


def _only_planned(state: WaveState) -> None:
    if state is not WaveState.PLANNED:
        raise StateError(f"a wave that is {state} is not looked over; only one that is planned is")


def visitor(services: Services) -> Visitor:
    """Return who asks other people's servers whether a link leads somewhere, politely and within bounds."""
    settings = services.settings
    return Visitor(
        open_dialler(settings.private_feed_hosts),
        agent=f"outreach-preflight (+{settings.public_url})",
        bounds=Bounds(whole=SECONDS),
    )


def _links(services: Services, planned: _Planned) -> tuple[Seen, ...]:
    """Visit every link and picture of all mails; our own are looked up without asking."""
    labels: dict[str, str] = {}
    for message, _ in planned.mails:
        for url, label in _targets(message):
            labels.setdefault(urldefrag(url).url, label)
    own = [url for url in labels if own_pages.is_own(services, url)]
    seen = {each: own_pages.look(services, each) for each in own}
    seen |= {each.url: each for each in visitor(services).visit(url for url in labels if url not in seen)}
    return tuple(replace(seen[url], label=label) for url, label in labels.items())


def _targets(message: Message) -> Iterator[tuple[str, str]]:
    yield from ((link.url, link.label) for link in message.links)
    for image in parsed(message.html).iter("img"):
        source = image.get("src", "")
        if source.startswith(("http://", "https://")) and "@@" not in source:
            yield source, image.get("alt", "")


def _scores(services: Services, planned: _Planned) -> tuple[dict[str, Score], str]:
    """Return the score of every mail by its message's name, and why some have none."""
    scores: dict[str, Score] = {}
    deadline = Deadline(SECONDS)
    try:
        for message, _ in planned.mails:
            mail = replace(_onlooked(message, planned.wave_id), recipient=message.sender.email)
            scores[message.name] = spam.score(mail, services.clock(), services.settings.spamassassin, deadline.left)
    except NotInspected as error:
        return scores, str(error)
    return scores, ""


def _pictures(services: Services, planned: _Planned) -> tuple[tuple[Picture, ...], str]:
    """Return pictures of every mail, and why some are missing. Nothing in them is counted as opened."""
    address = services.settings.public_url
    named = ((message.name, with_true_links(message, address)) for message, _ in planned.mails)
    pages = ((name, _onlooked(message, planned.wave_id).html) for name, message in named)
    shown: list[Picture] = []
    try:
        for each in taken(pages, address, services.settings.chromium, SECONDS):
            shown.append(replace(each, key=secrets.token_urlsafe(24)))  # noqa: PERF401 - those before a fault count
    except NotInspected as error:
        return tuple(shown), str(error)
    return tuple(shown), ""


def _onlooked(message: Message, wave_id: int) -> Mail:
    return message.fill(slots.onlooker(message, wave_id, "preview"))


def _weighed(services: Services, message: Message, who: Frozen | None, score: Score | None) -> Weighed:
    held = merged_size(message)
    if who:
        held = len(message.fill(slots.recipient(message, who, services.tokens)).html.encode())
    return Weighed(message.name, message.subject, held, score)


def _of_links(links: Iterable[Seen]) -> Iterator[Finding]:
    for seen in links:
        if seen.level:
            label = f" (“{_cut(seen.label)}”)" if seen.label else ""
            yield Finding(seen.level, _cut(seen.url, LONGEST_URL), f"{seen.what}{label}")


def _of_sizes(planned: _Planned, mails: Iterable[Weighed]) -> Iterator[Finding]:
    """Yield what planning did not foresee, for it had to guess how long names are."""
    foreseen = {message.name: [level for level, _ in weighed(merged_size(message))] for message, _ in planned.mails}
    for mail in mails:
        for level, what in weighed(mail.held):
            if level not in foreseen[mail.message]:
                yield Finding(level, f"variant {mail.message}", what)


def _of_scores(mails: Iterable[Weighed]) -> Iterator[Finding]:
    for mail in mails:
        if mail.score and mail.score.points >= spam.SUSPECT:
            named = ", ".join(f"{name} ({points:g})" for name, points in mail.score.rules[:MOST_NAMED])
            what = f"{spam.NAME} gives it {mail.score.points:g}; from {spam.SUSPECT:g} on mails are put aside: {named}"
            yield Finding(Level.WARNING, f"variant {mail.message}", what)


def _of_subjects(planned: _Planned) -> Iterator[Finding]:
    for earlier in planned.earlier:
        when = f"{earlier.campaign}/{earlier.wave}, {moment(earlier.started_at)}"
        what = f"“{_cut(earlier.subject)}” went out before ({when}); readers would take it for the same mail"
        yield Finding(Level.WARNING, "subject", what)


def _cut(words: str, longest: int = LABEL) -> str:
    return words if len(words) <= longest else f"{words[:longest]}…"

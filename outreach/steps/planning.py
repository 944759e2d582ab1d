"""How mails and recipients are frozen, for waves and for issues of newsletters alike."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import chain

from sqlalchemy.orm import Session

from outreach.audience import queries as audience
from outreach.calls import queries as calls
from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.compose import preflight
from outreach.compose.brand import read_brand
from outreach.compose.compile import Digest, compile_message
from outreach.compose.timely import too_late
from outreach.compose.variants import variant_for
from outreach.delivery.queries import freeze, plan
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.delivery import Plan
from outreach.model.mail import Message
from outreach.model.people import AddressKind
from outreach.model.preflight import Finding, Level
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import pacing, people
from outreach.steps.marks import marks_left
from outreach.store import turns

PER_MAIL_BYTES = 4000
"""Room for a mail's headers, addresses and filled slots beside its text."""

Named = tuple[Campaign, WaveDefinition]

NOTHING_NEW = "nothing new"
"""Why somebody is left out for whom nothing is written."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The mails of a wave, and which variant who gets; *own* where that differs between audiences.

    *findings* are what speaks against them beyond what the preflight sees.
    """

    messages: tuple[Message, ...]
    variants: freeze.Variants
    own: Mapping[str, freeze.Variants] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def leaves_out(self) -> bool:
        """Whether there is anybody for whom nothing is written."""
        return any(None in table.values() for table in (self.variants, *self.own.values()))


def compiled(
    services: Services,
    campaign: Campaign,
    definition: WaveDefinition,
    variants: Iterable[str],
    content: Mapping[str, Digest],
) -> tuple[Message, ...]:
    """Return the mail in each of *variants*, with *content* per language."""
    brand = read_brand(services.settings.templates / "brand.toml")
    address, now = services.settings.public_url, services.clock()
    return tuple(
        compile_message(services.templates, brand, campaign, definition, variant, content, address, now)
        for variant in variants
    )


def variant_table(campaign: Campaign, definition: WaveDefinition) -> dict[tuple[str | None, str], str]:
    """Return which variant each language and kind of address gets, as the ledger writes it into one CASE."""
    return {
        (language, kind): variant_for(campaign.languages, definition.edition, language, kind)
        for language in (*campaign.languages, None)
        for kind in AddressKind
    }


def registered(services: Services, session: Session, named: Named) -> WaveView:
    """Write campaign and wave down, and keep the wave as it is returned until the caller's transaction ends."""
    turns.freezing(session)
    return campaigns.register(session, *named, services.clock())


def freeze_plan(services: Services, session: Session, named: Named, composed: Composed, *, by: str) -> Plan:
    """Freeze who gets which mail and look over it all, in the caller's transaction; nothing is sent.

    It replaces an earlier plan and voids its approval; a wave that has begun is refused.
    """
    (campaign, definition), now = named, services.clock()
    segments = [people.load_segment(services, name) for name in definition.audiences]
    wave = registered(services, session, named)
    if wave.state is WaveState.APPROVED:
        campaigns.take(session, wave.id, WaveStep.VOID, now)
    campaigns.take(session, wave.id, WaveStep.PLAN, now)
    for call in campaign.calls.values():
        calls.save_call(session, wave.campaign_id, call)
    people.check_names(services, session, segments)
    plan.clear(session, wave.id)
    plan.freeze_messages(session, wave.id, composed.messages)
    topic, cap = campaign.topic, people.house_cap(services)
    chosen = {segment.name: audience.recipients(segment, topic=topic, now=now, cap=cap) for segment in segments}
    freeze.gather(session, chosen, composed.variants, composed.own)
    out = audience.left_out(session, segments, topic=topic, now=now, cap=cap)
    if composed.leaves_out:
        out |= _counted(NOTHING_NEW, freeze.without_variant(session, chosen, composed.variants, composed.own))
    size = batch_size(services, composed.messages)
    rules = pacing.rules(services.settings)
    cells = freeze.freeze(session, wave.id, size, definition.trial, home=rules.home.key if rules.quiet else "")
    campaigns.planned(session, wave.id, out, by, now, trial=definition.trial)
    plan.start_counters(session, wave.id, cells)
    digest = plan.digest(session, wave.id)
    found = (*composed.findings, *look_over(services, campaign, definition, composed.messages))
    findings = found if cells else (*found, _nobody(campaign, definition, out))
    plan.keep_preflight(session, wave.id, digest, [asdict(finding) for finding in findings], now)
    return Plan(
        wave_id=wave.id,
        digest=digest,
        recipients=sum(cells.values()),
        cells=cells,
        out=out,
        subjects={message.name: message.subject for message in composed.messages},
        findings=findings,
    )


def batch_size(services: Services, messages: Iterable[Message]) -> int:
    """Return how many recipients one call may have, were every mail of it written out in full."""
    limits = services.provider.limits
    largest = max((len(json.dumps([message.html, message.text])) for message in messages), default=0)
    fitting = int(limits.body_bytes * 0.9) // (largest + PER_MAIL_BYTES)
    return max(1, min(services.settings.batch_size, limits.recipients, fitting))


def look_over(
    services: Services, campaign: Campaign, definition: WaveDefinition, messages: Iterable[Message]
) -> tuple[Finding, ...]:
    """Return what speaks against sending these mails, told once where it is true of several audiences or versions."""
    brand = read_brand(services.settings.templates / "brand.toml")
    versions = {version.version: version for version in definition.versions}
    sets: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        sets.setdefault((message.version, message.audience), []).append(message)
    found = [
        preflight.check(brand, *_as_written(campaign, versions[version], each), each)
        for (version, _), each in sets.items()
    ]
    words = preflight.catalogues(services.templates, campaign)
    late = too_late(campaign, definition, services.clock())
    return tuple(dict.fromkeys(chain(words, marks_left(campaign), late, *found)))


def _as_written(campaign: Campaign, definition: WaveDefinition, messages: Iterable[Message]) -> Named:
    """Return campaign and wave in the languages of *messages*: an issue may lack some, which are no fault then."""
    spoken = {language for message in messages for language in message.languages}
    bodies = {language: body for language, body in definition.bodies.items() if language in spoken}
    languages = tuple(language for language in campaign.languages if language in spoken)
    return replace(campaign, languages=languages), replace(definition, bodies=bodies)


def _counted(reason: str, number: int) -> dict[str, int]:
    return {reason: number} if number else {}


def _nobody(campaign: Campaign, definition: WaveDefinition, out: Mapping[str, int]) -> Finding:
    what = f"nobody is in it for the topic {campaign.topic!r}"
    if out.get(NOTHING_NEW):
        what = "nobody in it has anything new to read in a language of theirs"
    return Finding(Level.STOP, ", ".join(definition.audiences), what)

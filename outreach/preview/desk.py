"""What the page works with: mails compiled once for as long as nothing changes."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose import parity
from outreach.compose.untracked import with_true_links
from outreach.errors import NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import Message
from outreach.model.people import masked
from outreach.model.preflight import Finding
from outreach.services import Services
from outreach.steps import checking, pieces, readers
from outreach.steps.readers import Reader

MOST_KEPT = 8
"""Compiled mails and notices that are held at a time."""


@dataclass(frozen=True)
class Set:
    """A wave or newsletter, compiled and looked over."""

    campaign: Campaign
    wave: WaveDefinition
    messages: Mapping[str, Message]
    findings: tuple[Finding, ...]

    @property
    def stale(self) -> tuple[str, ...]:
        """Languages whose text is older than the one that it was translated from."""
        told = {finding.where for finding in parity.stale(self.campaign, self.wave)}
        return tuple(code for code, body in self.wave.bodies.items() if body.source in told)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a form came to, in lines."""

    lines: tuple[str, ...]
    good: bool = True


@dataclass
class Desk:
    """One for each page that runs. *token* shows that a form came from it."""

    services: Services
    token: str = field(default_factory=secrets.token_urlsafe)
    real: dict[str, str] = field(default_factory=dict)
    """People of the files that were asked for, by number, with their masked addresses."""
    notices: dict[str, Notice] = field(default_factory=dict)
    _sets: dict[tuple[str, str, str], Set] = field(default_factory=dict)
    _compiling: Lock = field(default_factory=Lock)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Names of the campaign folders."""
        return list_campaigns(self.services.settings.templates)

    def campaign(self, slug: str) -> Campaign:
        """Return a campaign as its folder says now."""
        return load_campaign(self.services.settings.templates, slug)

    def set(self, campaign: Campaign, wave: WaveDefinition) -> Set:
        """Return a wave or newsletter, compiled anew where anything changed; `DefinitionError` where it cannot be."""
        with self._compiling:
            key = (campaign.slug, wave.stem, self.version(campaign, wave))
            if key not in self._sets:
                self._sets[key] = self._compiled(campaign, wave)
                _forget_oldest(self._sets)
            return self._sets[key]

    def _compiled(self, campaign: Campaign, wave: WaveDefinition) -> Set:
        contents = pieces.newest(self.services, campaign, wave)
        found = pieces.compiled(self.services, campaign, wave, contents)
        url = self.services.settings.public_url
        messages = {message.variant: with_true_links(message, url) for message in found}
        return Set(campaign, wave, messages, checking.check_messages(self.services, campaign, wave, found))

    def version(self, campaign: Campaign | None = None, wave: WaveDefinition | None = None) -> str:
        """Return what changes whenever a file does, or what the topic has."""
        seen = hashlib.sha256()
        for path in sorted(_files(self.services.settings.templates, self.services.settings.audiences)):
            with suppress(FileNotFoundError):  # gone meanwhile, or an editor's lock, which leads nowhere
                held = path.stat()
                seen.update(f"{path}|{held.st_mtime_ns}|{held.st_size}\n".encode())
        if campaign and wave:
            found = pieces.found(self.services, campaign, wave)
            seen.update(repr(found).encode())
        return seen.hexdigest()[:24]

    def readers(self, campaign: Campaign) -> dict[str, Reader | str]:
        """Return whom a mail can be looked at as: the invented, and the real by their masked address."""
        return {**readers.invented(campaign), **self.real}

    def reader(self, campaign: Campaign, name: str) -> Reader:
        """Return one of them; without a name the usual one."""
        if name in self.real:
            return readers.real(self.services, int(name))
        known = readers.invented(campaign)
        if name and name not in known:
            raise NotFound("reader", name, known)
        return known.get(name) or readers.usual(campaign)

    def look_up(self, address: str) -> str:
        """Return the name of a real reader by their address."""
        found = readers.id_of(self.services, address)
        self.real[str(found)] = masked(readers.real(self.services, found).email)
        return str(found)

    def keep(self, notice: Notice) -> str:
        """Keep what a form came to until the next page shows it; return its name."""
        name = secrets.token_hex(8)
        self.notices[name] = notice
        _forget_oldest(self.notices)
        return name


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in names)


def _forget_oldest(kept: dict) -> None:  # type: ignore[type-arg]
    while len(kept) > MOST_KEPT:
        kept.pop(next(iter(kept)))

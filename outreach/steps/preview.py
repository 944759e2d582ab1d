"""Shows what a wave or newsletter would look like, in files."""

from pathlib import Path

from outreach.campaigns.read import load_campaign
from outreach.model.mail import Mail
from outreach.services import Services
from outreach.steps import readers
from outreach.steps.pieces import Contents, compiled, invented, piece


def preview(services: Services, slug: str, name: str, folder: Path, contents: Contents | None = None) -> list[Path]:
    """Write every variant as .html and .txt into *folder*, as an invented reader would get it; both of two versions.

    Without *contents*, news and events are invented, too.
    """
    campaign = load_campaign(services.settings.templates, slug)
    contents = contents or invented(campaign, services.clock())
    reader = readers.usual(campaign)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        path
        for wave in piece(campaign, name).versions
        for message in compiled(services, campaign, wave, contents)
        for path in _write(message.fill(readers.recipient(message, reader)), folder / f"{wave.stem}.{message.variant}")
    ]


def _write(mail: Mail, stem: Path) -> list[Path]:
    paths = [stem.with_name(f"{stem.name}.html"), stem.with_name(f"{stem.name}.txt")]
    for path, held in zip(paths, (mail.html, mail.text), strict=True):
        path.write_text(held, encoding="utf-8")
    return paths

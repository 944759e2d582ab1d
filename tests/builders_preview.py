"""A small campaign in a folder of its own, for looking at."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from outreach import templating
from outreach.services import Services
from tests.builders_compose import BODY_MD, CAMPAIGN_TOML, TEMPLATES, campaign_folder

NEWSLETTER = """
[newsletters.news]
title = { nl = "Nieuwsbrief", de = "Newsletter" }
audiences = ["members"]
"""


def with_campaign(services: Services, root: Path, toml: str = CAMPAIGN_TOML + NEWSLETTER) -> tuple[Services, Path]:
    """Return the services over templates of their own, in which "x" is the only campaign, and its folder."""
    news = BODY_MD.replace("Hallo", "Nieuws")
    folder = campaign_folder(root, toml, news_nl=news, news_de=news)
    templates = root / "templates"
    ignored = shutil.ignore_patterns("campaigns", "pages")
    shutil.copytree(TEMPLATES, templates, ignore=ignored, dirs_exist_ok=True)
    settings = services.settings.model_copy(update={"templates": templates})
    return replace(services, settings=settings, templates=templating.environment(templates)), folder


def changed(path: Path, changes: Mapping[str, str]) -> None:
    """Replace words in a file."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")

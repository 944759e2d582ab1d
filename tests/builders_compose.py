"""Builders for campaigns, their folders, content and messages."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outreach import templating
from outreach.compose.brand import read_brand
from outreach.compose.compile import Digest, compile_message
from outreach.model.campaign import Body, Call, Campaign, Edition, Field, FieldKind, Layout, Sender, WaveDefinition
from outreach.model.content import Content, ContentKind
from outreach.model.mail import Message, Recipient
from outreach.settings import ROOT

TEMPLATES = ROOT / "templates"
ENVIRONMENT = templating.environment(TEMPLATES)
BRAND = read_brand(TEMPLATES / "brand.toml")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PUBLIC = "https://mail.example.org"


def both(nl: str, de: str) -> dict[str, str]:
    return {"nl": nl, "de": de}


def body(language: str = "nl", markdown: str = "{{ salutation }}\n\nWelkom.", **values: str) -> Body:
    return Body(
        subject=values.get("subject", "Welkom"),
        preheader=values.get("preheader", "Kom kijken"),
        markdown=markdown,
        source=f"templates/campaigns/test/start.{language}.md",
    )


def call(slug: str = "join", **changes: Any) -> Call:
    made = Call(
        slug=slug,
        title=both("Doe mee", "Machen Sie mit"),
        intro=both("Meld u aan.", "Melden Sie sich an."),
        button=both("Ik doe mee", "Ich mache mit"),
        thanks=both("Bedankt!", "Danke!"),
        fields=(Field("email", FieldKind.EMAIL, both("E-mail", "E-Mail")),),
    )
    return replace(made, **changes)


def wave(nl: Body | str | None = None, de: Body | str | None = None, **changes: Any) -> WaveDefinition:
    bodies = {
        language: given if isinstance(given, Body) else body(language, **({"markdown": given} if given else {}))
        for language, given in (("nl", nl), ("de", de))
    }
    made = WaveDefinition(
        name="start",
        title=both("Start", "Start"),
        audiences=("members",),
        layout=Layout.NEWSLETTER,
        bodies=bodies,
        edition=Edition.PREFERENCE,
        news=3,
        events=3,
    )
    return replace(made, **changes)


def campaign(*waves: WaveDefinition, **changes: Any) -> Campaign:
    made = Campaign(
        slug="test",
        title=both("Proef", "Probe"),
        summary=both("Een proef.", "Eine Probe."),
        topic="social-work",
        languages=("nl", "de"),
        sender=Sender("Lindeplein", "nieuws@example.org", "redactie@example.org", both("Colofon NL", "Impressum DE")),
        calls={"join": call()},
        waves={one.name: one for one in waves or (wave(),)},
    )
    return replace(made, **changes)


def news(title: str = "Nieuws uit de wijk", **changes: Any) -> Content:
    made = Content(
        id=1,
        kind=ContentKind.NEWS,
        topic="social-work",
        language="nl",
        title=title,
        link="https://www.example.org/nieuws/1",
        body="Een kort bericht.",
        published=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
    )
    return replace(made, **changes)


def event(title: str = "Werkplaats", **changes: Any) -> Content:
    starts = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
    ends = datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    made = news(title, kind=ContentKind.EVENT, link="https://www.example.org/agenda/1", starts=starts, ends=ends)
    return replace(made, **{"place": "Utrecht", **changes})


def compiled(
    definition: WaveDefinition | None = None,
    variant: str = "nl",
    content: dict[str, Digest] | None = None,
    of: Campaign | None = None,
    now: datetime = NOW,
) -> Message:
    definition = definition or wave()
    return compile_message(
        ENVIRONMENT, BRAND, of or campaign(definition), definition, variant, content or {}, PUBLIC, now
    )


def reader(message: Message, **values: str) -> Recipient:
    """A recipient with a plain value for every slot that *values* do not name."""
    return Recipient("r1", "noor@example.org", {**{name: f"value-of-{name}" for name in message.slots}, **values})


CAMPAIGN_TOML = """
topic = "social-work"
languages = ["nl", "de"]
title = { nl = "Proef", de = "Probe" }
summary = { nl = "Een proef.", de = "Eine Probe." }

[sender]
name = "Lindeplein"
email = "nieuws@example.org"
imprint = { nl = "Colofon", de = "Impressum" }

[calls.join]
title = { nl = "Doe mee", de = "Mitmachen" }
intro = { nl = "Kom erbij.", de = "Kommen Sie dazu." }
button = { nl = "Ja", de = "Ja" }
thanks = { nl = "Dank", de = "Danke" }
closes = 2026-12-10

[[calls.join.fields]]
name = "email"
kind = "email"
label = { nl = "E-mail", de = "E-Mail" }

[waves.start]
title = { nl = "Start", de = "Start" }
audiences = ["members"]
layout = "newsletter"
call = "join"
"""

BODY_MD = '+++\nsubject = "Hallo"\npreheader = "Kom kijken"\n+++\n\nEen tekst.\n'


def campaign_folder(root: Path, toml: str = CAMPAIGN_TOML, **files: str | None) -> Path:
    """Write a campaign named "x" under *root*; *files* replace or, being None, leave out `start_nl` or `start_de`."""
    folder = root / "templates" / "campaigns" / "x"
    folder.mkdir(parents=True)
    (folder / "campaign.toml").write_text(toml, encoding="utf-8")
    for name, text in {"start_nl": BODY_MD, "start_de": BODY_MD, **files}.items():
        if text is not None:
            (folder / f"{name.replace('_', '.')}.md").write_text(text, encoding="utf-8")
    return folder

"""What the page shows: one column for each variant, as it would reach a reader, or what is wrong instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from babel import Locale

from outreach.compose.variants import languages_of
from outreach.errors import OutreachError
from outreach.model.campaign import Campaign
from outreach.model.mail import Mail
from outreach.model.preflight import Finding, Level
from outreach.preview.chosen import Chosen
from outreach.preview.desk import Desk, Set
from outreach.preview.mail import snippet
from outreach.steps import pieces
from outreach.steps.readers import Reader, recipient, variant_of

WIDTHS: Mapping[str, int] = {"phone": 390, "desktop": 700}


@dataclass(frozen=True, slots=True)
class Frame:
    """One mail on one screen."""

    words: str
    address: str
    screen: str
    dark: bool
    width: int


@dataclass(frozen=True, slots=True)
class Column:
    """A variant: how it stands in an inbox, and its frames. *own* tells whether the reader would get this one."""

    variant: str
    words: str
    own: bool
    mail: Mail
    snippet: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Board:
    """Everything on the page that follows the files. *problems* stand there instead of the mails."""

    chosen: Chosen
    campaign: Campaign | None = None
    reader: Reader | None = None
    columns: tuple[Column, ...] = ()
    variants: Mapping[str, str] | None = None
    findings: tuple[Finding, ...] = ()
    stale: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def stops(self) -> int:
        """How many findings would keep the mail from going."""
        return sum(finding.level is Level.STOP for finding in self.findings)


def board(desk: Desk, chosen: Chosen) -> Board:
    """Return what is to be seen; whatever is wrong with the files is told in it."""
    campaign = None
    try:
        campaign = desk.campaign(chosen.campaign)
        shown = desk.set(campaign, pieces.piece(campaign, chosen.wave))
        reader = desk.reader(campaign, chosen.reader)
    except OutreachError as error:
        return Board(chosen, campaign, problems=tuple(str(error).splitlines()))
    variants, only = {variant: in_words(variant) for variant in shown.messages}, chosen.variant
    return Board(
        chosen,
        campaign,
        reader,
        tuple(_column(shown, chosen, reader, variant) for variant in ([only] if only in variants else variants)),
        variants,
        shown.findings,
        shown.stale,
    )


def in_words(variant: str) -> str:
    """Return a variant's languages by their English names."""
    return " + ".join(Locale.parse(code).get_display_name("en") or code for code in languages_of(variant))


def _column(shown: Set, chosen: Chosen, reader: Reader, variant: str) -> Column:
    message = shown.messages[variant]
    mail = message.fill(recipient(message, reader))
    return Column(
        variant=variant,
        words=in_words(variant),
        own=variant_of(shown.campaign, shown.wave, reader) == variant,
        mail=mail,
        snippet=snippet(mail.html),
        frames=tuple(_frames(chosen, variant)),
    )


def _frames(chosen: Chosen, variant: str) -> Iterator[Frame]:
    for screen, width in WIDTHS.items():
        for colours in ("light", "dark"):
            if chosen.screen in (screen, "both") and chosen.colours in (colours, "both"):
                path = "/".join(quote(part, safe="") for part in (chosen.campaign, chosen.wave, variant))
                address = f"/frame/{path}?reader={quote(chosen.reader)}&colours={colours}&plain={quote(chosen.plain)}"
                words = f"{in_words(variant)}, {screen}, {colours}"
                yield Frame(words, address, screen, colours == "dark", width)

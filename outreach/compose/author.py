"""What authors may write between curly braces, and the reading of what they wrote."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from urllib.parse import unquote

from babel.numbers import format_decimal
from babel.support import Translations
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from outreach.compose.assets import Assets, Picture
from outreach.compose.blocks import EVENT
from outreach.compose.links import Addresses
from outreach.compose.markdown import Prose, escaped, read
from outreach.errors import DefinitionError, NotFound
from outreach.model import dates
from outreach.model.campaign import Body, Call, Campaign, Event
from outreach.model.mail import one_line

LONGEST = 200_000
"""Characters of a text: far more than mail programs show, and soon read."""

_ILLEGIBLE = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold: control characters, halves of pairs."""

_ALLOWED = frozenset([
    nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Call, nodes.Keyword, nodes.Getattr, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Concat,
])  # fmt: skip
"""What texts may do between curly braces. None of it makes more than was written, but for what our own names give."""


@dataclass(frozen=True)
class Written:
    """An author's body, with Jinja done and Markdown read. *placed* are the calls that have their button in it."""

    subject: str
    preheader: str
    prose: Prose
    placed: frozenset[str]


@dataclass(frozen=True)
class Author:
    """One language of a campaign, as its author may use it."""

    campaign: Campaign
    language: str
    zone: str
    addresses: Addresses
    words: Translations
    now: datetime
    issue: int | None = None  # of a newsletter

    @property
    def assets(self) -> Assets:
        """The files of the campaign's folder."""
        return Assets(self.campaign.assets, self.addresses.assets(self.campaign.slug))

    def vocabulary(self, placed: set[str]) -> dict[str, object]:
        """Return every name an author may use; *placed* gathers the calls that got a button."""

        def button(slug: str) -> str:
            """Give a button of its own line that leads to the call's form, with the call's words."""
            call = self.call(slug)
            placed.add(slug)
            if call.closes and call.closes <= self.now:
                return escaped(self.closed(call))
            return f'[{escaped(call.button[self.language])}]({self.url(slug)} "button")'

        return {
            "button": button,
            "url": self.url,
            "page": self.addresses.campaign(self.campaign.slug, self.language),
            "progress": self.progress,
            "event": self.event_block,
            "asset": self.assets.url,
            "day": self.day,
            "number": self.number,
            "closes": self.closes,
            "campaign": escaped(self.campaign.title[self.language]),
            "salutation": f"@@salutation_{self.language}@@",
            "first_name": "@@first_name@@",
            "organisation": "@@organisation@@",
            **({"issue": self.issue} if self.issue else {}),
        }

    def call(self, slug: str) -> Call:
        """Return a call of this campaign; `NotFound` lists them."""
        try:
            return self.campaign.calls[slug]
        except KeyError:
            raise NotFound("call", slug, self.campaign.calls) from None

    def event(self, slug: str) -> Event:
        """Return an event of this campaign; `NotFound` lists them."""
        try:
            return self.campaign.events[slug]
        except KeyError:
            raise NotFound("event", slug, self.campaign.events or ("none",)) from None

    def event_block(self, slug: str) -> str:
        """Return a line of its own that is drawn as one of the campaign's events."""
        return f'[{escaped(self.event(slug).title[self.language])}]({EVENT}{slug} "event")'

    def url(self, slug: str) -> str:
        """Return the address of a call's form."""
        return self.addresses.call(self.call(slug).slug, self.language)

    def progress(self, done: int, goal: int) -> str:
        """Return a row of dots, *done* of *goal* filled, that leads to the campaign's page."""
        words = self.words.gettext("%(done)d of %(goal)d") % {"done": done, "goal": goal}
        return f'[{words}]({self.addresses.campaign(self.campaign.slug, self.language)} "progress")'

    def day(self, written: str) -> str:
        """Return a date such as `2026-12-10` in the language's words."""
        return dates.day(date.fromisoformat(written), self.language)

    def number(self, value: float) -> str:
        """Return a number as the language writes it: 12500 is `12.500` in Dutch and German."""
        return escaped(format_decimal(value, locale=self.language))

    def closes(self, slug: str) -> str:
        """Return when a call closes."""
        call = self.call(slug)
        if call.closes is None:
            raise DefinitionError(f"call {slug!r} never closes; give it closes = 2026-12-10 in campaign.toml")
        return dates.deadline(call.closes, self.language, self.zone)

    def closed(self, call: Call) -> str:
        """Return the words that stand where a button stood before the call closed."""
        when = dates.deadline(call.closes, self.language, self.zone) if call.closes else ""
        return self.words.gettext("Closed since %(day)s.") % {"day": when}


def write(templates: SandboxedEnvironment, body: Body, author: Author) -> Written:
    """Return *body* with its expressions evaluated; errors name file and line."""
    placed: set[str] = set()
    names = author.vocabulary(placed)
    # What comes out is Markdown yet; HTML is escaped after it. Without a loader no file can be read.
    source = templates.overlay(autoescape=False, loader=None)
    return Written(
        subject=one_line(_evaluated(source, body.subject, names, f"{body.source}: subject")),
        preheader=one_line(_evaluated(source, body.preheader, names, f"{body.source}: preheader")),
        prose=read(_evaluated(source, body.markdown, names, body.source), _FilesOf(body, author.assets)),
        placed=frozenset(placed),
    )


@dataclass(frozen=True)
class _FilesOf:
    """The files that a body names; errors say in which of its lines."""

    body: Body
    assets: Assets

    def url(self, name: str) -> str:
        with self._located(name):
            return self.assets.url(name)

    def picture(self, source: str) -> Picture:
        with self._located(source):
            return self.assets.picture(source)

    def portrait(self, source: str) -> Picture:
        with self._located(source):
            return self.assets.portrait(source)

    @contextmanager
    def _located(self, name: str) -> Iterator[None]:
        try:
            yield
        except DefinitionError as error:
            lines = enumerate(self.body.markdown.splitlines(), start=1)
            line = next((f"line {number}: " for number, held in lines if unquote(name) in held), "")
            raise DefinitionError(f"{self.body.source}: {line}{error}") from error


def legible(text: str) -> str:
    """Return *text* without the characters that neither a mail nor a database can hold."""
    return _ILLEGIBLE.sub("", text)


def _evaluated(templates: SandboxedEnvironment, source: str, names: Mapping[str, object], where: str) -> str:
    _refuse_illegible(source, where)
    with _located_in(where):
        tree = templates.parse(source)
    _refuse_programs(tree, names, where)
    with _located_in(where):
        text = templates.from_string(tree).render(names)
    _refuse_illegible(text, where)
    return text


@contextmanager
def _located_in(where: str) -> Iterator[None]:
    try:
        yield
    except TemplateSyntaxError as error:
        raise DefinitionError(f"{where}: line {error.lineno}: {error.message}") from error
    except Exception as error:
        # An expression can raise anything Python can; whatever it is, the author's line is what helps.
        line = _line(error.__traceback__)
        raise DefinitionError(f"{where}: line {line}: {error}" if line else f"{where}: {error}") from error


def _refuse_illegible(text: str, where: str) -> None:
    if len(text) > LONGEST:
        raise DefinitionError(f"{where}: found {len(text)} characters; a mail has room for {LONGEST}")
    if found := _ILLEGIBLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise DefinitionError(
            f"{where}: line {line}: found the character U+{ord(found[0]):04X}, which no mail can hold; take it out"
        )


def _refuse_programs(tree: nodes.Template, names: Mapping[str, object], where: str) -> None:
    """Refuse whatever could run long, grow without end or read files: an author names things, and calls ours."""
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name) and node.name not in names:
            known = f"{node.name!r} is undefined; known names: {', '.join(names)}"
            raise DefinitionError(f"{where}: line {node.lineno}: {known}")
        ours = not isinstance(node, nodes.Call) or isinstance(node.node, nodes.Name)
        if type(node) not in _ALLOWED or not ours:
            found = type(node).__name__.lower()
            raise DefinitionError(
                f"{where}: line {node.lineno}: found {found!r} between curly braces, which texts cannot have; write "
                f"one of these names, such as {{{{ page }}}} or {{{{ day('2026-12-10') }}}}: {', '.join(names)}"
            )


def _line(trace: TracebackType | None) -> int:
    line = 0
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

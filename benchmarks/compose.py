"""Composition on one core: compiling a newsletter in two languages, and filling it for everybody.

`compile` is a variant of a newsletter whose page has 50 kB a language before its styles are inlined, from the author's
text to the message with its slots open; its floor is the same page through Jinja, read and written again by lxml.
`fill` is a finished mail from a message and a recipient with the values of all slots: subject, HTML, text and headers,
values escaped for HTML; its floor is a bare `"".join` over the same pieces. Both are the middle one of several rounds.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from statistics import median
from typing import TypeVar

from benchmarks.report import say, stopwatch
from outreach.compose.compile import Press, compile_message
from outreach.compose.inline import parsed, written
from outreach.compose.links import Addresses
from outreach.compose.section import Digest
from outreach.compose.variants import variants
from outreach.delivery import slots
from outreach.model.campaign import Campaign
from outreach.model.delivery import Frozen
from outreach.model.mail import SLOT, MergePlan, Message, Recipient
from outreach.model.tokens import Tokens
from tests.builders_compose import BRAND, ENVIRONMENT, NOW, PUBLIC, body, campaign, event, news, wave

T = TypeVar("T")

ROUNDS = 5
PAGE = 50_000
PARAGRAPH = (
    "Een buurvrouw die **weer de deur uit** durft, een jongen die zijn diploma haalt omdat er op het juiste moment "
    "iemand naast hem zat: [lees het verhaal](https://www.example.org/verhalen/{number}). Het begon met een vraag.\n\n"
)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=compose", description=__doc__)
    parser.add_argument("--n", type=int, default=5_000, help="mails to fill a round")
    asked = parser.parse_args(arguments)
    made = newsletter()
    messages = [_compile(made, variant) for variant in variants(made, made.waves["start"])]
    _fill(max(messages, key=lambda message: len(message.html)), asked.n)


def newsletter() -> Campaign:
    """A newsletter whose page, both languages in it, is at least `PAGE` long."""
    for paragraphs in range(10, 500, 10):
        text = "# Nieuws uit de wijk\n\n{{ salutation }}\n\n" + "".join(
            PARAGRAPH.format(number=number) for number in range(paragraphs)
        )
        made = campaign(wave(body("nl", text), body("de", text), news=8, events=4))
        if len(_page(made, "nl+de").encode()) >= PAGE:
            return made
    raise AssertionError("so many paragraphs are no 50 kB")


def _content(turn: int = 0) -> dict[str, Digest]:
    """News and events; of another *turn* they make another page, which nobody has inlined yet."""
    stories = tuple(news(f"Bericht {turn}.{number}", body="Wat er gebeurde. " * 10) for number in range(8))
    occasions = tuple(event(f"Werkplaats {number}") for number in range(4))
    return dict.fromkeys(("nl", "de"), Digest(stories, occasions))


def _page(made: Campaign, variant: str) -> str:
    press = Press(ENVIRONMENT, BRAND, made, made.waves["start"], variant, Addresses(PUBLIC), NOW)
    return press.html(press.sections(_content()))


def _compile(made: Campaign, variant: str) -> Message:
    definition = made.waves["start"]
    turns = count()
    compiling, message = _middle(
        lambda: compile_message(ENVIRONMENT, BRAND, made, definition, variant, _content(next(turns)), PUBLIC, NOW)
    )
    bare, _ = _middle(lambda: written(parsed(_page(made, variant))))
    page, size = len(_page(made, variant).encode()), len(message.html.encode())
    say("compile", compiling, "s", floor=bare, n=1, database="none", variant=variant, page=page, html=size)
    return message


def _fill(message: Message, n: int) -> None:
    tokens = Tokens("a-key-for-benchmarks-that-is-long-enough")
    people = [
        slots.recipient(message, Frozen(number, 1, f"noor{number}@example.org", "Noor & Bo", "", tracked=True), tokens)
        for number in range(n)
    ]
    fresh = [[replace(person) for person in people] for _ in range(ROUNDS)]  # a recipient escapes its values once
    pieces = [_pieces(message, person) for person in people]
    filling, _ = _middle(lambda: _consumed(MergePlan(message, tuple(fresh.pop())).mails()))
    joining, _ = _middle(lambda: _consumed("".join(part) for parts in pieces for part in parts))
    size = len(message.html.encode()) + len(message.text.encode())
    say(
        "fill",
        n / filling,
        "mails/s",
        floor=n / joining,
        n=n,
        database="none",
        bytes=size,
        times=round(filling / joining, 3),
    )


def _consumed(values: Iterable[object]) -> None:
    for _ in values:
        pass


def _pieces(message: Message, recipient: Recipient) -> list[list[str]]:
    """Subject, HTML, text and headers, each in the pieces it is joined from."""
    elsewhere = (message.subject, message.text, *message.headers.values())
    return [_split(message.html, recipient.escaped), *(_split(place, recipient.values) for place in elsewhere)]


def _split(template: str, values: Mapping[str, str]) -> list[str]:
    parts = SLOT.split(template)
    filled = (values[name] for name in parts[1::2])
    return [parts[0], *chain.from_iterable(zip(filled, parts[2::2], strict=True))]


def _middle(work: Callable[[], T]) -> tuple[float, T]:
    """Return the middle one of several times, and what the work gave."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        with stopwatch() as watch:
            result = work()
        taken.append(watch.seconds)
    return median(taken), result


if __name__ == "__main__":
    main(sys.argv[1:])

"""Who made a hit."""

from dataclasses import replace

import pytest

from outreach.engagement.label import STEPS, label
from outreach.engagement.visit import AGENT_LIMIT, Visit, network_of
from outreach.model.engagement import Act, Hit, Label, Labelled, Reason
from tests.builders_engagement import FIREFOX, GMAIL
from tests.conftest import NOON

OPEN = Hit(Act.OPEN, NOON, FIREFOX)
CLICK = Hit(Act.CLICK, NOON, FIREFOX, link=0)
OUTLOOK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
CUBOT = "Mozilla/5.0 (Linux; Android 11; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (OPEN, (Label.HUMAN, Reason.READER)),
        (CLICK, (Label.HUMAN, Reason.READER)),
        (replace(CLICK, agent=OUTLOOK), (Label.HUMAN, Reason.READER)),
        (replace(CLICK, agent=CUBOT), (Label.HUMAN, Reason.READER)),
        (replace(CLICK, method="HEAD"), (Label.MACHINE, Reason.HEAD_REQUEST)),
        (replace(OPEN, method="HEAD"), (Label.MACHINE, Reason.HEAD_REQUEST)),
        (replace(CLICK, agent="Mozilla/5.0 (compatible; bingbot/2.0)"), (Label.MACHINE, Reason.KNOWN_BOT)),
        (replace(CLICK, agent="curl/8.5.0"), (Label.MACHINE, Reason.KNOWN_BOT)),
        (replace(CLICK, agent="python-requests/2.32"), (Label.MACHINE, Reason.KNOWN_BOT)),
        (replace(CLICK, agent="Slackbot-LinkExpanding 1.0"), (Label.MACHINE, Reason.KNOWN_BOT)),
        (replace(CLICK, agent="facebookexternalhit/1.1"), (Label.MACHINE, Reason.KNOWN_BOT)),
        (replace(CLICK, link=None, honeypot=True), (Label.MACHINE, Reason.HONEYPOT)),
        (replace(CLICK, recent_links=frozenset({1})), (Label.HUMAN, Reason.READER)),
        (replace(CLICK, recent_links=frozenset({0, 1})), (Label.HUMAN, Reason.READER)),
        (replace(CLICK, recent_links=frozenset({1, 2})), (Label.MACHINE, Reason.BURST_OF_LINKS)),
        (replace(OPEN, agent=GMAIL), (Label.PROXY, Reason.IMAGE_PROXY)),
        (replace(OPEN, agent="YahooMailProxy; https://help.yahoo.com/kb/"), (Label.PROXY, Reason.IMAGE_PROXY)),
        (replace(OPEN, agent="Mozilla/5.0"), (Label.PROXY, Reason.PRIVACY_PROXY)),
        (replace(OPEN, agent=""), (Label.UNKNOWN, Reason.NO_AGENT)),
        (replace(OPEN, agent="   "), (Label.UNKNOWN, Reason.NO_AGENT)),
    ],
)
def test_a_hit_gets_its_label_and_the_reason(hit: Hit, expected: tuple[Label, Reason]) -> None:
    assert label(hit) == Labelled(*expected)


def test_every_reason_but_the_reader_has_a_step_of_its_name() -> None:
    assert {step.__name__ for step in STEPS} == {reason.value for reason in Reason} - {"reader"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:12:3400::1", "2001:db8:12::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", None),
        ("testclient", None),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str | None) -> None:
    assert network_of(address) == network


def test_what_a_program_says_of_itself_is_bounded_and_printable() -> None:
    assert Visit(agent="a\x00b\n" + "c" * 1000).agent == ("ab" + "c" * 1000)[:AGENT_LIMIT]

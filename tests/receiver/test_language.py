"""Which language a page is in that a mail leads to."""

import pytest
from sqlalchemy import update

from outreach.receiver.language import choose
from outreach.services import Services
from outreach.store.tables import ContactRow, DeliveryRow
from tests.builders_engagement import registered, sent
from tests.receiver.client import Client

DUTCH = {"Accept-Language": "nl"}


@pytest.mark.parametrize(
    ("asked", "spoken", "accepted", "chosen"),
    [
        ("en", ("de",), "nl", "en"),
        ("fr", ("de",), "nl", "de"),
        (None, ("fr", "de"), "nl", "de"),
        (None, (), "fr, de;q=0.5, en;q=0.2", "de"),
        (None, (), "fr", "nl"),
    ],
)
def test_what_is_asked_for_comes_before_the_mail_and_the_mail_before_the_browser(
    asked: str | None, spoken: tuple[str, ...], accepted: str, chosen: str
):
    assert choose(asked, spoken, accepted) == chosen


SPOKEN = {
    ("de", "de"): "de",
    ("de", "nl"): "de",
    ("de+nl", "nl"): "nl",
    ("de+nl", "en"): "en",
    ("de+nl", "fr"): "de",
    ("de+nl", None): "de",
}
"""The language of a page, by the variant of the mail and its reader's own language."""


def test_pages_speak_as_the_mail_did_that_led_to_them(services: Services, client: Client):
    paths = led_to(services)

    for (variant, own), language in SPOKEN.items():
        written(services, variant, own)
        spoken = {path: client.get(path, DUTCH).headers["content-language"] for path in paths}
        assert spoken == dict.fromkeys(paths, language)


def test_a_language_chosen_on_the_page_stays_when_its_form_is_sent(services: Services, client: Client):
    unsubscribe, *_ = led_to(services)
    written(services, "de", "de")

    asked = client.get(f"{unsubscribe}?lang=en", DUTCH)
    answered = client.post(unsubscribe, DUTCH)

    assert f'action="{unsubscribe}?lang=en"' in asked.text
    assert answered.headers["content-language"] == "de"


def test_whoever_is_forgotten_still_reads_the_language_of_the_mail(services: Services, client: Client):
    _, _, why, *_ = led_to(services)
    written(services, "de+nl", "nl")
    with services.sessions.begin() as session:
        session.query(ContactRow).delete()

    assert client.get(why, DUTCH).headers["content-language"] == "de"


def test_a_link_that_leads_nowhere_is_told_in_the_language_of_the_browser(client: Client):
    paths = ("/u/1_forged", "/preferences/1_forged/why", f"/m/{'x' * 200}", "/c/1_forged/h", "/nothing", "/")

    spoken = {path: client.get(path, {"Accept-Language": "de"}).headers["content-language"] for path in paths}

    assert spoken == dict.fromkeys(paths, "de")


def written(services: Services, variant: str, own: str | None) -> None:
    """Let every mail have been written in *variant*, to readers whose own language is *own*."""
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).values(variant=variant))
        session.execute(update(ContactRow).values(language=own))


def led_to(services: Services) -> list[str]:
    """The addresses that a mail leads to."""
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    delivery, tokens = mail.deliveries[0], services.tokens
    preferences = f"/preferences/{tokens.preferences(delivery)}"
    return [
        f"/u/{tokens.unsubscribe(delivery)}",
        preferences,
        f"{preferences}/why",
        f"/confirm/{tokens.confirm(delivery)}",
        f"/calls/golden-municipality?r={tokens.rid(delivery)}",
        f"/c/{tokens.rid(delivery)}/h",
    ]

"""Pixel and links over HTTP."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from sqlalchemy import select

from outreach.engagement import queries
from outreach.model.report import Cell, Figure
from outreach.receiver import create
from outreach.receiver.headers import MAIL_POLICY, PAGE_POLICY
from outreach.services import Services
from outreach.store.tables import EngagementRow, LinkRow
from tests.builders_engagement import CELL, LINKS, SITE, everything, figures, sent
from tests.receiver.client import Client


def networks(services: Services) -> list[str | None]:
    with services.sessions.begin() as session:
        return list(session.scalars(select(EngagementRow.network).order_by(EngagementRow.id)))


def test_the_pixel_is_a_small_gif_that_nobody_keeps(services: Services, client: Client) -> None:
    mail = sent(services.sessions)

    answer = client.get(f"/o/{services.tokens.rid(mail.deliveries[0])}.gif")

    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (200, "image/gif", 43)
    assert answer.headers["cache-control"] == "no-store"
    assert figures(services.sessions, mail.wave) == {
        (CELL, Figure.OPENS): 1,
        (CELL, Figure.OPENED): 1,
        (CELL, Figure.OPENED_HUMAN): 1,
    }
    assert networks(services) == ["192.0.2.0/24"]


def test_the_pixel_of_a_wave_names_nobody(services: Services, client: Client) -> None:
    mail = sent(services.sessions)

    assert client.get(f"/p/{mail.wave}.gif").status_code == 200
    assert figures(services.sessions, mail.wave) == {(Cell("", ""), Figure.OPENS): 1}
    assert networks(services) == [None]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_leads_on_without_a_trace(services: Services, client: Client, method: str) -> None:
    mail = sent(services.sessions)

    answer = client.request(method, f"/c/{services.tokens.rid(mail.deliveries[0])}/0")

    assert (answer.status_code, answer.headers["location"]) == (302, LINKS[0])
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    human = {(CELL, Figure.CLICKED_HUMAN): 1} if method == "GET" else {}
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.CLICKS): 1, (CELL, Figure.CLICKED): 1} | human


def test_a_link_to_a_form_takes_the_mail_along(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    assert client.get(f"/c/{rid}/1").headers["location"] == f"{LINKS[1]}&r={rid}"


def test_a_form_without_a_query_gets_one(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    with services.sessions.begin() as session:
        link = session.scalars(select(LinkRow).where(LinkRow.position == 1)).one()
        link.url = f"{SITE}/calls/golden-municipality"
    rid = services.tokens.rid(mail.deliveries[0])

    assert client.get(f"/c/{rid}/1").headers["location"] == f"{SITE}/calls/golden-municipality?r={rid}"


def test_the_honeypot_leads_nowhere_and_is_kept(services: Services, client: Client) -> None:
    mail = sent(services.sessions)

    assert client.get(f"/c/{services.tokens.rid(mail.deliveries[0])}/h").status_code == 404
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.CLICKS): 1, (CELL, Figure.CLICKED): 1}


NOWHERE = (
    "/o/forged.gif",
    "/o/1_AAAA.gif",
    "/p/999.gif",
    "/p/99999999999999999999.gif",
    "/p/-1.gif",
    "/p/².gif",
    "/c/forged/0",
    "/c/{rid}/99",
    "/c/{rid}/99999999999999999999",
    "/c/{rid}/-1",
    "/c/{rid}/https://example.com/",
    "/c/{stranger}/0",
    "/u/{rid}",
    "/u/{gone}",
    "/u/%00%ff",
    "/m/forged",
    "/calls/nothing",
    "/calls/a%00b",
    "/campaigns/%F0%9F%92%A9",
    "/static/../site.css",
    "/static/nothing.css",
    "/nothing",
)


def test_what_leads_nowhere_is_told_kindly_and_changes_nothing(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    rid, stranger = services.tokens.rid(mail.deliveries[0]), services.tokens.rid(999)
    gone = services.tokens.unsubscribe(999)
    before = everything(services.sessions)

    answers = {
        path: client.get(quote(path.format(rid=rid, stranger=stranger, gone=gone), safe="/:?=%&")) for path in NOWHERE
    }

    assert {
        path: (
            answer.status_code,
            answer.headers["content-type"],
            answer.headers["content-security-policy"],
            "Deze pagina bestaat niet" in answer.text,
            "Traceback" in answer.text,
        )
        for path, answer in answers.items()
    } == dict.fromkeys(NOWHERE, (404, "text/html; charset=utf-8", PAGE_POLICY, True, False))
    assert everything(services.sessions) == before


def test_an_address_beside_the_link_is_not_followed(services: Services, client: Client) -> None:
    mail = sent(services.sessions)

    answer = client.get(f"/c/{services.tokens.rid(mail.deliveries[0])}/0?url=https://example.com/")

    assert answer.headers["location"] == LINKS[0]


@pytest.mark.parametrize(
    ("trusted", "address", "forwarded", "network"),
    [
        ((), "127.0.0.1", "203.0.113.9", "127.0.0.0/24"),
        (("127.0.0.1",), "127.0.0.1", "203.0.113.9", "203.0.113.0/24"),
        (("127.0.0.1",), "127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.0/24"),
        (("127.0.0.1", "203.0.113.0/24"), "127.0.0.1", "198.51.100.1, 203.0.113.9", "198.51.100.0/24"),
        (("127.0.0.1",), "127.0.0.1", "nonsense", None),
        (("127.0.0.1",), "192.0.2.7", "203.0.113.9", "192.0.2.0/24"),
        (("127.0.0.1",), "127.0.0.1", "", "127.0.0.0/24"),
    ],
)
def test_only_declared_proxies_are_believed(
    services: Services, trusted: tuple[str, ...], address: str, forwarded: str, network: str | None
) -> None:
    mail = sent(services.sessions)
    settings = services.settings.model_copy(update={"trusted_proxies": trusted})
    client = Client(create(replace(services, settings=settings)), address)

    client.get(f"/o/{services.tokens.rid(mail.deliveries[0])}.gif", {"X-Forwarded-For": forwarded})

    assert networks(services) == [network]


def test_an_open_is_committed_before_it_is_answered(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(queries, "store_open", fail)
    mail = sent(services.sessions)

    answer = client.get(f"/o/{services.tokens.rid(mail.deliveries[0])}.gif")

    assert (answer.status_code, answer.headers["content-security-policy"]) == (500, PAGE_POLICY)
    assert "the disk is full" not in answer.text


def test_a_mail_is_shown_online_with_styles_and_pictures_only(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    before = everything(services.sessions)

    answer = client.get(f"/m/{services.tokens.rid(mail.deliveries[0])}")

    assert (answer.status_code, answer.text) == (200, "<p>Dag</p>")
    assert answer.headers["content-security-policy"] == MAIL_POLICY
    assert MAIL_POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src ")
    assert everything(services.sessions) == before

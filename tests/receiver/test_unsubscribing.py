"""Unsubscribing over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from outreach.model.report import Figure
from outreach.services import Services
from outreach.store.tables import ConsentRow, SuppressionRow
from tests.builders_engagement import CELL, everything, figures, sent
from tests.receiver.client import Client

ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_page_changes_nothing(services: Services, client: Client, method: str) -> None:
    mail = sent(services.sessions)
    path = f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}"
    before = everything(services.sessions)

    answers = [client.request(method, path + query) for query in ("", "?lang=de", "?List-Unsubscribe=One-Click")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert everything(services.sessions) == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [(ONE_CLICK, "application/x-www-form-urlencoded"), (MULTIPART, "multipart/form-data; boundary=x")],
)
def test_one_click_of_a_mail_program_is_enough(services: Services, client: Client, body: str, kind: str) -> None:
    mail = sent(services.sessions)
    path = f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}"

    answers = [client.post(path, {"Content-Type": kind}, content=body) for _ in range(2)]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "unsubscribed\n")] * 2
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.UNSUBSCRIBES): 1}
    with services.sessions.begin() as session:
        assert session.scalars(select(ConsentRow.act)).all() == ["withdrawn"]
        assert session.scalars(select(SuppressionRow)).all() == []


@pytest.mark.parametrize(("form", "suppressed"), [({}, []), ({"everything": "yes"}, ["golden-reader0@example.org"])])
def test_a_person_gets_a_page(services: Services, client: Client, form: dict[str, Any], suppressed: list[str]) -> None:
    mail = sent(services.sessions)
    path = f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}?lang=de"

    answer = client.post(path, data=form)

    assert (answer.status_code, "Sie sind abgemeldet" in answer.text) == (200, True)
    assert "golden-reader0@example.org" in answer.text
    with services.sessions.begin() as session:
        assert session.scalars(select(SuppressionRow.email)).all() == suppressed
    assert "bereits abgemeldet" in client.get(path).text


def test_no_answer_sets_a_cookie_or_may_be_kept(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    path = f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}"

    for answer in (client.get(path), client.post(path)):
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"


def test_a_forged_token_is_told_kindly(client: Client) -> None:
    assert client.post("/u/1_forged", data={"List-Unsubscribe": "One-Click"}).status_code == 404


def test_a_reader_with_a_strange_name_does_no_harm(services: Services, client: Client) -> None:
    mail = sent(services.sessions, slug="<script>")

    page = client.get(f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}").text

    assert "&lt;script&gt;-reader0@example.org" in page
    assert "<script>" not in page

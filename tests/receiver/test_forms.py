"""Forms over HTTP."""

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

from outreach.receiver import create
from outreach.receiver.headers import PAGE_POLICY
from outreach.services import Services
from outreach.store.tables import SubmissionRow
from tests.builders_engagement import answers, everything, nomination, registered, sent
from tests.conftest import NOON, FakeClock
from tests.receiver.client import Client

PATH = "/calls/golden-municipality"


def token_in(page: str) -> str:
    found = re.search(r'name="_token" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def stored(services: Services) -> list[dict[str, Any]]:
    with services.sessions.begin() as session:
        return [row.answers for row in session.scalars(select(SubmissionRow).order_by(SubmissionRow.id))]


@pytest.fixture
def form(services: Services) -> str:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    return f"{PATH}?lang=nl&r={services.tokens.rid(mail.deliveries[0])}"


def test_showing_a_form_changes_nothing(services: Services, client: Client, form: str) -> None:
    before = everything(services.sessions)

    pages = [client.get(path) for path in (form, PATH, f"{PATH}?r=damaged&lang=xx", f"{PATH}/thanks")]

    assert [page.status_code for page in pages] == [200] * 4
    assert everything(services.sessions) == before


def test_a_form_filled_in_is_thanked_for(services: Services, client: Client, clock: FakeClock, form: str) -> None:
    page = client.get(form).text
    rid = re.search(r'name="_mail" value="([^"]+)"', page)
    assert rid
    clock.forward(seconds=30)

    answer = client.post(f"{PATH}?lang=nl", data=answers(_token=token_in(page), _mail=rid[1]))

    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}/thanks?lang=nl")
    assert stored(services) == [answers()]
    thanks = client.get(answer.headers["location"]).text
    assert "We laten het u weten." in thanks
    assert "1 van 10" in thanks


def test_faults_are_shown_with_what_was_written(
    services: Services, client: Client, clock: FakeClock, form: str
) -> None:
    token = token_in(client.get(form).text)
    clock.forward(seconds=30)

    posted = answers(_token=token, email="<b>bo", reason="", theme="living")
    answer = client.post(f"{PATH}?lang=de", data=posted)

    assert answer.status_code == 422
    assert stored(services) == []
    for part in (
        'href="#q-email"',
        'href="#q-reason"',
        "Bitte füllen Sie dieses Feld aus.",
        "Das ist keine vollständige E-Mail-Adresse.",
        'value="&lt;b&gt;bo"',
        'aria-describedby="q-email-error"',
        'aria-describedby="q-reason-error q-reason-help q-reason-limit"',
        '<option value="living" lang="de" selected>',
        f'value="{token}"',
    ):
        assert part in answer.text
    assert "<b>bo" not in answer.text


def test_too_fast_is_asked_once_more_and_then_taken(
    services: Services, client: Client, clock: FakeClock, form: str
) -> None:
    token = token_in(client.get(form).text)
    clock.forward(seconds=1)
    first = client.post(PATH, data=answers(_token=token))
    clock.forward(seconds=1)
    second = client.post(PATH, data=answers(_token=token_in(first.text)))

    assert ("Dat ging vlug!" in first.text, 'value="Voorbeeldstad"' in first.text) == (True, True)
    assert (first.status_code, second.status_code) == (422, 303)


def test_a_form_open_for_too_long_gets_a_new_token(
    services: Services, client: Client, clock: FakeClock, form: str
) -> None:
    token = token_in(client.get(form).text)
    clock.forward(hours=25)
    first = client.post(PATH, data=answers(_token=token))
    clock.forward(seconds=5)
    second = client.post(PATH, data=answers(_token=token_in(first.text)))

    assert (first.status_code, second.status_code) == (422, 303)


def test_the_least_time_is_a_setting_of_the_application(services: Services, form: str) -> None:
    client = Client(create(services, form_seconds=0))

    assert client.post(PATH, data=answers(_token=token_in(client.get(form).text))).status_code == 303


def test_too_many_from_one_network_are_asked_to_wait(services: Services, clock: FakeClock, form: str) -> None:
    client = Client(create(services, form_seconds=0, forms_per_hour=1))

    statuses = [client.post(PATH, data=answers(_token=token_in(client.get(form).text))).status_code for _ in range(2)]

    assert statuses == [303, 429]


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(
    services: Services, client: Client, clock: FakeClock, form: str
) -> None:
    token = token_in(client.get(form).text)
    clock.forward(seconds=30)

    answer = client.post(PATH, data=answers(_token=token, _website="https://example.com"))

    assert answer.status_code == 303
    assert stored(services) == []


def test_a_closed_call_shows_no_form(services: Services, client: Client, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign, nomination(closes=NOON))

    shown, posted = client.get(PATH), client.post(PATH, data=answers())

    assert (shown.status_code, posted.status_code) == (200, 409)
    assert "Dit formulier is gesloten." in shown.text
    assert "<form" not in shown.text


def test_a_form_may_not_be_larger_than_we_read(services: Services, client: Client, form: str) -> None:
    async def drip() -> Any:
        for _ in range(40):
            yield b"reason=" + b"x" * 10_000

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    announced = client.post(PATH, kind, content=b"x" * 300_000)
    dripped = client.post(PATH, kind, content=drip())

    assert (announced.status_code, dripped.status_code) == (413, 413)
    assert "Dat is te veel tegelijk" in announced.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1'),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(300))),
    ],
)
def test_a_body_that_is_no_form_is_refused(client: Client, form: str, kind: str, body: bytes) -> None:
    assert client.post(PATH, {"Content-Type": kind}, content=body).status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("application/x-www-form-urlencoded", b"_token=%00%ff&email=%ED%A0%80&=&&%"),
        (
            "multipart/form-data; boundary=x; charset=unicode_escape",
            b'--x\r\nContent-Disposition: form-data; name="_token"\r\n\r\n\\ud800\r\n--x--\r\n',
        ),
    ],
)
def test_odd_bytes_are_a_form_to_fill_in_again(client: Client, form: str, kind: str, body: bytes) -> None:
    assert client.post(PATH, {"Content-Type": kind}, content=body).status_code == 422


def test_other_methods_are_refused(client: Client) -> None:
    paths = (PATH, "/", "/u/x", "/c/x/0", "/o/x.gif", "/webhooks/fake", "/healthz")

    answers = {
        (method, path): client.request(method, path) for method in ("DELETE", "PUT", "OPTIONS") for path in paths
    }

    assert {
        where: (answer.status_code, answer.headers["content-security-policy"]) for where, answer in answers.items()
    } == dict.fromkeys(answers, (405, PAGE_POLICY))

"""The outbox's API: what it takes, what it refuses, what it remembers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outreach.demo.outbox import call as calls
from outreach.demo.outbox import create
from tests.conftest import NOON, FakeClock
from tests.demo.outbox.conftest import Client, call

Send = Callable[..., list[dict[str, Any]]]


def stats(outbox: Client) -> dict[str, int]:
    counted: dict[str, int] = outbox.get("/v1/stats").json()
    return counted


def test_a_mail_is_filled_when_it_is_read(outbox: Client, send: Send) -> None:
    (result,) = send("anna@example.com")

    assert outbox.get(f"/v1/messages/{result['id']}").json() == {
        "id": result["id"],
        "rid": "rid-0-anna",
        "to": "anna@example.com",
        "from": {"email": "nieuws@example.org", "name": "Vereniging Überall"},
        "reply_to": "redactie@example.org",
        "subject": "Hallo Anna & Bo",
        "html": "<html><head><title>x</title></head><body><p>Hallo Anna &amp; Bo</p></body></html>",
        "text": "Hallo Anna & Bo\n",
        "headers": call()["message"]["headers"],
        "at": NOON.isoformat(),
    }


def test_mails_are_listed_in_the_order_they_were_taken(outbox: Client, send: Send) -> None:
    send("anna@example.com", "bo@example.com", "cleo@example.com")

    first = outbox.get("/v1/messages?limit=2").json()
    rest = outbox.get(f"/v1/messages?after={first['next']}&limit=2").json()

    assert [m["to"] for m in (*first["messages"], *rest["messages"])] == [
        "anna@example.com",
        "bo@example.com",
        "cleo@example.com",
    ]
    assert rest["next"] is None
    assert rest["messages"][0].keys() == {"number", "id", "rid", "to", "subject", "at"}


def test_each_recipient_is_answered_in_order_and_refused_alone(send: Send) -> None:
    results = send("anna@example.com", "refused.bo@example.com", "no address", "cleo@example.com")

    assert [result["status"] for result in results] == ["accepted", "refused", "refused", "accepted"]
    assert [bool(result["id"]) for result in results] == [True, False, False, True]
    assert [bool(result["error"]) for result in results] == [False, True, True, False]


def test_a_line_break_in_a_value_for_a_header_refuses_that_recipient(outbox: Client) -> None:
    told = call("anna@example.com", "bo@example.com")
    told["recipients"][0]["variables"] = {"first_name": "A\r\nBcc: x@example.com"}

    results = outbox.post("/v1/messages", json=told).json()["results"]

    assert [result["status"] for result in results] == ["refused", "accepted"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extra": 1}, "extra"),
        ({"recipients": []}, "recipients"),
        ({"recipients": call(*(f"p{n}@example.com" for n in range(1001)))["recipients"]}, "recipients"),
        ({"recipients": [{"to": "a@example.com", "rid": "no blanks"}]}, "recipients.0.rid"),
        ({"recipients": [{"to": "a@example.com", "rid": "r"}]}, "recipients.0: no value for slot first_name"),
        ({"recipients": 2 * call("a@example.com")["recipients"]}, "a rid stands for one recipient"),
        ({"message": {}}, "message.from"),
        ({"message": call(subject="a\nb")["message"]}, "a line break in Subject"),
        ({"message": call(headers={"X-A": "a\rb"})["message"]}, "a line break in X-A"),
        ({"message": call(headers={"X A": "b"})["message"]}, "no name of a header"),
    ],
)
def test_a_call_that_is_wrong_is_refused_whole_with_the_place_named(
    outbox: Client, change: dict[str, object], words: str
) -> None:
    answer = outbox.post("/v1/messages", json=call("anna@example.com") | change)

    assert (answer.status_code, words in answer.json()["error"]["message"]) == (422, True)
    assert stats(outbox)["messages"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"message": "\\ud800"}'])
def test_what_is_no_json_of_a_call_is_refused(outbox: Client, body: bytes) -> None:
    assert outbox.post("/v1/messages", content=body).status_code == 422


def test_a_body_too_large_is_refused(outbox: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES", 100)

    assert outbox.post("/v1/messages", json=call("anna@example.com")).status_code == 413


@pytest.mark.parametrize("told", ["", "Bearer other", "token", "Bearer token2"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages"),
        ("GET", "/v1/messages"),
        ("GET", "/v1/messages/1"),
        ("POST", "/v1/faults"),
        ("DELETE", "/v1/faults"),
        ("GET", "/v1/stats"),
    ],
)
def test_without_the_token_nothing_answers(outbox: Client, told: str, method: str, path: str) -> None:
    assert outbox.request(method, path, headers={"Authorization": told}).status_code == 401


def test_the_same_key_and_body_get_the_same_answer_once_kept(outbox: Client, send: Send) -> None:
    first, again = (send("anna@example.com", "refused.bo@example.com", key="k") for _ in range(2))

    assert first == again
    assert stats(outbox) == {
        "messages": 1,
        "calls": 1,
        "replays": 1,
        "doubled": 0,
        "pending_webhooks": 0,
        "given_up_webhooks": 0,
    }


def test_another_body_under_the_same_key_is_a_conflict(outbox: Client, send: Send) -> None:
    send("anna@example.com", key="k")

    answer = outbox.post("/v1/messages", json=call("bo@example.com"), headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_reused")
    assert stats(outbox)["messages"] == 1


def test_a_key_is_forgotten_after_a_day(outbox: Client, send: Send, clock: FakeClock) -> None:
    send("anna@example.com", key="k")
    clock.forward(hours=23, minutes=59)
    send("anna@example.com", key="k")
    assert stats(outbox)["doubled"] == 0

    clock.forward(minutes=1)
    send("anna@example.com", key="k")

    assert (stats(outbox)["messages"], stats(outbox)["doubled"]) == (2, 1)


def test_calls_without_a_key_are_taken_each_time(outbox: Client, send: Send) -> None:
    send("anna@example.com")
    send("anna@example.com")

    assert (stats(outbox)["messages"], stats(outbox)["doubled"]) == (2, 1)


def test_an_outbox_without_idempotency_sends_again_what_comes_again(tmp_path: Path) -> None:
    app = create(tmp_path, token="token", webhook_secret="secret", idempotency=False)
    outbox = Client(app)
    for _ in range(2):
        outbox.post("/v1/messages", json=call("anna@example.com"), headers={"Idempotency-Key": "k"})

    assert (stats(outbox)["messages"], stats(outbox)["doubled"]) == (2, 1)
    app.state.desk.box.close()


def test_a_key_too_long_is_refused(outbox: Client) -> None:
    answer = outbox.post("/v1/messages", json=call("anna@example.com"), headers={"Idempotency-Key": "k" * 256})

    assert answer.status_code == 422


def test_a_message_that_is_not_there_is_404(outbox: Client) -> None:
    assert outbox.get("/v1/messages/nothing").status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=1e9", "after=99999999999999999999"])
def test_a_number_that_is_none_is_refused(outbox: Client, query: str) -> None:
    assert outbox.get(f"/v1/messages?{query}").status_code == 422


def test_faults_are_asked_for_by_name(outbox: Client) -> None:
    wrong = outbox.post("/v1/faults", json={"kind": "flood"})

    assert wrong.status_code == 422
    assert "kinds: error_500, error_500_after, busy_429" in wrong.json()["error"]["message"]


def test_faults_happen_as_often_as_asked_for_and_can_be_taken_back(outbox: Client) -> None:
    outbox.post("/v1/faults", json={"kind": "error_500", "times": 2})
    outbox.post("/v1/faults", json={"kind": "busy_429", "times": 9})
    answered = [outbox.post("/v1/messages", json=call("anna@example.com")).status_code for _ in range(3)]
    outbox.request("DELETE", "/v1/faults")
    answered.append(outbox.post("/v1/messages", json=call("anna@example.com")).status_code)

    assert answered == [500, 500, 429, 202]


def test_the_same_message_is_stored_once(outbox: Client, send: Send, tmp_path: Path) -> None:
    for n in range(3):
        send(f"p{n}@example.com")

    with outbox.app.state.desk.box.reading() as db:
        stored = db.execute("SELECT content FROM template").fetchall()

    assert [json.loads(content)["subject"] for (content,) in stored] == ["Hallo @@first_name@@"]

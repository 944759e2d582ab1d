"""How the answers of an API are classified, whichever API it is."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from outreach.errors import (
    AccessRefused,
    ContentRefused,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
)
from outreach.providers import http
from outreach.providers.http import Answer, Api

DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


@contextmanager
def saying(raw: bytes, *, first: bool = False) -> Iterator[str]:
    """A server that reads a little, unless it speaks *first*, says *raw* and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                if not first:
                    connection.recv(65536)
                connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def answering(status: int, body: bytes, **headers: str) -> AbstractContextManager[str]:
    """A server that gives its one caller this answer."""
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()).encode()
    return saying(b"HTTP/1.1 %d Whatever\r\n%sContent-Length: %d\r\n\r\n%s" % (status, fields, len(body), body))


def answer(status: int, body: object = b"", retry_after: str = "", at: str = DATE) -> Answer:
    return Answer("Api", status, body if isinstance(body, bytes) else json.dumps(body).encode(), retry_after, at)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, AccessRefused) for status in (401, 403)),
        *((status, ContentRefused) for status in (400, 413, 422)),
        *((status, ProviderRefused) for status in (404, 405, 415, 451, 301, 302, 304)),
        *((status, OutcomeUnknown) for status in (408, 409, 500, 502, 503, 504, 599)),
        (429, ProviderBusy),
    ],
)
def test_each_status_means_one_thing(status: int, error: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as raised:
        answer(status, b"{}").taken()

    assert type(raised.value) is error


@pytest.mark.parametrize("status", [200, 201, 202])
def test_2xx_gives_the_json(status: int) -> None:
    assert answer(status, [1]).taken() == [1]


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe"])
def test_2xx_without_json_is_unknown(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        answer(200, body).taken()


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("99999999999999", 3600.0),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 20 Nov 2027 12:00:00 GMT", 3600.0),
        ("", 30.0),
        ("soon", 30.0),
        ("-1", 30.0),
        ("1.5", 30.0),
        ("²", 30.0),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 30.0),
    ],
)
def test_the_wait_is_as_told_in_seconds_or_as_a_date_else_guessed(retry_after: str, seconds: float) -> None:
    assert answer(429, retry_after=retry_after).wait() == seconds


def test_a_date_without_the_apis_own_clock_is_guessed() -> None:
    assert answer(429, retry_after="Fri, 20 Nov 2026 12:01:30 GMT", at="").wait() == 30.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": "C", "message": "no"}}, "Api answered 422: C; no"),
        ({"message": "Forbidden"}, "Api answered 422: Forbidden"),
        ({"message": "no", "errors": {"0.to": ["bad"]}}, "Api answered 422: no; 0.to: ['bad']"),
        ({"error": "no"}, "Api answered 422: no"),
        ({"ErrorCode": 300, "Message": "no"}, "Api answered 422: 300; no"),
        ({"ErrorCode": "mj-1", "ErrorMessage": "no", "StatusCode": 422}, "Api answered 422: mj-1; no"),
        ({"code": "invalid_parameter", "message": "no"}, "Api answered 422: invalid_parameter; no"),
        ({"name": "validation_error", "message": "no"}, "Api answered 422: validation_error; no"),
        ({"x": 1}, 'Api answered 422: {"x": 1}'),
        (b"Forbidden\r\n", "Api answered 422: Forbidden"),
        (b"", "Api answered 422"),
        (b"x" * 9999, f"Api answered 422: {'x' * 299}…"),
    ],
)
def test_the_apis_own_words_are_kept_short_and_in_one_line(body: object, words: str) -> None:
    assert answer(422, body).words() == words


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n[",
        b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_an_answer_that_breaks_off_or_cannot_be_read_is_unknown(raw: bytes) -> None:
    with saying(raw) as url:
        api = Api("Api", url, {}, 5)
        with pytest.raises(OutcomeUnknown):
            api.post("/x", b"{}", {})
        api.close()


def test_an_endless_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_ANSWER", 10)
    with answering(202, b"[" + b" " * 100 + b"]") as url:
        api = Api("Api", url, {}, 5)
        with pytest.raises(OutcomeUnknown, match="too much"):
            api.post("/x", b"{}", {})
        api.close()


def test_a_server_without_tls_where_it_should_have_is_not_taken() -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        api = Api("Api", url.replace("http:", "https:"), {}, 5)
        with pytest.raises(NotTaken):
            api.post("/x", b"{}", {})
        api.close()


def test_a_redirect_is_not_followed() -> None:
    with saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        api = Api("Api", url, {}, 5)
        with pytest.raises(ProviderRefused, match="302"):
            api.post("/x", b"{}", {}).taken()
        api.close()


def test_what_stands_at_an_address_is_fetched_once_and_without_detours() -> None:
    with answering(200, b"here") as url:
        assert http.fetch(url) == b"here"
    with answering(302, b"", Location="http://127.0.0.1:1/") as url, pytest.raises(ProviderError, match="302"):
        http.fetch(url)
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1 did not give what it should"):
        http.fetch("http://127.0.0.1:1/")

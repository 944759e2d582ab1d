import gzip
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from outreach.errors import AddressRefused, FeedBroken, FeedBusy, FeedError, FeedGone, FeedUnreachable
from outreach.feeds.fetch import Bounds, Fetched, Fetcher, LastTime
from tests.builders_feeds import NOW, Answer, FeedServer, entry, rss

NEVER = threading.Event()
SAID_ALL = threading.Event()
"""Set once a slow server has said everything, which nobody waited for."""
BODY = rss(entry(1))


def fetcher(server: FeedServer, **bounds: float) -> Fetcher:
    return Fetcher(allowed=frozenset({server.host}), bounds=replace(Bounds(), **bounds))  # type: ignore[arg-type]


def fetch(server: FeedServer, path: str = "/feed", last: LastTime | None = None, **bounds: float) -> Fetched:
    return fetcher(server, **bounds).fetch(server.url(path), last or LastTime(), NOW)


def test_the_first_fetch_brings_the_body_and_what_to_ask_with_next_time(server: FeedServer):
    headers = {"ETag": '"a"', "Last-Modified": "Fri, 13 Nov 2026 10:00:00 GMT", "Content-Type": "text/xml"}
    server.answers["/feed"] = Answer(BODY, headers=headers)

    found = fetch(server)

    assert (found.body, found.content_type, found.etag, found.moved_to) == (BODY, "text/xml", '"a"', None)
    assert found.last_modified == "Fri, 13 Nov 2026 10:00:00 GMT"


def test_the_second_fetch_is_conditional_and_brings_nothing(server: FeedServer):
    server.answers["/feed"] = Answer(BODY, headers={"ETag": '"a"'})
    first = fetch(server)

    again = fetch(server, last=LastTime(first.etag, "Fri, 13 Nov 2026 10:00:00 GMT", first.digest))

    assert (again.body, again.etag, again.digest) == (None, '"a"', first.digest)
    assert server.asked[1][1]["if-modified-since"] == "Fri, 13 Nov 2026 10:00:00 GMT"


def test_a_server_without_tags_is_compared_by_digest(server: FeedServer):
    server.answers["/feed"] = Answer(BODY)
    first = fetch(server)

    assert fetch(server, last=LastTime(digest=first.digest)).body is None


def test_a_packed_answer_is_unpacked(server: FeedServer):
    packed = gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])
    server.answers["/feed"] = Answer(packed, headers={"Content-Encoding": "gzip"})

    assert fetch(server).body == BODY


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_tells_the_new_address(server: FeedServer, status: int):
    server.answers |= {"/feed": Answer(status=status, headers={"Location": "/new"}), "/new": Answer(BODY)}

    found = fetch(server)

    assert (found.body, found.url, found.moved_to) == (BODY, server.url("/new"), server.url("/new"))


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_followed_and_forgotten(server: FeedServer, status: int):
    server.answers |= {
        "/feed": Answer(status=status, headers={"Location": "/a"}),
        "/a": Answer(status=301, headers={"Location": "/b"}),
        "/b": Answer(BODY),
    }

    found = fetch(server)

    assert (found.body, found.moved_to) == (BODY, None)


def test_a_new_address_that_redirects_for_now_is_the_one_kept(server: FeedServer):
    server.answers |= {
        "/feed": Answer(status=301, headers={"Location": "/a"}),
        "/a": Answer(status=302, headers={"Location": "/b"}),
        "/b": Answer(BODY),
    }

    assert fetch(server).moved_to == server.url("/a")


def failure(server: FeedServer, kind: type[FeedError], **bounds: float) -> FeedError:
    with pytest.raises(kind) as caught:
        fetch(server, **bounds)
    assert type(caught.value) is kind
    return caught.value


def test_redirects_in_a_circle_end(server: FeedServer):
    server.answers["/feed"] = Answer(status=302, headers={"Location": "/feed"})

    assert failure(server, FeedUnreachable).why == "redirected more than 5 times"
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "there",
    [
        "http://127.0.0.1:{other}/secret",
        "http://localhost:{other}/secret",
        "http://2130706433:{other}/secret",
        "http://[::1]:{other}/secret",
        "http://[::ffff:127.0.0.1]:{other}/secret",
        "http://0.0.0.0:{other}/secret",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
    ],
)
def test_a_redirect_to_a_private_address_is_refused_and_not_dialled(server: FeedServer, there: str):
    server.answers["/feed"] = Answer(status=302, headers={"Location": there.format(other=server.port + 1)})

    assert "which is not public" in failure(server, AddressRefused).why


@pytest.mark.parametrize("there", ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org"])
def test_a_redirect_to_anything_but_the_web_is_refused(server: FeedServer, there: str):
    server.answers["/feed"] = Answer(status=302, headers={"Location": there})

    assert failure(server, AddressRefused).why == "only http and https are fetched"


def test_a_redirect_with_a_password_in_it_is_refused_without_showing_it(server: FeedServer):
    server.answers["/feed"] = Answer(status=302, headers={"Location": f"http://me:geheim@{server.host}/"})

    assert "geheim" not in str(failure(server, AddressRefused))


def test_a_private_address_is_refused_unless_it_is_listed(server: FeedServer):
    server.answers["/feed"] = Answer(BODY)

    with pytest.raises(AddressRefused) as caught:
        Fetcher().fetch(server.url(), LastTime(), NOW)

    assert caught.value.why == (
        f"127.0.0.1 is at 127.0.0.1, which is not public; where that is meant, "
        f"add 127.0.0.1:{server.port} to OUTREACH_PRIVATE_FEED_HOSTS"
    )
    assert server.asked == []


def test_410_is_said_to_be_for_good(server: FeedServer):
    server.answers["/feed"] = Answer(status=410)

    assert failure(server, FeedGone).why == "answered 410: the feed is gone for good; it is asked no more"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Fri, 20 Nov 2026 12:10:00 GMT"}, 600),
        ({"Retry-After": "Fri, 20 Nov 2020 12:10:00 GMT"}, 60),
        ({"Retry-After": "1"}, 60),
        ({"Retry-After": "99999999999999999999"}, 7 * 86_400),
        ({"Retry-After": "soon"}, 3_600),
        ({}, 3_600),
    ],
)
def test_429_says_when_to_come_back(server: FeedServer, header: dict[str, str], seconds: int):
    server.answers["/feed"] = Answer(status=429, headers=header)

    busy = failure(server, FeedBusy)

    assert isinstance(busy, FeedBusy)
    assert busy.seconds == seconds


@pytest.mark.parametrize("status", [404, 403, 500, 503, 204])
def test_other_answers_are_named(server: FeedServer, status: int):
    server.answers["/feed"] = Answer(status=status)

    assert failure(server, FeedUnreachable).why == f"answered {status} instead of 200"


def test_a_body_over_the_bound_is_refused(server: FeedServer):
    server.answers["/feed"] = Answer(b"x" * 5_000)

    assert failure(server, FeedBroken, size=4_000).why == "the feed has more than 4000 bytes"


def test_a_bomb_is_refused_before_it_is_unpacked(server: FeedServer):
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()
    server.answers["/feed"] = Answer(bomb, headers={"Content-Encoding": "gzip"})

    assert failure(server, FeedBroken).why == "the feed has more than 15 MiB"


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (gzip.compress(BODY)[:-10], "gzip", "the packed answer is cut off"),
        (b"no gzip", "gzip", "the packed answer is damaged: Error -3 while decompressing data: incorrect header check"),
        (BODY, "br", "the answer is packed as 'br', although only gzip was asked for"),
    ],
)
def test_a_badly_packed_answer_is_refused(server: FeedServer, body: bytes, encoding: str, why: str):
    server.answers["/feed"] = Answer(body, headers={"Content-Encoding": encoding})

    assert failure(server, FeedBroken).why == why


def dripping(what: Callable[[int], bytes]) -> Callable[[BaseHTTPRequestHandler], None]:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        for number in range(5000):  # ends with an error where the client has left
            handler.wfile.write(what(number))
            handler.wfile.flush()
            NEVER.wait(0.02)
        SAID_ALL.set()

    return drip


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(100)
    if handler.connection.recv(1):  # nothing is what a client says that leaves
        SAID_ALL.set()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<rss>", then=dripping(lambda _: b" ")),
        Answer(status=0, then=dripping(lambda n: b"HTTP/1.0 200 OK\r\nX: "[n : n + 1] or b"x")),
        Answer(status=0, then=silent),
    ],
    ids=["body", "headers", "silence"],
)
def test_a_server_that_takes_its_time_is_left_when_the_time_is_over(server: FeedServer, answer: Answer):
    server.answers["/feed"] = answer
    SAID_ALL.clear()

    assert failure(server, FeedUnreachable, seconds=0.3).why == "not done within 0.3 s"
    assert not SAID_ALL.is_set()


def test_an_answer_shorter_than_announced_is_no_answer(server: FeedServer):
    server.answers["/feed"] = Answer(BODY, headers={"Content-Length": "100000"})

    assert "received" in failure(server, FeedUnreachable).why


def test_nobody_listening_is_told(server: FeedServer):
    server.port, port = 1, server.port
    try:
        assert "refused" in failure(server, FeedUnreachable).why
    finally:
        server.port = port


def test_a_name_that_nobody_knows_is_told():
    def unknown(host: str, port: int, seconds: float) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(FeedUnreachable) as caught:
        Fetcher(resolve=unknown).fetch("https://nergens.example.org/", LastTime(), NOW)

    assert caught.value.why == "the name nergens.example.org is not known: Name or service not known"


def test_the_checked_address_is_dialled_while_the_name_stays(server: FeedServer):
    server.answers["/feed?a=1"] = Answer(BODY)
    name = f"feeds.example.org:{server.port}"
    here = Fetcher(allowed=frozenset({name}), resolve=lambda *_: ["127.0.0.1"])

    assert here.fetch(f"http://{name}/feed?a=1#top", LastTime(), NOW).body == BODY
    assert [(path, headers["host"]) for path, headers in server.asked] == [("/feed?a=1", name)]


def test_tls_is_asked_for_the_name_and_not_for_the_address():
    asked: list[tuple[str, str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers["host"], request.extensions["sni_hostname"]))
        return httpx.Response(200, content=iter([BODY]))

    here = Fetcher(resolve=lambda *_: ["93.184.215.14"], transport=lambda: httpx.MockTransport(answer))

    assert here.fetch("https://bücher.example.org/x", LastTime(), NOW).body == BODY
    assert asked == [
        ("https://93.184.215.14/x", "xn--bcher-kva.example.org", "xn--bcher-kva.example.org"),
    ]


def test_where_one_address_cannot_be_reached_the_next_is_tried():
    dialled: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        dialled.append(request.url.host)
        if len(dialled) == 1:
            raise httpx.ConnectError("no route")
        return httpx.Response(200, content=iter([BODY]))

    both = ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "93.184.215.14"]
    here = Fetcher(resolve=lambda *_: both, transport=lambda: httpx.MockTransport(answer))

    assert here.fetch("http://example.org/", LastTime(), NOW).body == BODY
    assert dialled == both


def test_a_name_with_one_private_address_among_public_ones_is_refused():
    here = Fetcher(resolve=lambda *_: ["93.184.215.14", "192.168.1.1"])

    with pytest.raises(AddressRefused):
        here.fetch("http://example.org/", LastTime(), NOW)

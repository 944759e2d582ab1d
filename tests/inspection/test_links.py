import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outreach.inspection.links import Bounds, Visitor, open_dialler
from outreach.model.inspection import Seen
from outreach.model.preflight import Level
from tests.conftest import NOON
from tests.inspection.answering import Answers, answering


@pytest.fixture
def server() -> Iterator[Answers]:
    with answering() as answers:
        yield answers


DIALLER = open_dialler(())


def visitor(*servers: Answers, **bounds: float) -> Visitor:
    dialler = replace(DIALLER, allowed=frozenset(server.host for server in servers))
    return Visitor(dialler, "tests (+https://mail.example.org)", replace(Bounds(), **bounds))  # type: ignore[arg-type]


def visit(server: Answers, *paths: str, **bounds: float) -> list[tuple[str, Level | None]]:
    seen = visitor(server, **bounds).visit([server.url(path) for path in paths])
    return [(one.what, one.level) for one in seen]


def test_a_page_that_is_there_is_asked_once_by_its_head_alone(server: Answers):
    server.of["/a?b=1"] = 200

    assert visit(server, "/a?b=1", "/a?b=1#top") == [("answers 200", None)]
    assert server.asked == [("HEAD", "/a?b=1", "tests (+https://mail.example.org)")]


@pytest.mark.parametrize("refused", [403, 404, 405, 500, 501, 503])
def test_a_head_that_is_refused_is_followed_by_a_get(server: Answers, refused: int):
    server.of["/a"] = {"HEAD": refused, "GET": 200}

    assert visit(server, "/a") == [("answers 200", None)]
    assert [method for method, _, _ in server.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("status", "level", "told"),
    [
        (204, None, "answers 204"),
        (404, Level.STOP, "answers 404: there is no such page; correct the link"),
        (410, Level.STOP, "answers 410: there is no such page; correct the link"),
        (401, Level.WARNING, "answers 401; try it in a browser"),
        (403, Level.WARNING, "answers 403; try it in a browser"),
        (429, Level.WARNING, "answers 429; try it in a browser"),
        (500, Level.WARNING, "answers 500; try it in a browser"),
        (304, Level.WARNING, "answers 304; try it in a browser"),
    ],
)
def test_an_answer_is_judged_by_its_status(server: Answers, status: int, level: Level | None, told: str):
    server.of["/a"] = status

    assert visit(server, "/a") == [(told, level)]


def test_who_asks_to_slow_down_is_not_asked_again(server: Answers):
    server.of["/a"] = 429

    visit(server, "/a")

    assert [method for method, _, _ in server.asked] == ["HEAD"]


def test_redirects_are_followed_and_a_lasting_one_is_told(server: Answers):
    server.of |= {"/old": "/new", "/new": 200, "/lost": "/nowhere", "/round": "/round"}

    assert visit(server, "/old", "/lost", "/round") == [
        (f"answers 200; it has moved for good to {server.url('/new')}", None),
        ("answers 404: there is no such page; correct the link", Level.STOP),
        ("redirected more than 5 times; try it in a browser", Level.WARNING),
    ]


def test_a_private_address_is_not_dialled_even_by_a_redirect(server: Answers):
    with answering() as other:
        server.of["/a"] = other.url("/secret")

        (seen,) = visitor(server).visit([server.url("/a")])

    assert seen.level is Level.WARNING
    assert "127.0.0.1 is at 127.0.0.1, which is not public" in seen.what
    assert other.asked == []


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Level.STOP),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), Level.WARNING),
    ],
)
def test_a_name_that_nobody_knows_stops_but_a_question_without_answer_does_not(error: OSError, level: Level):
    def resolve(host: str, port: int, seconds: float) -> list[str]:
        raise error

    (seen,) = Visitor(replace(DIALLER, resolve=resolve), "tests").visit(["https://nergens.nl/"])

    assert (seen.level, seen.what.partition(":")[0]) == (level, "the name nergens.nl is not known")


def test_a_certificate_that_is_not_accepted_stops(tmp_path: Path):
    with answering(own_certificate(tmp_path)) as server:
        (seen,) = visitor(server).visit([server.url("/a", "https")])

    assert (seen.level, seen.what.partition(":")[0]) == (Level.STOP, "its certificate is not accepted")


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOON, NOON + timedelta(days=36_500))
    signed = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "own.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_nobody_listening_is_worth_a_look():
    with answering() as server:
        pass

    (seen,) = visitor(server).visit([server.url("/a")])

    assert (seen.level, "refused" in seen.what) == (Level.WARNING, True)


@pytest.mark.parametrize("url", ["https://www.example.org/a", "http://example.com", "https://x.test/#b"])
def test_addresses_for_examples_are_not_asked(url: str):
    told = "is an address for examples, where nobody is; write the real one"

    assert visitor().visit([url]) == (Seen(url.partition("#")[0], told, Level.WARNING),)


@pytest.mark.parametrize("url", ["https://me:geheim@a.nl/", "http://[half", "ftp://a.nl/", "https://", "\x00"])
def test_what_is_no_address_is_told_without_harm(url: str):
    (seen,) = visitor().visit([url])

    assert seen.level is Level.WARNING
    assert "geheim" not in seen.what


def test_a_silent_server_is_left_after_its_time(server: Answers):
    silent = threading.Event()
    server.before = lambda path: silent.wait(2) and None

    assert visit(server, "/a", seconds=0.4) == [("not done within 0.2 s; try it in a browser", Level.WARNING)]
    silent.set()


def test_few_are_asked_at_a_time_and_fewer_of_one_host():
    together: list[tuple[int, int]] = []
    lock, open_ = threading.Lock(), {"one": 0, "other": 0}

    with answering() as one, answering() as other:
        for name, server in (("one", one), ("other", other)):
            server.before = counting(name, open_, lock, together)
            server.of |= {f"/{number}": 200 for number in range(6)}
        urls = [server.url(f"/{number}") for number in range(6) for server in (one, other)]
        hosts = {one.port: "one.nl", other.port: "other.nl"}
        named = [url.replace("127.0.0.1", hosts[int(url.rsplit(":", 1)[1].split("/")[0])]) for url in urls]
        allowed = frozenset(f"{hosts[server.port]}:{server.port}" for server in (one, other))
        dialler = replace(DIALLER, allowed=allowed, resolve=lambda host, port, seconds: ["127.0.0.1"])
        seen = Visitor(dialler, "tests", Bounds(at_once=3, per_host=2)).visit(named)

    assert [each.level for each in seen] == [None] * 12
    assert max(sum(each) for each in together) <= 3
    assert max(max(each) for each in together) <= 2


def counting(name: str, open_: dict[str, int], lock: threading.Lock, together: list[tuple[int, int]]):
    def before(path: str) -> None:
        with lock:
            open_[name] += 1
            together.append((open_["one"], open_["other"]))
        threading.Event().wait(0.03)
        with lock:
            open_[name] -= 1

    return before


def test_what_is_beyond_the_bounds_is_said_not_to_be_asked(server: Answers):
    server.of |= {"/1": 200, "/2": 200}

    assert visit(server, "/1", "/2", addresses=1) == [
        ("answers 200", None),
        ("was not asked: no more than 1 addresses within 60 s are; try it yourself", Level.WARNING),
    ]
    assert visit(server, "/1", whole=0.0) == [
        ("was not asked: no more than 200 addresses within 0 s are; try it yourself", Level.WARNING)
    ]

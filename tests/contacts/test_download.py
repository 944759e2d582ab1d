import gzip
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from outreach.contacts.download import Download, is_address, shown
from outreach.dialling.hops import Dialler
from outreach.errors import ImportRefused

URL = "https://export.example.org/lists/people.csv?key=secret"
PEOPLE = b"email\nbo@example.org\n"
PUBLIC = "93.184.215.14"


def found(content: bytes, *, packed: bool = False) -> httpx.Response:
    headers = {"Content-Encoding": "gzip"} if packed else {}
    return httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)


def download(answer: Callable[[httpx.Request], httpx.Response], at: str = PUBLIC, **bounds: float) -> Download:
    dialler = Dialler(resolve=lambda *_: [at], transport=lambda: httpx.MockTransport(answer), secure=True)
    return Download(dialler, **bounds)  # type: ignore[arg-type]


def refusal(fetch: Download, folder: Path, url: str = URL) -> str:
    with pytest.raises(ImportRefused) as caught:
        fetch.fetch(url, folder)
    assert not folder.exists() or list(folder.iterdir()) == []
    return str(caught.value)


def test_a_list_is_fetched_into_a_file_that_only_we_can_read(tmp_path: Path):
    fetch = download(lambda _: found(PEOPLE))

    path = fetch.fetch(URL, tmp_path / "imports")

    assert (path.name, path.read_bytes()) == ("people.csv", PEOPLE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_lists_of_one_name_stand_side_by_side(tmp_path: Path):
    fetch = download(lambda _: found(PEOPLE))

    names = [
        fetch.fetch(url, tmp_path).name for url in (URL, URL, "https://example.org/", "https://example.org/%2e%2e")
    ]

    assert names == ["people.csv", "people-2.csv", "download", "download-2"]


def test_what_comes_packed_is_unpacked_and_redirects_are_followed(tmp_path: Path):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/lists/people.csv":
            return httpx.Response(302, headers={"Location": "https://files.example.org/x"})
        return found(gzip.compress(PEOPLE), packed=True)

    assert download(answer).fetch(URL, tmp_path).read_bytes() == PEOPLE


def test_more_than_the_bound_is_refused_packed_or_not(tmp_path: Path):
    plain = download(lambda _: found(PEOPLE), size=10)
    bomb = gzip.compress(bytes(3_000_000))
    packed = download(lambda _: found(bomb, packed=True), size=2**20)

    assert refusal(plain, tmp_path) == "https://export.example.org/lists/people.csv: the file has more than 10 bytes"
    assert refusal(packed, tmp_path) == "https://export.example.org/lists/people.csv: the file has more than 1 MiB"


def test_an_answer_that_is_no_file_is_refused_with_what_would_work(tmp_path: Path):
    assert refusal(download(lambda _: httpx.Response(403)), tmp_path) == (
        "https://export.example.org/lists/people.csv: answered 403 instead of 200; is it open without logging in? "
        "Else download the file and import that"
    )


def test_addresses_in_our_own_network_are_not_dialled(tmp_path: Path):
    fetch = download(lambda _: found(PEOPLE), at="10.0.0.7")

    assert refusal(fetch, tmp_path) == (
        "https://export.example.org/lists/people.csv: export.example.org is at 10.0.0.7, which is not public; "
        "where that is meant, add export.example.org:443 to OUTREACH_PRIVATE_FEED_HOSTS"
    )


def test_people_are_not_fetched_over_an_open_line_nor_redirected_to_one(tmp_path: Path):
    fetch = download(lambda _: httpx.Response(301, headers={"Location": "http://example.org/people.csv"}))
    words = "only https is asked for people's data; write https:// before it"

    assert refusal(fetch, tmp_path, "http://example.org/people.csv") == f"http://example.org/people.csv: {words}"
    assert refusal(fetch, tmp_path) == f"https://export.example.org/lists/people.csv: {words}"


def test_a_server_that_cannot_be_reached_is_named_without_its_key(tmp_path: Path):
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert refusal(download(answer), tmp_path) == "https://export.example.org/lists/people.csv: refused"


def test_an_address_is_told_from_a_file():
    assert [is_address(place) for place in (" HTTPS://example.org", "people.csv", "https.csv")] == [True, False, False]
    assert shown("https://bo:pw@example.org/a?b#c") == "https://example.org/a"

"""Simulated readers: they read the outbox's mails and act on them as mail programs and people do, by HTTP alone.

They ask the outbox and the receiver for addresses and nobody else: links that lead elsewhere are not followed there.
Each says a network of its own in `X-Forwarded-For`, from the range kept for documentation; a receiver that trusts
127.0.0.1 as a proxy then counts them apart, as it would count real readers.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from outreach.demo import reader_pages
from outreach.demo.reader_pages import Anchor, Page
from outreach.demo.reader_people import SCANNER_AGENT, Reader, Scan, Shares, fill, reader_of

Progress = Callable[[int, int], None]
Json = dict[str, Any]

AT_ONCE = 16
MOST_CLICKS = 2  # a third link within two seconds would look like a scanner
LISTED = 200
TROUBLE_KEPT = 5

_OK = range(200, 400)


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """What the readers did: *read* mails; *opens*, *clicks*, *signups* and *unsubscribes* that were answered well.

    *machine* counts requests of scanners, *errors* what failed, of which *trouble* tells the first few. *last* is the
    number of the last mail looked at: the next round begins after it.
    """

    read: int
    opens: int
    clicks: int
    signups: int
    unsubscribes: int
    machine: int
    errors: int
    last: int = 0
    trouble: tuple[str, ...] = ()


def simulate(
    outbox_url: str,
    outbox_token: str,
    public_url: str,
    *,
    seed: int = 1,
    shares: Shares | None = None,
    progress: Progress | None = None,
    limit: int = 2000,
    after: int = 0,
    wait: float = 3.0,
    seconds: float = 120.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ReaderReport:
    """Let the readers of at most *limit* mails after number *after* act; return what they did.

    *wait* is how long people look at a form before they send it, and how long after a scanner they come; they wait
    side by side. What is not done after *seconds* is left.
    """

    async def act() -> ReaderReport:
        gate = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(timeout=20, limits=gate, transport=transport, trust_env=False) as client:
            visit = _Round(client, outbox_url, outbox_token, public_url, wait)
            return await visit.run(seed, shares or Shares(), progress, limit=limit, after=after, seconds=seconds)

    return asyncio.run(act())


class _Round:
    """One round of reading: what is counted, and how requests are made."""

    def __init__(self, client: httpx.AsyncClient, outbox_url: str, token: str, public_url: str, wait: float) -> None:
        self._client = client
        self._outbox = outbox_url.rstrip("/")
        self._token = {"Authorization": f"Bearer {token}"}
        self._public = public_url.rstrip("/")
        self._wait = wait
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._done: Counter[str] = Counter()
        self._trouble: list[str] = []

    async def run(
        self, seed: int, shares: Shares, progress: Progress | None, *, limit: int, after: int, seconds: float
    ) -> ReaderReport:
        last, work = after, []
        async for listed in self._listed(after, limit):
            last = listed["number"]
            reader = reader_of(listed["to"], listed["subject"], seed, shares)
            if reader.touches:
                work.append(self._receive(listed["id"], listed["to"], reader))
        await self._all(work, progress, seconds)
        return ReaderReport(
            read=self._done["read"],
            opens=self._done["opens"],
            clicks=self._done["clicks"],
            signups=self._done["signups"],
            unsubscribes=self._done["unsubscribes"],
            machine=self._done["machine"],
            errors=self._done["errors"],
            last=last,
            trouble=tuple(self._trouble),
        )

    async def _all(self, work: Sequence[Coroutine[Any, Any, None]], progress: Progress | None, seconds: float) -> None:
        """Do all *work* side by side; what fails or takes too long is counted."""
        finished = 0

        async def counted(one: Coroutine[Any, Any, None]) -> None:
            nonlocal finished
            try:
                await one
            except (KeyError, TypeError, ValueError) as error:
                self._failed(f"a mail that could not be read: {type(error).__name__}: {error}")
            finished += 1
            if progress:
                progress(finished, len(work))

        tasks = [asyncio.create_task(counted(one)) for one in work]
        late = (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else set()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            self._failed(f"{len(late)} readers were not done after {seconds:g} s", len(late))

    async def _listed(self, after: int, limit: int) -> AsyncIterator[Json]:
        """Yield what lies in the outbox, the oldest first."""
        at: int | None = after
        while at is not None and limit > 0:
            answer = await self._ask_outbox(f"/v1/messages?after={at}&limit={min(limit, LISTED)}")
            listed = answer["messages"] if answer else []
            for message in listed:
                yield message
            limit -= len(listed)
            at = answer["next"] if answer and listed else None

    async def _receive(self, mail_id: str, address: str, reader: Reader) -> None:
        """Everything that happens with one mail."""
        mail = await self._ask_outbox(f"/v1/messages/{mail_id}")
        if mail is None:
            return
        page, headers = reader_pages.read(mail["html"]), mail["headers"]
        del mail  # thousands of readers wait at once
        if reader.scan:
            await self._scan(page, reader, reader.scan)
            await asyncio.sleep(self._wait)
        if reader.reads or reader.program.loads_unread:
            await self._load_pictures(page, reader)
        if reader.reads:
            self._done["read"] += 1
        if reader.clicks:
            await self._click(page, address, reader)
        if reader.unsubscribes:
            await self._unsubscribe(page, headers, reader)

    async def _scan(self, page: Page, reader: Reader, scan: Scan) -> None:
        """What a security scanner does: every link at once, some that nobody sees."""
        links = list(dict.fromkeys(anchor.href for anchor in page.anchors if self._is_tracked(anchor)))
        blind = [anchor.href for anchor in page.anchors if self._is_honeypot(anchor)]
        methods = ("HEAD", "GET") if scan is Scan.HEADS else ("GET",)
        hits = [(method, link) for link in (*links, *(blind if scan is Scan.BLIND else ())) for method in methods]
        answers = await asyncio.gather(
            *(self._ask(method, link, reader, SCANNER_AGENT, fine=(404,)) for method, link in hits)
        )
        self._done["machine"] += sum(answer is not None for answer in answers)

    async def _load_pictures(self, page: Page, reader: Reader) -> None:
        for picture in dict.fromkeys(page.pictures):
            if not self._is_ours(picture):
                continue
            answer = await self._ask("GET", picture, reader, reader.program.pictures)
            if answer and re.search(r"/[op]/[^/]+\.gif$", picture):
                self._done["opens"] += 1

    async def _click(self, page: Page, address: str, reader: Reader) -> None:
        """Follow what catches the eye, until a form is found by whoever wants to answer one."""
        for link in self._tempting(page, reader)[: MOST_CLICKS if reader.answers else 1]:
            answer = await self._ask("GET", link, reader, reader.program.links)
            if answer is None:
                continue
            self._done["clicks"] += 1
            target = urljoin(link, answer.headers.get("location", ""))
            if not self._is_ours(target):
                continue
            shown = await self._ask("GET", target, reader, reader.program.links)
            if shown and reader.answers and await self._send_form(target, shown.text, address, reader):
                self._done["signups"] += 1
                return

    def _tempting(self, page: Page, reader: Reader) -> list[str]:
        seen = [anchor for anchor in page.anchors if anchor.seen and self._is_tracked(anchor)]
        if reader.answers:
            seen.sort(key=lambda anchor: not anchor.button)
        else:
            reader.chance.shuffle(seen)
        return list(dict.fromkeys(anchor.href for anchor in seen))

    async def _send_form(self, address: str, html: str, email: str, reader: Reader) -> bool:
        """Fill in the page's form as a person would; return whether it was taken."""
        page = reader_pages.read(html)
        form = page.form_to_send()
        if form is None:
            return False
        await asyncio.sleep(self._wait)
        answers = fill(form, email, page.language, reader.chance)
        answer = await self._post(urljoin(address, form.action), answers, reader)
        if answer is not None and reader_pages.read(answer.text).form_to_send():
            self._failed(f"POST {urlsplit(address).path}: the form came back unsent")
            return False
        return answer is not None

    async def _unsubscribe(self, page: Page, headers: Json, reader: Reader) -> None:
        one_click = re.search(r"<(https?://[^>]+)>", headers.get("List-Unsubscribe", ""))
        left = False
        if one_click and "List-Unsubscribe-Post" in headers and not reader.by_page:
            answer = await self._post(one_click[1], [("List-Unsubscribe", "One-Click")], reader)
            left = answer is not None
        else:
            for anchor in page.anchors:
                if self._is_ours(anchor.href) and urlsplit(anchor.href).path.startswith("/u/"):
                    shown = await self._ask("GET", anchor.href, reader, reader.program.links)
                    left = bool(shown and await self._send_form(anchor.href, shown.text, "", reader))
                    break
        self._done["unsubscribes"] += left

    async def _post(self, url: str, answers: Sequence[tuple[str, str]], reader: Reader) -> httpx.Response | None:
        """Send a form and look at the page that the answer leads to."""
        fields: dict[str, list[str]] = {}
        for name, value in answers:
            fields.setdefault(name, []).append(value)
        answer = await self._ask("POST", url, reader, reader.program.links, data=fields)
        target = answer.headers.get("location") if answer else None
        if target and self._is_ours(urljoin(url, target)):
            return await self._ask("GET", urljoin(url, target), reader, reader.program.links)
        return answer

    async def _ask_outbox(self, path: str) -> Json | None:
        answer = await self._request("GET", f"{self._outbox}{path}", headers=self._token)
        try:
            found: Json | None = answer.json() if answer else None
        except ValueError:
            self._failed(f"GET {_place(path)}: not the outbox's answer")
            return None
        return found

    async def _ask(
        self,
        method: str,
        url: str,
        reader: Reader,
        agent: str,
        *,
        fine: Sequence[int] = (),
        data: dict[str, list[str]] | None = None,
    ) -> httpx.Response | None:
        """Make a request of a reader, to our own pages only."""
        if not self._is_ours(url):
            self._failed(f"{method} of an address that is not ours")
            return None
        headers = {"User-Agent": agent, "X-Forwarded-For": reader.network}
        return await self._request(method, url, headers=headers, fine=fine, data=data)

    async def _request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        fine: Sequence[int] = (),
        data: dict[str, list[str]] | None = None,
    ) -> httpx.Response | None:
        """Return the answer, or None where there was no good one; what fails is counted."""
        try:
            async with self._gate:
                answer = await self._client.request(method, url, headers=headers, data=data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._failed(f"{method} {_place(url)}: {type(error).__name__}")
            return None
        if answer.status_code in _OK or answer.status_code in fine:
            return answer
        self._failed(f"{method} {_place(url)}: answered {answer.status_code}")
        return None

    def _is_ours(self, url: str) -> bool:
        return f"{url}/".startswith(f"{self._public}/")

    def _is_tracked(self, anchor: Anchor) -> bool:
        return self._is_ours(anchor.href) and bool(re.search(r"/c/[^/]+/\d+$", anchor.href))

    def _is_honeypot(self, anchor: Anchor) -> bool:
        return self._is_ours(anchor.href) and bool(re.search(r"/c/[^/]+/h$", anchor.href))

    def _failed(self, why: str, times: int = 1) -> None:
        self._done["errors"] += times
        if len(self._trouble) < TROUBLE_KEPT:
            self._trouble.append(why)


def _place(url: str) -> str:
    """Return the first part of a path: enough to find the fault, and no token of anybody."""
    return "/" + "/".join(urlsplit(url).path.strip("/").split("/")[:1])

"""A web server on 127.0.0.1 that answers HEAD and GET as told, and remembers what it was asked."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answers:
    """*of* says by path what is answered: a status, or one by method; a text is where a redirect leads."""

    port: int = 0
    of: dict[str, int | str | dict[str, int | str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    before: Callable[[str], None] = lambda path: None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://{self.host}{path}"


class _Handler(BaseHTTPRequestHandler):
    answers: Answers

    def _answer(self) -> None:
        self.answers.asked.append((self.command, self.path, self.headers["User-Agent"]))
        self.answers.before(self.path)
        told = self.answers.of.get(self.path, 404)
        one = told[self.command] if isinstance(told, dict) else told
        with suppress(ConnectionError):  # the other side has had enough
            self.send_response(301 if isinstance(one, str) else one)
            if isinstance(one, str):
                self.send_header("Location", one)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(b"x" * 100)

    do_HEAD = do_GET = _answer  # noqa: N815 - as the standard library calls them

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[Answers]:
    answers = Answers()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"answers": answers}))
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    answers.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

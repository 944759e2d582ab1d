"""An email API on loopback, in a process of its own: it takes every call, after a time of its own.

It answers as Mailgun (`/v3/…`) and as Lettermint (`/v1/send/batch`) do. What it is sent it reads and throws away, but
for counting the mails where each gets an id of its own, so that what is measured is the sender.
"""

import json
import sys
import time
from socketserver import StreamRequestHandler, ThreadingTCPServer

NOTHING_READ = b""


def main() -> None:
    Answering.latency = float(sys.argv[1])
    with Server(("127.0.0.1", 0), Answering) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


class Server(ThreadingTCPServer):
    """A thread for each connection; they end with the process."""

    daemon_threads = True


class Answering(StreamRequestHandler):
    """One connection: call after call."""

    latency = 0.0
    """Seconds before an answer."""
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while (first := self.rfile.readline()) != NOTHING_READ:
            length = 0
            while (line := self.rfile.readline().lower()) not in (b"\r\n", NOTHING_READ):
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            body = self.rfile.read(length)
            time.sleep(self.latency)
            self.wfile.write(_answer(first, body))


def _answer(first: bytes, body: bytes) -> bytes:
    if b"/send/batch" in first:
        taken = body.count(b'"metadata"')
        answer = json.dumps([{"message_id": f"m{number}", "status": "pending"} for number in range(taken)]).encode()
    else:
        answer = b'{"id": "<call@example.org>", "message": "Queued. Thank you."}'
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)


if __name__ == "__main__":
    main()

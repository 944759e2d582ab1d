"""An email API on loopback, in a process of its own: it takes every call, after a time of its own.

It answers as Mailgun (`/v3/…`) and as Lettermint (`/v1/send/batch`) do, and does no more work than counting, so that
what is measured is the sender.
"""

import asyncio
import json
import sys


def main() -> None:
    latency = float(sys.argv[1])
    asyncio.run(_serve(latency))


async def _serve(latency: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                if latency:
                    await asyncio.sleep(latency)
                writer.write(_answer(head, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 26)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def _length(head: bytes) -> int:
    return next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))


def _answer(head: bytes, body: bytes) -> bytes:
    if b"/send/batch" in head.partition(b"\r\n")[0]:
        taken = body.count(b'"metadata"')
        answer = json.dumps([{"message_id": f"m{number}", "status": "pending"} for number in range(taken)]).encode()
    else:
        answer = b'{"id": "<call@example.org>", "message": "Queued. Thank you."}'
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)


if __name__ == "__main__":
    main()

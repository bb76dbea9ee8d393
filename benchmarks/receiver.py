"""Receiver of gates: answers every request with 200 as soon as it is read; below /pit/ it never answers.

Run it as `python -m benchmarks.receiver PORT`.
"""

import asyncio
import sys

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LENGTH = b"content-length: "


class Conversation(asyncio.Protocol):
    """One connection. It reads no more of a request than where it ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            start = head.find(_LENGTH)
            length = int(head[start + len(_LENGTH) :].partition(b"\r\n")[0]) if start >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            if b" /pit/" not in head[: head.find(b"\r\n")]:
                self._transport.write(_ANSWER)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Conversation, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))

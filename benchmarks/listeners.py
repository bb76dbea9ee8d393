"""Listeners of a stream: as many connections as keys are named on the standard input, in one process.

Run it as `python -m benchmarks.listeners PORT SECONDS PATH`; a line of the standard input is a key. It says "listening"
once all are answered, and at the end prints as JSON how many events came within the last SECONDS, and the 50th and 95th
percentile of the seconds to their arrival here: from the receipt of a report, or from what totals are as of.
"""

import asyncio
import json
import re
import sys
import time
from datetime import datetime

import uvloop

_SINCE = re.compile(rb'"(?:received_at|data_as_of)":"([^"]+)"')
_HEAD = "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n"


async def _listen(port: int, path: str, key: str, seconds: list[float], answered: asyncio.Semaphore) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    writer.write(_HEAD.format(path=path, key=key).encode())
    if b" 200 " not in await reader.readline():
        raise RuntimeError("a listener was refused")
    answered.release()
    while line := await reader.readline():
        if line.startswith(b"data: "):
            since = datetime.fromisoformat(_SINCE.search(line)[1].decode())
            seconds.append(time.time() - since.timestamp())


async def main(port: int, seconds: float, path: str, keys: list[str]) -> None:
    """Listen until the time is over."""
    found: list[float] = []
    answered = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_listen(port, path, key, found, answered)) for key in keys]
    for _key in keys:
        await answered.acquire()
    print("listening", flush=True)
    await asyncio.sleep(2)  # until reports flow evenly
    found.clear()
    await asyncio.sleep(seconds)
    found.sort()
    percentiles = [found[int(len(found) * part)] for part in (0.5, 0.95)] if found else [0.0, 0.0]
    print(json.dumps({"events": len(found), "p50": percentiles[0], "p95": percentiles[1]}), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.stdin.read().split()))

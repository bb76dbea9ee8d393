"""Receivers that customers copy: they take signed requests once, and refuse what is forged, changed or old."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deliveries.gates.forwarded import Request
from deliveries.gates.receivers import receivers
from deliveries.gates.requests import request_of
from tests.gates.samples import OLD_SECRET, REPORT, SECRET, endpoint, report, sender
from tests.ports import free_port
from tests.running import until

ROOT = Path(__file__).parents[2]
PROGRAMS = {"Python": [sys.executable], "JavaScript": ["node"]}


@contextmanager
def running(language: str, folder: Path) -> Iterator[tuple[httpx.Client, Path]]:
    """Run a receiver as a customer would; give a client of it and the file that it writes reports to."""
    receiver = next(one for one in receivers() if one.language == language)
    (folder / receiver.file_name).write_text(receiver.code, encoding="utf-8")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    written, port = folder / "written", free_port()
    with (
        written.open("wb") as output,
        subprocess.Popen(
            [*PROGRAMS[language], receiver.file_name],
            cwd=folder, env=os.environ | {"GATE_SECRET": SECRET, "PORT": str(port)},
            stdout=output, stderr=subprocess.DEVNULL,
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):  # fmt: skip
        try:
            until(lambda: answers(client), f"the receiver in {language}")
            yield client, written
        finally:
            process.terminate()


def answers(client: httpx.Client) -> bool:
    try:
        return client.post("/", content=b"{}").status_code == 401
    except httpx.TransportError:
        return False


def posted(client: httpx.Client, request: Request, **changes: object) -> int:
    parts = {"headers": request.headers, "content": request.body} | changes
    return client.request(request.method, "/", **parts).status_code


@pytest.mark.parametrize("language", ["Python", pytest.param("JavaScript", marks=pytest.mark.needs_node)])
def test_receiver_takes_each_report_once_and_refuses_forgeries(language, tmp_path):
    now = datetime.now(UTC)
    rotating = sender(secrets=(OLD_SECRET, SECRET))  # the receiver has the old one still
    one = request_of(rotating, endpoint(), [REPORT], at=now)
    batch = [report(inbox_id=number, message_id=f"in-a-batch-{number}") for number in (816, 817)]
    with running(language, tmp_path) as (client, written):
        assert posted(client, one) == 200
        assert posted(client, request_of(sender(), endpoint(), [REPORT], at=now + timedelta(seconds=2))) == 200  # again
        assert posted(client, request_of(rotating, endpoint(), batch, at=now)) == 200
        assert posted(client, one, content=one.body.replace(b"1001", b"1006")) == 401
        assert posted(client, request_of(sender(secrets=(OLD_SECRET,)), endpoint(), [REPORT], at=now)) == 401
        assert posted(client, request_of(sender(), endpoint(), [REPORT], at=now - timedelta(minutes=6))) == 401
        text = until(lambda: said if "batch-817" in (said := written.read_text()) else "", "the reports")
    assert [text.count(name) for name in ("Dcshuhod0PMAAAFQ", "in-a-batch-816", "in-a-batch-817")] == [1, 1, 1]

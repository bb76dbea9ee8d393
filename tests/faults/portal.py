"""A portal that may be broken: ingest, applier and engines as processes of their own, no supervisor."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import yaml

from tests.faults.inspector import Inspector
from tests.faults.load import Load
from tests.running import Running, until

TOKEN = "token-of-the-numbered-reports"
PROGRAMS = ("engines", "web", "applier")

PROVISIONING = {
    "gateway_accounts": [
        {
            "name": "link-main",
            "platform_id": "ACME",
            "timezone": "Europe/Helsinki",
            "feeds": [{"name": "main", "dialect": "link", "token": TOKEN}],
        }
    ],
    "tenants": [
        {"slug": "nordic", "name": "Nordic", "timezone": "Europe/Oslo", "partner_ids": {"link-main": ["nr-fi"]}},
        {"slug": "short", "name": "Short", "timezone": "Asia/Tokyo", "partner_ids": {"link-main": ["short"]}},
    ],
}


@dataclass
class Portal(Running):
    """A running portal and the process that answers questions about it."""

    @cached_property
    def inspector(self) -> Inspector:
        with (self.logs / "inspector.log").open("ab") as log:
            return Inspector(self, log)


def start_portal(path: Path, logs: Path, provisioning: dict = PROVISIONING) -> Portal:
    """Start a portal in a home that was filled (fill_home); who starts one ends it (end_portal)."""
    portal = Portal(path, logs=logs)
    (logs / "provisioning.yaml").write_text(yaml.safe_dump(provisioning))
    try:
        portal.start("engines")
        portal.inspector.ask(
            "from django.core.management import call_command\n"
            f"call_command('provision', {str(logs / 'provisioning.yaml')!r})"
        )
        ready(portal)
    except BaseException:
        end_portal(portal)
        raise
    return portal


def ready(portal: Portal) -> None:
    """Start what is missing and wait until reports are taken."""
    for name in PROGRAMS:
        if name not in portal.processes or portal.processes[name].poll() is not None:
            portal.start(name)
    until(lambda: takes(portal), "the ingest takes work")


def takes(portal: Portal) -> bool:
    """Tell whether a report is taken: after a connection was ended, the first one may be refused."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=b'{"id":"ready","resultCode":1001}').is_success
    return False


def end_portal(portal: Portal) -> None:
    portal.inspector.close()
    for name in reversed(PROGRAMS):
        if name in portal.processes:
            portal.end(name)
    portal.remove()


def new_load(portal: Portal, **more) -> Load:
    """Return a load whose ids are its own: they begin with its seed."""
    return Load(f"{portal.url}/dlr/{TOKEN}/", time.time_ns() // 1000, **more)


def new_home() -> Path:
    path = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    path.chmod(0o755)
    return path

"""State of the demo between its runs, its files, and its limits of time."""

import json
import secrets
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from portal import engines

REPOSITORY = Path(__file__).resolve().parents[2]
PROVISIONING = REPOSITORY / "docs" / "examples" / "demo.yaml"
APPLY_WITHIN = 600  # seconds


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass
class State:
    """State that a second run needs, kept in PORTAL_HOME/demo.json, readable by its owner only."""

    token: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(24)}")
    own_token: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(24)}")
    mylink_token: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(24)}")
    passwords: dict[str, str] = field(default_factory=dict)
    shared: str = ""
    stream_key: str = ""
    added: int = 0  # id of the customer that was added as on the admin's page
    end: str = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).isoformat())
    simulated: bool = False
    receiver_port: int = 0  # of the demo's gates; 0: any free one

    @staticmethod
    def path() -> Path:
        return engines.portal_home() / "demo.json"

    @classmethod
    def load(cls) -> "State":
        return cls(**json.loads(cls.path().read_text())) if cls.path().exists() else cls()

    def save(self) -> None:
        part = self.path().with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(self.path())


def check_in_time(server: subprocess.Popen, give_up: float, what: str) -> None:
    if server.poll() is not None:
        raise DemoError(f"The portal ended while {what}.")
    if time.monotonic() > give_up:
        raise DemoError(f"After {APPLY_WITHIN} s {what}. See the logs in PORTAL_HOME/log.")

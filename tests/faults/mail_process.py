"""A mail server in a process of its own, to be killed: each mail that it has taken is a file in its folder.

As a program: PORT FOLDER ANSWER, the answer to the text of a mail (tests/report_mails/mail_servers.py).
"""

from __future__ import annotations

import signal
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

from tests.engines.conftest import REPOSITORY
from tests.ports import free_port
from tests.report_mails.mail_servers import PATIENCE, MailServer
from tests.running import until


class MailProcess:
    """A mail server that keeps its port and its mails when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self, answer: str = "250 taken") -> None:
        """Start it with an answer to texts, and wait until it listens; "hang" never answers."""
        words = [sys.executable, "-m", "tests.faults.mail_process", str(self.port), str(self.folder), answer]
        self.process = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"
        self.process.stdout.close()

    def kill(self) -> None:
        """kill -9, with every conversation that it has."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None

    def mails(self, name: str) -> list[Path]:
        """Return the mails that have arrived and name a report."""
        return [path for path in sorted(self.folder.glob("*.eml")) if name in _text(path)]

    def wait_for(self, name: str) -> None:
        """Wait until a mail that names the report has arrived, whatever was answered."""
        until(lambda: self.mails(name), f"a mail about {name} arrives")


def _text(path: Path) -> str:
    body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
    return "" if body is None else body.get_content()


class _Files(list):
    """Texts of mails, each of which is a file before it is answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, text: bytes) -> None:
        number = len(list(self.folder.glob("*.eml")))
        part = self.folder / f"{number}.part"
        part.write_bytes(text)
        part.rename(part.with_suffix(".eml"))


if __name__ == "__main__":
    port, folder, answer = sys.argv[1:]
    with MailServer(at=int(port), text=answer) as server:
        server.texts = _Files(Path(folder))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.pause()

"""Real SMTP servers on loopback, each in a thread of its own, that take mails, refuse them or die in mid-conversation.

with MailServer(rcpt="550 5.1.1 unknown") as server:
    ...
    assert server.mails == []
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

PATIENCE = 30  # seconds, on a busy machine


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        answers = self.server.owner.answers
        with contextlib.suppress(OSError):
            self._say(answers.get("greeting", "220 test"))
            while line := self.rfile.readline():
                command = line.split()[0].lower().decode() if line.split() else ""
                if command == "data":
                    self._data(answers)
                elif command == "quit":
                    self._say("221 bye")
                    return
                else:
                    self._say(answers.get(command, "250 ok"))

    def _data(self, answers: dict[str, str]) -> None:
        if not answers.get("data", "354").startswith("354"):
            self._say(answers["data"])
            return
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        owner = self.server.owner
        owner.texts.append(b"".join(lines))
        owner.has_text.set()
        match answers.get("text", "250 taken"):
            case "die":
                self.connection.shutdown(socket.SHUT_RDWR)
                raise OSError
            case "hang":
                owner.go_on.wait(PATIENCE)
                raise OSError
            case said:
                self._say(said)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    allow_reuse_address = True
    owner: MailServer


class MailServer:
    """A mail server; `answers` are by command (`greeting`, `mail`, `rcpt`, `data`) and for the `text` of a mail.

    `at` is its port, 0 for a free one. For the text, "die" closes the connection in place of an answer, and "hang"
    says nothing until the server ends.
    """

    def __init__(self, *, at: int = 0, **answers: str) -> None:
        self.at, self.answers = at, answers
        self.texts: list[bytes] = []
        self.has_text, self.go_on = threading.Event(), threading.Event()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails that arrived, parsed."""
        return [message_from_bytes(text, policy=policy.default) for text in self.texts]  # type: ignore[misc]

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self.at), _Conversation)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.server_close()  # waits for the conversations

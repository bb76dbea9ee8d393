"""Losing Redis locks nobody out: a server of the test's own is started, stopped and started again."""

import logging
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis
from django.core.cache import cache
from django.test import Client

from portal.common import cache as steady
from portal.engines import redis as engine
from tests.people.conftest import is_in, sign_in

pytestmark = pytest.mark.django_db
HERE = {"REMOTE_ADDR": "198.51.100.7"}


class Server:
    """A Redis on a socket in a folder."""

    def __init__(self, folder) -> None:
        self.folder, self.socket = folder, folder / "r.sock"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [
            engine._program(),
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(unix_socket_path=str(self.socket))
        until = time.monotonic() + 30
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < until, "Redis did not start"
            else:
                client.close()
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.socket.unlink(missing_ok=True)
            self.process = None


@pytest.fixture
def server(tmp_path_factory, settings, monkeypatch) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("r"))
    server.start()
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": f"unix://{server.socket}"}}
    monkeypatch.setattr(steady, "_away_until", {})
    monkeypatch.setattr(steady, "AWAY_SECONDS", 3600)  # no test takes so long that Redis is asked again
    yield server
    server.stop()
    cache.clear()


def test_people_sign_in_while_redis_is_away(server, viewer, caplog):
    server.stop()
    client = Client()

    with caplog.at_level(logging.WARNING, logger="portal.common.cache"):
        answer = sign_in(client, "viewer@example.com", **HERE)

    assert (answer.status_code, is_in(client)) == (302, True)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "Redis does not answer, limits are counted in this process alone"
    ]


def test_guessing_is_limited_while_redis_is_away(server, viewer):
    server.stop()

    answers = [
        sign_in(Client(), "viewer@example.com", "wrong", REMOTE_ADDR=f"198.51.100.{number}") for number in range(31)
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert "Too many failed login attempts" not in answers[29].content.decode()
    assert "Too many failed login attempts" in answers[30].content.decode()


def test_redis_that_came_back_is_used_again(server, monkeypatch):
    cache.set("where", "redis")
    server.stop()
    away = cache.get("where")
    cache.set("where", "memory")
    remembered = cache.get("where")
    server.start()
    not_yet = cache.get("where")
    monkeypatch.setattr(steady, "_away_until", {})  # the moment has passed
    back = cache.get("where")

    assert (away, remembered, not_yet, back) == (None, "memory", "memory", None)


@pytest.mark.parametrize("is_away", [False, True])
def test_cache_does_what_djangos_does(server, is_away):
    if is_away:
        server.stop()

    cache.clear()
    done = [
        cache.add("a", 1), cache.add("a", 2), cache.incr("a", 2), cache.get("a"), cache.touch("a", 60),
        cache.get_or_set("b", "made"), sorted(cache.get_many(["a", "b", "c"])), "b" in cache, cache.delete("a"),
        cache.get("a", "gone"),
    ]  # fmt: skip

    assert done == [True, False, 3, 3, True, "made", ["a", "b"], True, True, "gone"]

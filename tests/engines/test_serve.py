"""bin/serve: the supervisor's configuration, refusals in plain words, and a clean end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest
from supervisor.options import ServerOptions

from portal import serve
from portal.celery import app
from tests.engines.conftest import REPOSITORY, Home
from tests.ports import free_port


def read_by_supervisor(path: Path, text: str) -> dict[str, tuple[str, str]]:
    """Return each program's command and log file as supervisord itself understands the configuration."""
    path.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(path)])
    programs = [program for group in options.process_group_configs for program in group.process_configs]
    return {program.name: (program.command.split(" ", 1)[1], program.stdout_logfile) for program in programs}


def first_status(url: str) -> int:
    """Return the status of the first answer; the transport waits half a second between its attempts."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=2), timeout=30) as client:
        for _ in range(120):
            with contextlib.suppress(httpx.ConnectError):
                return client.get(url).status_code
    raise AssertionError("nothing listened for a minute")


def test_config_is_understood_by_the_supervisor_in_odd_folders(tmp_path: Path):
    home = tmp_path / "a 100% own folder"
    (home / "log").mkdir(parents=True)
    (home / "run").mkdir()
    env = {"BIND": "127.0.0.1", "PORT": "8765", "PORTAL_HOME": str(home), "PORTAL_CONNECTIONS": "700"}

    programs = read_by_supervisor(tmp_path / "conf", serve.config(env))
    assert {name: log for name, (_, log) in programs.items()} == {
        name: f"{home}/log/{name}.log"
        for name in ("engines", "web", "applier", "dispatcher", "worker", "exporter", "beat")
    }
    assert {name: command for name, (command, _) in programs.items()} == {
        "engines": "-m portal.engines watch",
        "web": "-m granian --interface asgi --loop uvloop --http 1 --no-ws --workers 1"
        " --backlog 2048 --backpressure 700 --http1-header-read-timeout 10000 --workers-kill-timeout 20"
        " --no-access-log --host 127.0.0.1 --port 8765 portal.asgi:application",
        "applier": "manage.py run_applier",
        "dispatcher": "manage.py run_dispatcher",
        "worker": "-m celery -A portal worker --concurrency 1 --loglevel INFO --without-gossip"
        " --without-mingle --queues celery,reports",
        "exporter": "-m celery -A portal worker --concurrency 1 --loglevel INFO --without-gossip"
        " --without-mingle --queues exports --hostname exporter@%h",
        "beat": f"-m celery -A portal beat --loglevel INFO --pidfile= --schedule '{home}/run/celerybeat-schedule'",
    }


def test_each_queue_has_one_program_and_exports_have_their_own(settings):
    env = {"BIND": "127.0.0.1", "PORT": "8765", "PORTAL_HOME": "/data"}
    of_program = {
        name: words[words.index("--queues") + 1].split(",")
        for name, words in serve.commands(env).items()
        if "--queues" in words
    }

    assert of_program == {"worker": ["celery", "reports"], "exporter": ["exports"]}
    routed = {app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    assert routed <= {"celery", "reports", "exports"}
    of_files = ("deliveries.run_export", "deliveries.resume_exports", "reports.make_definition_run")
    of_files = (*of_files, "reports.resume_definition_runs")
    assert {app.amqp.router.route({}, name)["queue"].name for name in of_files} == {"exports"}


def test_config_watches_no_engines_that_are_given(tmp_path: Path):
    env = {"BIND": "127.0.0.1", "PORT": "8765", "PORTAL_HOME": str(tmp_path)}
    for name in ("log", "run"):
        (tmp_path / name).mkdir()
    given = {"DATABASE_URL": "postgresql://db.example.com/portal", "REDIS_URL": "redis://q.example.com/1"}

    programs = read_by_supervisor(tmp_path / "conf", serve.config(env | given))

    assert list(programs) == ["web", "applier", "dispatcher", "worker", "exporter", "beat"]


@pytest.mark.parametrize(
    ("given", "raised", "held"),
    [
        ((256, 1024), (800, 1024), 480),  # as many as are wanted
        ((900, 1024), (900, 1024), 580),  # more than are wanted
        ((256, 700), (700, 700), 380),  # as many as there may be
        ((256, 256), (256, 256), 128),
    ],
)
def test_serve_lets_its_programs_open_as_many_files_as_they_may(used_home: Home, given, raised, held):
    said = used_home.code(
        f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, {given})\n"
        "from portal import connections, serve\nserve.OPEN_FILES = 800\nserve.allow_open_files()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), connections.capacity())"
    )
    assert said == f"{raised} {held}"


def test_serve_names_a_port_that_is_taken(home: Home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        home.variables = {"PORT": str(port)}

        assert home.run("-m", "portal.serve") == (
            1,
            "",
            f"Port {port} is taken by another program; choose another: PORT={port + 1} bin/serve\n",
        )


def test_serve_names_a_port_that_is_none(home: Home):
    home.variables = {"PORT": "80a"}

    assert home.run("-m", "portal.serve") == (1, "", "PORT=80a is not a port number (1 to 65535).\n")


def test_serve_answers_and_ends_cleanly(home: Home):
    port = free_port()
    home.variables = {"PORT": str(port)}
    with home.open("-m", "portal.serve") as process:
        try:
            said = process.stdout.readline()
            status = first_status(f"http://127.0.0.1:{port}/readyz")
        finally:
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=180)
            logs = {path.name: path.read_text() for path in home.path.glob("log/*.log")}  # shown on failure

    assert said == (
        f"The portal runs at http://localhost:{port}/ — logs are in {home.path}/log — press Ctrl-C to stop it.\n"
    )
    assert (status, process.returncode, output, errors) == (200, 0, "", "")
    assert home.engines("status")[0] == 1
    assert "Traceback" not in logs["web.log"] + logs["applier.log"]


def test_bin_commands_are_executable():
    names = ["setup", "portal", "serve", "test"]

    assert [name for name in names if not os.access(REPOSITORY / "bin" / name, os.X_OK)] == []

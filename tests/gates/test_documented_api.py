"""The commands of docs/gates.md's section API, run as they stand there against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest
from django.utils import timezone

from deliveries.gates.at_link.client import Access, GateApiClient
from deliveries.models import Gate
from portal.tenants import api_keys
from tests.gates.test_documentation import TEXT

pytestmark = pytest.mark.django_db(transaction=True)

SECTION = TEXT.partition("\n## API\n")[2]
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for command in re.split(r"\n(?=curl )", block.strip())
]


@pytest.fixture
def key(tenant, settings) -> str:
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.DNS_SERVERS = ["127.0.0.1:9"]  # nobody answers: nothing leaves this machine
    return api_keys.create_key(tenant=tenant, name="k", scopes=["gates"], created_by="x", now=timezone.now())[1]


def run(command: str, server: str, key: str, id_: str = "") -> str:
    command = command.replace("http://localhost:8000", server).replace("curl ", "curl -sS --max-time 60 ", 1)
    variables = os.environ | {"KEY": key, "ID": id_, "no_proxy": "*"}
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True, env=variables)
    return done.stdout


def test_commands_do_what_the_page_says(live_server, key):
    create, read, change, send, attempts, rotate, replay, pause, resume, delete, add, found, by_ref_id = COMMANDS

    made = json.loads(run(create, live_server.url, key))
    assert made["secret"].startswith("whsec_")
    id_ = made["id"]
    assert [gate["id"] for gate in json.loads(run(read, live_server.url, key))["data"]] == [id_]

    def do(command: str) -> dict:
        return json.loads(run(command, live_server.url, key, id_))

    assert do(change)["throttle"] == 20
    assert [one["outcome"] for one in do(send)["destinations"]] == ["dns_error"]
    assert [one["outcome"] for one in do(attempts)["data"]] == ["dns_error"]
    assert do(rotate)["secret"] != made["secret"]
    assert (do(replay)["id"], do(replay)["expected"]) == (None, 0)
    assert [do(pause)["state"], do(resume)["state"], do(delete)["id"]] == ["paused", "active", id_]

    head = run(add, live_server.url, key)
    added = Gate.objects.get()
    assert "201" in head.splitlines()[0]
    assert f"/partnergate/platform/ACME/partner/nr-fi/id/{added.public_id}" in head
    assert [gate["refId"] for gate in json.loads(run(found, live_server.url, key))] == ["erp"]
    assert json.loads(run(by_ref_id, live_server.url, key))["id"] == added.public_id


def test_portals_own_client_of_links_gate_api_works_with_it(live_server, key):
    access = Access(live_server.url.replace("localhost", "127.0.0.1"), key[: api_keys.PREFIX_LENGTH], key)
    gate = {
        "type": "PARTNER_GATE", "refId": "x/y", "platformId": "ACME", "platformPartnerId": "nr-fi",
        "destinations": [{"url": "https://sms.example.com/dlr", "password": "p", "username": "u"}],
    }  # fmt: skip
    with GateApiClient(access, platform_id="ACME") as client:
        assert client.gates("nr-fi") == []
        id_ = client.add(gate)
        (listed,) = client.gates("nr-fi")
        client.change("nr-fi", id_, listed | {"throttle": 3})
        assert client.by_ref_id("nr-fi", "x/y")["throttle"] == 3
        assert client.by_ref_id("nr-fi", "other") is None

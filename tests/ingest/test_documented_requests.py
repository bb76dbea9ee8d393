"""The commands of docs/link.md, run as they stand there against a real server: from the door to the message."""

import re
import subprocess
from pathlib import Path

import pytest

from deliveries.applying.apply import apply_waiting
from deliveries.models import Message, QuarantinedRow
from portal.tenants import tokens
from tests.ingest.conftest import BASIC, PLAIN
from tests.ingest.test_feed_access import becomes

PAGE = (Path(__file__).parents[2] / "docs" / "link.md").read_text()
SECTION = PAGE.partition("### What to enter at LINK")[2].partition("\n### ")[0]
COMMANDS = {
    re.search("try-[a-z]+", command)[0]: command for command in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
}

# What the message is afterwards beside being delivered: destination and partner ID, of (method, content type) stored.
MESSAGES = {
    "try-json": ("", "", None, ""),
    "try-gzip": ("", "", None, ""),
    "try-put": ("PUT", "", None, ""),
    "try-xml": ("", "application/xml", "+358401234567", ""),
    "try-form": ("", "application/x-www-form-urlencoded", "+358401234567", ""),
    "try-get": ("GET", "", "+358401234567", "portal-test"),
    "try-template": ("", "", None, ""),
    "try-basic": ("", "application/x-www-form-urlencoded", None, ""),  # as curl calls it
    "try-header": ("", "application/x-www-form-urlencoded", None, ""),
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


@pytest.fixture
def header_asked_for(http, outside, world):
    """The plain feed asks for the header of the documented command."""
    change = "UPDATE tenants_feed SET header_name = %s, header_value_digest = %s WHERE id = %s"
    outside.execute(change, ["X-Portal-Key", tokens.digest("VALUE", purpose="feed-header"), world.plain.id])
    becomes(http, f"/dlr/{PLAIN}/", 401)
    outside.execute("DELETE FROM inbox_todo")
    outside.execute("DELETE FROM inbox")
    yield
    outside.execute(change, ["", "", world.plain.id])
    becomes(http, f"/dlr/{PLAIN}/", 200)


def run(command: str, server) -> str:
    """Run a documented command against `server` and return what it prints."""
    token = BASIC if "--user" in command else PLAIN
    command = command.replace("http://localhost:8000", server.url).replace("TOKEN", token)
    command = command.replace("PASSWORD", "a secret of the gateway")
    return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True, timeout=60).stdout


def test_every_form_has_a_command():
    assert list(COMMANDS) == list(MESSAGES)


@pytest.mark.parametrize("name", COMMANDS)
def test_documented_command_becomes_a_message(server, world, outside, request, name):
    if name == "try-header":
        request.getfixturevalue("header_asked_for")

    answer = run(COMMANDS[name], server)

    assert answer.startswith("HTTP/1.1 200 OK")
    assert answer.endswith('{"received": 1}')
    method, content_type, destination, partner_id = MESSAGES[name]
    assert outside.execute("SELECT method, content_type FROM inbox").fetchall() == [(method, content_type)]
    assert apply_waiting().reports == 1
    assert list(Message.objects.values_list("account_id", "message_id", "status", "destination", "partner_id")) == [
        (world.account.id, name, "delivered", destination, partner_id)
    ]
    assert not QuarantinedRow.objects.exists()

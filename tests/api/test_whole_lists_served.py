"""Whole lists of the real web server: ten thousand messages, and a list that is cut in mid-stream."""

import json
import socket

import httpx
import pytest
from django.utils import timezone

from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from tests.api.conftest import sent
from tests.api.test_tables import CSV, NDJSON
from tests.deliveries.helpers import apply
from tests.servers import running_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_python]

MESSAGES = 10_000
PATH = "/api/v1/messages/"


@pytest.fixture
def key(feed, tenant) -> tuple[ApiKey, str]:
    """A key of the tenant, which has MESSAGES messages."""
    reports = [sent(f"m{n:05}", 1001, "nr-fi", n % 60, refId=f"ref {n}") for n in range(MESSAGES)]
    apply(feed, *reports)
    return api_keys.create_key(
        tenant=tenant, name="warehouse", scopes=["read", "numbers"], created_by="tests", now=timezone.now()
    )


def few_bytes_ahead() -> httpx.HTTPTransport:
    """Return a transport that lets the server send little before it is read."""
    return httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)])


def test_ten_thousand_messages_are_streamed_and_cut(key, tmp_path):
    row, text = key
    headers = {"Authorization": f"Bearer {text}"}
    with (
        running_server(folder=tmp_path) as server,
        httpx.Client(base_url=server.url, headers=headers, timeout=60) as http,
    ):
        paged, address = [], "/api/v1/messages/?size=500"
        while address:
            page = http.get(address)
            paged += page.json()["data"]
            address = page.links.get("next", {}).get("url")
        assert len(paged) == MESSAGES

        lines = http.get(PATH, headers={"Accept": NDJSON})
        assert [json.loads(line) for line in lines.iter_lines()] == paged
        assert http.get(PATH, headers={"Accept": CSV}).text.count("\n") == MESSAGES + 1

        seen: list[dict] = []
        with (
            httpx.Client(transport=few_bytes_ahead(), headers=headers, timeout=60) as slow,
            pytest.raises(httpx.RemoteProtocolError),
            slow.stream("GET", server.url + PATH, headers={"Accept": NDJSON}) as answer,
        ):
            for line in answer.iter_lines():
                if not seen:
                    api_keys.revoke_key(key=row, now=timezone.now())
                seen.append(json.loads(line))
        assert seen[-1]["type"] == "/api/v1/docs/#revoked-key"
        assert seen[:-1] == paged[: len(seen) - 1]

"""`sms-portal mcp` over standard input and output, driven by the client of the protocol's own package."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from mcp import Client as Assistant
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.client.conftest import ACCOUNT, COMMAND, DAY, MESSAGES, OWN, SALE, KeyMaker
from tests.faults.portal import Portal

pytestmark = pytest.mark.any_python

Job = Callable[[Assistant], Awaitable[Any]]
OF_SAMPLE = {"first_day": str(DAY), "last_day": str(DAY), "filters": {"campaign": SALE}}


@pytest.fixture
def key(make_key: KeyMaker) -> str:
    return make_key("read", "partner_ids", "export", "submit")


@pytest.fixture
def ask(portal: Portal, key: str, tmp_path) -> Callable[..., Any]:
    """Return a call that runs a job with an assistant's client; what the server writes to stderr must be nothing."""

    def ask(job: Job, *words: str) -> Any:
        env = {"SMS_PORTAL_URL": portal.url, "SMS_PORTAL_KEY": key, "HOME": str(tmp_path)}
        server = StdioServerParameters(command=COMMAND, args=["mcp", *words], env=env)

        async def run() -> Any:
            with (tmp_path / "stderr").open("w") as errors:
                async with Assistant(stdio_client(server, errlog=errors)) as assistant:
                    return await job(assistant)

        found = asyncio.run(run())
        assert (tmp_path / "stderr").read_text() == ""
        return found

    return ask


async def called(assistant: Assistant, name: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    """Return whether a tool failed, and its text."""
    result = await assistant.call_tool(name, arguments)
    (block,) = result.content
    return bool(result.is_error), block.text


def test_answers_are_the_apis_own_bytes_with_the_request(ask, portal: Portal, key: str):
    async def job(assistant: Assistant) -> list[tuple[bool, str]]:
        return [
            await called(assistant, "get_statistics", OF_SAMPLE | {"group_by": "country,status", "order": "-failed"}),
            await called(assistant, "search_messages", OF_SAMPLE | {"size": 2}),
            await called(assistant, "get_message", {"account": ACCOUNT, "message_id": "m1"}),
            await called(assistant, "read_path", {"path": "result-codes/"}),
        ]

    for is_error, text in ask(job):
        found = json.loads(text)
        request = found["request"]
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        answer = httpx.get(portal.url + request["path"], params=request["query"], headers=headers)
        assert (is_error, request["method"], found["status"]) == (False, "GET", 200)
        ours, theirs = (without_clock(each) for each in (found["answer"], answer.json()))
        assert ours == theirs
        if "data_as_of" not in theirs:
            assert text.endswith(f'"answer":{answer.text}}}')  # to the byte


def without_clock(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"data_as_of": None}


def test_figures_name_their_request(ask):
    is_error, text = ask(lambda assistant: called(assistant, "get_statistics", OF_SAMPLE | {"group_by": "status"}))
    found = json.loads(text)

    assert found["request"] == {
        "method": "GET",
        "path": "/api/v1/statistics/",
        "query": [["from", str(DAY)], ["to", str(DAY)], ["group_by", "status"], ["campaign", SALE]],
    }
    assert (is_error, found["answer"]["total"]["messages"]) == (False, MESSAGES)


def test_tools_only_read_unless_writes_are_allowed(ask):
    async def listed(assistant: Assistant) -> dict[str, bool]:
        return {tool.name: tool.annotations.read_only_hint for tool in (await assistant.list_tools()).tools}

    reading, writing = ask(listed), ask(listed, "--allow-writes")

    assert set(reading.values()) == {True}
    assert {"get_statistics", "search_messages", "get_message", "list_operations", "read_path"} <= set(reading)
    assert {name for name in writing if name not in reading} == {"declare_partner_ids", "request_export"}
    assert (writing["declare_partner_ids"], writing["request_export"]) == (False, False)


def test_writes_are_done_where_they_are_allowed(ask, client):
    async def job(assistant: Assistant) -> list[tuple[bool, str]]:
        item = {"account": OWN, "value": "by-assistant", "tenant": "child"}
        return [
            await called(assistant, "declare_partner_ids", {"items": [item]}),
            await called(assistant, "request_export", {"format": "csv", "filters": {"campaign": SALE}}),
        ]

    declared, exported = (json.loads(text) for _is_error, text in ask(job, "--allow-writes"))

    assert declared["answer"]["data"][0]["result"] == "declared"
    assert declared["request"]["body"]["items"][0]["value"] == "by-assistant"
    assert [each.tenant for each in client.partner_ids.list(value="by-assistant")] == ["child"]
    assert client.exports.get(exported["answer"]["id"]).format == "csv"


def test_problems_are_errors_of_the_tool_and_name_the_field(ask):
    async def job(assistant: Assistant) -> list[tuple[bool, str]]:
        return [
            await called(assistant, "get_statistics", {"filters": {"country": "XX"}}),
            await called(assistant, "get_statistics", {"period": "7d", "filters": {"period": "30d"}}),
            await called(assistant, "read_path", {"path": "https://elsewhere.example/"}),
            await called(assistant, "search_messages", {"size": 1000}),
            await called(assistant, "get_message", {"account": ACCOUNT, "message_id": "theirs"}),
        ]

    found = ask(job)

    assert [is_error for is_error, _text in found] == [True] * 5
    texts = [text for _is_error, text in found]
    assert '"field":"country"' in texts[0] and '"path":"/api/v1/statistics/"' in texts[0]
    assert "period has an argument of its own" in texts[1]
    assert "is not below /api/v1/" in texts[2]
    assert "less than or equal to 100" in texts[3]
    assert '"status":404' in texts[4]

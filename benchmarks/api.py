"""submissions and api_statistics: the REST API over HTTP, from the portal's own web program."""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.figure import Figure
from benchmarks.reading import have_messages, largest_tenant
from benchmarks.stage import Stage
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, GatewayAccount, Tenant

LINES = 10_000
AIM = 20_000  # submissions a second
REQUESTS, QUICK_REQUESTS = 100, 20
YEAR = "/api/v1/statistics/?period=12m&group_by=month,country"
BAR = 150  # ms at the 95th percentile


def submissions(stage: Stage) -> Iterator[Figure]:
    """NDJSON bodies of 10,000 submissions by one key of an account, one after the other; answered after the commit."""
    stage.clear()
    account = GatewayAccount.objects.select_related("pool").get(name="link-main")
    key = _key(account.pool, account, "submit")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson", "Host": "localhost"}
    sent = took = 0
    with stage.web() as (_program, port):
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while took < stage.seconds:
            body = _body(sent)
            began = time.perf_counter()
            sender.request("POST", "/api/v1/messages/", body, headers)
            answer = sender.getresponse()
            told = answer.read()
            took += time.perf_counter() - began
            if answer.status != 202 or json.loads(told)["accepted"] != LINES:
                raise RuntimeError(f"answered {answer.status}: {told[:200]!r}")
            sent += LINES
        sender.close()
    rate = sent / took
    yield Figure("submissions", rate, "submissions/s", note=f"{sent // LINES} bodies of {LINES}", is_missed=rate < AIM)
    stage.clear()


def api_statistics(stage: Stage) -> Iterator[Figure]:
    """A year by month and country, of the tenant with the most messages: the 95th percentile of the answers."""
    have_messages(stage)
    yield answer_time(stage, "api_statistics", YEAR, largest_tenant(), "read", bar=BAR)


def answer_time(stage: Stage, name: str, path: str, tenant: Tenant, *scopes: str, bar: int) -> Figure:
    """Return the 95th percentile of the answers to one request of a tenant's key, over HTTP; `bar` in ms."""
    headers = {"Authorization": f"Bearer {_key(tenant, None, *scopes)}", "Host": "localhost"}
    times = []
    with stage.web() as (_program, port):
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(QUICK_REQUESTS if stage.quick else REQUESTS):
            began = time.perf_counter()
            sender.request("GET", path, headers=headers)
            answer = sender.getresponse()
            answer.read()
            times.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"answered {answer.status}")
        sender.close()
    times.sort()
    value = times[min(int(len(times) * 0.95), len(times) - 1)]
    note = f"median {times[len(times) // 2]:.0f}, worst {times[-1]:.0f} ms of {len(times)}"
    return Figure(name, value, "ms", note=note, is_missed=value > bar)


def _key(tenant: Tenant, account: GatewayAccount | None, *scopes: str) -> str:
    now = datetime.now(UTC)
    ApiKey.objects.filter(tenant=tenant, name="benchmark").update(revoked_at=now)
    values = {"name": "benchmark", "scopes": scopes, "created_by": "benchmarks", "now": now}
    return api_keys.create_key(tenant=tenant, account=account, **values)[1]


def _body(first: int) -> bytes:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    one = {"submitted_at": at, "partner_id": "nr-fi", "ref_id": "sale|A", "source": "ExampleShop"}
    lines = (
        json.dumps({"message_id": f"b{number}", "destination": f"+35840{number % 10_000_000:07}"} | one)
        for number in range(first, first + LINES)
    )
    return "\n".join(lines).encode()

"""Rate limits a minute of each key, and of each address without one."""

import pytest
from django.core.cache import cache

from portal.api import limits

pytestmark = pytest.mark.django_db

MINUTE = 30_000_000 * limits.WINDOW  # when a minute begins


@pytest.fixture(autouse=True)
def minute(monkeypatch):
    """Let all be asked 15 seconds into a minute of its own."""
    cache.clear()
    now = [MINUTE + 15.5]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    return now


@pytest.fixture
def no_cache(settings):
    """Take the cache away: nobody listens there."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}


def limit_of(answer) -> tuple[int, str | None, str | None]:
    return answer.status_code, answer.headers.get("RateLimit"), answer.headers.get("Retry-After")


def test_key_over_its_limit_waits_for_the_next_minute(mine, call, tenant, settings, minute):
    settings.API_KEY_PER_MINUTE = 2
    another = call(tenant)

    answers = [mine.get("reports/") for _ in range(3)]
    of_another = another.get("reports/")
    minute[0] += 45
    later = mine.get("reports/")

    assert [limit_of(answer) for answer in answers] == [
        (200, '"key";r=1;t=45', None),
        (200, '"key";r=0;t=45', None),
        (429, '"key";r=0;t=45', "45"),
    ]
    assert answers[2].headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert answers[2].headers["Content-Type"] == "application/problem+json"
    body = answers[2].json()
    assert (body["type"], body["detail"]) == (
        "/api/v1/docs/#too-many-requests",
        "More than 2 requests in this minute. Try again in 45 seconds.",
    )
    assert [limit_of(of_another), limit_of(later)] == [(200, '"key";r=1;t=45', None), (200, '"key";r=1;t=60', None)]


def test_guessing_is_limited_by_address_before_a_key_is_looked_at(client, mine, settings):
    settings.API_ADDRESS_PER_MINUTE = 2

    def guess(address: str):
        return client.get("/api/v1/reports/", headers={"Authorization": "Bearer srk_guess"}, REMOTE_ADDR=address)

    asked = [guess(address).status_code for address in ("192.0.2.1",) * 3 + ("192.0.2.2", "2001:db8::1", "2001:db8::2")]
    asked.append(guess("2001:db8::3").status_code)

    assert asked == [401, 401, 429, 401, 401, 401, 429]
    assert client.get("/api/v1/reports/", headers=mine.headers, REMOTE_ADDR="192.0.2.1").status_code == 200


def test_public_description_is_limited_too(client, settings):
    settings.API_ADDRESS_PER_MINUTE = 1

    assert [client.get("/api/v1/schema/").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("address", ["", "unix:", "not-an-address"])
def test_nobody_is_limited_for_an_address_that_nobody_knows(client, settings, address):
    settings.API_ADDRESS_PER_MINUTE = 1

    answers = [client.get("/api/v1/reports/", REMOTE_ADDR=address) for _ in range(2)]

    assert [limit_of(answer) for answer in answers] == [(401, None, None)] * 2


def test_without_a_limit_nothing_is_counted(mine, settings):
    settings.API_KEY_PER_MINUTE = 0

    assert [limit_of(mine.get("reports/")) for _ in range(2)] == [(200, None, None)] * 2
    assert mine.get("key/").json()["requests_per_minute"] is None


def test_without_the_cache_each_process_counts_for_itself(mine, settings, no_cache, minute):
    settings.API_KEY_PER_MINUTE = 2

    answers = [mine.get("reports/").status_code for _ in range(3)]
    minute[0] += 60
    answers.append(mine.get("reports/").status_code)

    assert answers == [200, 200, 429, 200]

"""`Idempotency-Key`: a POST that is sent again gets its first answer and changes nothing."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from portal.accounts import tasks
from portal.api.schema import document
from portal.tenants.models import ApiKey, IdempotentAnswer
from reports.models import ReportRun

pytestmark = pytest.mark.django_db


@contextmanager
def in_work(key: ApiKey, value: str) -> Iterator[None]:
    """Hold what a request with this value of the header holds until its commit, in another session."""
    wanted = connection.get_connection_params()
    place = {name: wanted[name] for name in ("dbname", "host", "port", "user", "password") if wanted.get(name)}
    with psycopg.connect(**place) as other:
        name = hashlib.sha256(value.encode()).hexdigest()
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{key.id} {name}"])
        yield


@pytest.fixture
def post(client):
    """Return a function that posts as a caller with a value of the header."""

    def send(caller, path: str, body: object, key: str | None):
        headers = caller.headers | ({"Idempotency-Key": key} if key is not None else {})
        return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    return send


def test_retry_gets_the_first_answer(mine, post):
    first = post(mine, "reports/", {"month": "2026-09"}, "one")
    ReportRun.objects.update(state="failed")
    again = post(mine, "reports/", {"month": "2026-09"}, "one")

    assert (again.status_code, again.content) == (first.status_code, first.content) == (202, first.content)
    assert [again.headers[name] for name in ("Location", "Content-Type")] == [
        first.headers[name] for name in ("Location", "Content-Type")
    ]
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, again)] == [None, "true"]
    assert ReportRun.objects.count() == 1


def test_value_in_quotes_is_the_same(mine, post):
    posted = [post(mine, "reports/", {"month": "2026-09"}, key) for key in ('"one"', "one")]

    assert [answer.headers.get("Idempotent-Replayed") for answer in posted] == [None, "true"]


@pytest.mark.parametrize("change", ["body", "path"])
def test_same_value_for_another_request_is_refused(mine, post, change):
    post(mine, "reports/", {"month": "2026-09"}, "one")

    other = ("reports/", {"month": "2026-08"}) if change == "body" else ("partner-ids/", {"month": "2026-09"})
    answer = post(mine, *other, "one")

    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/docs/#idempotency-key-reused")
    assert ReportRun.objects.count() == 1


def test_each_key_has_values_of_its_own(mine, call, tenant, post):
    of_one, of_other = (post(caller, "reports/", {"month": "2026-09"}, "one") for caller in (mine, call(tenant)))

    assert [answer.headers.get("Idempotent-Replayed") for answer in (of_one, of_other)] == [None, None]


def test_error_is_not_kept(mine, post):
    refused = post(mine, "reports/", {"month": "never"}, "one")
    made = post(mine, "reports/", {"month": "2026-09"}, "one")

    assert (refused.status_code, made.status_code) == (422, 202)


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256])
def test_value_that_is_none_is_refused(mine, post, key):
    answer = post(mine, "reports/", {"month": "2026-09"}, key)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "Idempotency-Key")
    assert ReportRun.objects.count() == 0


def test_request_beside_one_that_is_still_in_work_is_refused(mine, post):
    with in_work(mine.key, "one"):
        beside = post(mine, "reports/", {"month": "2026-09"}, "one")
        of_another = post(mine, "reports/", {"month": "2026-09"}, "two")
    after = post(mine, "reports/", {"month": "2026-09"}, "one")

    assert [answer.status_code for answer in (beside, of_another, after)] == [409, 202, 202]
    assert (beside.json()["type"], beside.headers["Retry-After"]) == ("/api/v1/docs/#still-in-work", "1")


def test_answer_is_kept_for_a_day_and_encrypted(mine, post):
    post(mine, "reports/", {"month": "2026-09"}, "one")
    kept = IdempotentAnswer.objects.get()
    assert "2026-09" not in kept.answer
    assert "one" not in kept.name

    IdempotentAnswer.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    ReportRun.objects.update(state="done", file="x", sha256="0" * 64)
    again = post(mine, "reports/", {"month": "2026-09"}, "one")
    IdempotentAnswer.objects.update(at=timezone.now() - timedelta(hours=25))

    assert again.headers.get("Idempotent-Replayed") is None
    assert tasks.forget_api_requests() == 1
    assert IdempotentAnswer.objects.count() == 0


def test_every_post_takes_the_header():
    posts = {path: methods["post"] for path, methods in document()["paths"].items() if "post" in methods}

    assert len(posts) >= 13
    for path, operation in posts.items():
        assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]], path

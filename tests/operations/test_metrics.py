"""/metrics and the request log."""

import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deliveries.checks.run import keep
from deliveries.models import ApplierStop, RefusalCount, RuleRefold, TenantRecount
from tests.deliveries.helpers import NOW, apply, dlr, put

pytestmark = pytest.mark.django_db


def values(body: bytes) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.values()) or ''}": sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_metrics_tell_what_came_in_and_what_waits(client, feed, tenant):
    apply(feed, dlr("a"), dlr("a"), dlr("b"), b"broken")
    put(feed, dlr("c"))
    read = values(client.get("/metrics").content)
    labels = "['link-main', 'main']"
    assert {name: read[f"portal_feed_{name}_total{labels}"] for name in ("received", "reports", "duplicates")} == {
        "received": 4,
        "reports": 2,
        "duplicates": 1,
    }
    assert read["portal_quarantine_waiting_rows['not JSON']"] == 1
    assert read["portal_inbox_waiting_rows"] == 1
    assert 0 <= read["portal_inbox_oldest_waiting_seconds"] < 3600
    assert read["portal_applier_stopped"] == 0
    for stream in ("delivery_reports", "statistics", "pages"):
        assert (read[f"portal_stream_listeners['{stream}']"], read[f"portal_stream_events_total['{stream}']"]) == (0, 0)


def test_metrics_count_jobs_by_kind_and_state(client, tenant):
    TenantRecount.objects.create(tenant=tenant, reason="zone")
    RuleRefold.objects.bulk_create([RuleRefold(state="failed"), RuleRefold(state="failed"), RuleRefold(state="done")])

    read = values(client.get("/metrics").content)

    jobs = {name: value for name, value in read.items() if name.startswith("portal_jobs")}
    assert {name for name, value in jobs.items() if not value} == set(jobs) - {
        "portal_jobs['queued', 'recount']", "portal_jobs['failed', 'refold']", "portal_jobs['done', 'refold']",
    }  # fmt: skip
    assert (len(jobs), jobs["portal_jobs['queued', 'recount']"], jobs["portal_jobs['failed', 'refold']"]) == (60, 1, 2)


def test_metrics_tell_that_the_applier_has_stopped(client, feed):
    ApplierStop.objects.create(since=NOW, cause="programme", code="TypeError", error="TypeError: x", tried_at=NOW)
    assert values(client.get("/metrics").content)["portal_applier_stopped"] == 1


def test_metrics_tell_what_was_refused(client, feed):
    for feed_id, reason, hour, number in (
        (feed.id, "network", NOW, 3), (feed.id, "network", NOW.replace(hour=1), 4), (feed.id, "method", NOW, 1),
        (0, "unknown token", NOW, 5),
    ):  # fmt: skip
        RefusalCount.objects.create(
            feed_id=feed_id, reason=reason, hour=hour, refusals=number, first_at=hour, last_at=hour
        )
    read = values(client.get("/metrics").content)
    assert {name: value for name, value in read.items() if name.startswith("portal_dlr_refused_total")} == {
        "portal_dlr_refused_total['link-main/main', 'network']": 7,
        "portal_dlr_refused_total['link-main/main', 'method']": 1,
        "portal_dlr_refused_total['unknown', 'unknown token']": 5,
    }


def test_metrics_tell_what_the_standing_checks_found(client, feed, tenant):
    keep("received", ["one is missing", "two are"], now=NOW)
    keep("waiting", [], now=NOW)
    read = values(client.get("/metrics").content)
    assert {name: value for name, value in read.items() if name.startswith("portal_check_")} == {
        "portal_check_problems['received']": 2,
        "portal_check_problems['waiting']": 0,
        "portal_check_last_run_timestamp_seconds['received']": NOW.timestamp(),
        "portal_check_last_run_timestamp_seconds['waiting']": NOW.timestamp(),
    }


@pytest.mark.parametrize(
    ("token", "headers", "extra", "status"),
    [
        ("", {}, {"REMOTE_ADDR": "192.0.2.1"}, 401),
        ("", {"X-Forwarded-For": "192.0.2.1"}, {}, 401),
        ("", {"Forwarded": "for=192.0.2.1"}, {}, 401),
        ("", {"Via": "1.1 proxy"}, {}, 401),
        ("", {"X-Real-IP": "192.0.2.1"}, {}, 401),
        ("", {"X-Forwarded-Proto": "https"}, {}, 401),
        ("", {}, {}, 200),
        ("secret-token", {}, {}, 401),
        ("secret-token", {"Authorization": "Bearer wrong"}, {}, 401),
        ("secret-token", {"Authorization": "Bearer secret-token"}, {"REMOTE_ADDR": "192.0.2.1"}, 200),
    ],
)
def test_metrics_are_for_those_who_may(client, settings, feed, token, headers, extra, status):
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers=headers, **extra).status_code == status


def test_requests_are_logged_by_route_with_an_id_and_nothing_personal(client, caplog, feed, owner):
    client.force_login(owner)
    with caplog.at_level(logging.INFO, logger="portal.requests"):
        response = client.get(
            "/t/nordic-retail/reports/?number=%2B358401234567", headers={"X-Request-ID": "from-proxy-1"}
        )
    (line,) = caplog.records
    assert line.getMessage() == "GET /t/<slug:tenant_slug>/reports/ 200"
    assert (line.request_id, response.headers["X-Request-ID"]) == ("from-proxy-1", "from-proxy-1")
    assert "358401234567" not in str(line.__dict__)


def test_strange_request_ids_are_replaced(client, feed):
    given = "x\r\nSet-Cookie: a=b"
    assert len(client.get("/metrics", headers={"X-Request-ID": given}).headers["X-Request-ID"]) == 16

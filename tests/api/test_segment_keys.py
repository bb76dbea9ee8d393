"""Segment keys chosen and given up by the REST API, as the settings page does."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import SegmentKey
from campaigns.segments import MAX_KEYS
from deliveries.rederiving.segment_keys import run_segment_keys
from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message

pytestmark = pytest.mark.django_db
NONE = {"done": 0, "total": 0, "failed": [], "refused": {}, "figures_from": None}


@pytest.fixture
def key(call, tenant):
    return call(tenant, "read", "settings")


def ask(caller, method: str, path: str = "", body: object = None, **headers):
    return getattr(caller.client, method)(
        f"/api/v1/segments/{path}", body, content_type="application/json", headers=caller.headers | headers
    )


def test_key_is_chosen_counted_and_given_up(key, feed, tenant):
    apply(feed, *(message(f"m{n}", shop=f"shop {n}") for n in range(3)))

    made = ask(key, "post", body={"key": "shop"})
    expected = {"key": "shop", "tenants": [], "counting": ["nordic-retail"], "url": "/api/v1/segments/shop/"} | NONE
    assert (made.status_code, made["Location"], made.json()) == (201, expected["url"], expected)
    SegmentKey.objects.update(state="running", done=2, total=3)
    assert key.get("segments/", key="shop").json()["data"] == [expected | {"done": 2, "total": 3}]
    assert key.get("segments/shop/").status_code == 404

    SegmentKey.objects.update(state="queued", done=0, total=0)
    run_segment_keys()
    ready = expected | {"tenants": ["nordic-retail"], "counting": []}
    again = ask(key, "post", body={"key": "shop"})
    assert (again.status_code, again.json()) == (200, ready)
    assert key.get("segments/", key="other").json()["data"] == []
    counted = key.get("segments/shop/", **{"from": "2026-11-01", "to": "2026-11-30"}).json()
    assert counted["total"]["messages"] == 3

    gone = ask(key, "delete", "shop/")
    assert (gone.status_code, gone.json()) == (200, ready | {"tenants": []})
    assert (key.get("segments/").json()["data"], key.get("segments/shop/").status_code) == ([], 404)
    assert ask(key, "delete", "shop/").status_code == 200  # its rows are being deleted
    run_segment_keys()
    assert ask(key, "delete", "shop/").status_code == 404
    told = AuditEntry.objects.filter(actor=str(key.key), tenant=tenant).order_by("id")
    assert list(told.values_list("action", "subject")) == [
        ("segment_key.chosen", "shop"), ("segment_key.removed", "shop"),
    ]  # fmt: skip


def test_failed_key_is_told_and_begins_anew(key, tenant):
    chosen(tenant, "shop")
    SegmentKey.objects.update(state="failed")
    (row,) = key.get("segments/").json()["data"]
    assert (row["failed"], row["counting"], row["tenants"]) == (["nordic-retail"], [], [])
    again = ask(key, "post", body={"key": "shop"})
    assert (again.status_code, again.json()["counting"]) == (201, ["nordic-retail"])


def test_key_with_nearly_as_many_values_as_messages_says_why_it_has_no_figures(key, feed, monkeypatch):
    monkeypatch.setattr("campaigns.segments.JUDGED_MESSAGES", 4)
    apply(feed, *(message(f"m{n}", order=f"{n}") for n in range(4)))
    assert ask(key, "post", body={"key": "order"}).json()["refused"] == {"nordic-retail": "unique"}


REFUSED = (
    ({"key": " "}, "#/key", "Enter a key."),
    ({"key": "x" * 65}, "#/key", "Ensure this field has no more than 64 characters."),
    ({"key": "+358401234567"}, "#/key", "A key must not contain a phone number. Keys are kept permanently."),
    ({"key": "source"}, "#/key", "“source” is not a custom parameter. Senders and numbers are stored separately."),
    ({"key": "ref:none"}, "#/key", "The refId scheme has no label “none”."),
    ({"key": 7}, "#/key", "a text is needed"),
    ({}, "#/key", "This field is required."),
    ({"key": "shop", "tenant": "baltic-parcel"}, "#/tenant", "no tenant of this name that the key may see"),
    ({"key": "shop", "colour": "red"}, "#/colour", "unknown field; allowed: key, tenant"),
)


def test_what_is_refused_names_its_field(key, other_tenant):
    for body, pointer, text in REFUSED:
        answer = ask(key, "post", body=body)
        assert answer.status_code == 422, body
        assert [(one["pointer"], one["detail"]) for one in answer.json()["errors"]] == [(pointer, text)]
    assert not SegmentKey.objects.exists()


def test_key_over_the_limit_is_a_conflict(key, tenant):
    chosen(tenant, *(f"key {n}" for n in range(MAX_KEYS)))
    answer = ask(key, "post", body={"key": "one more"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "At most 10 keys. Remove another key first.")


def test_post_that_is_sent_again_chooses_once(key):
    twice = [ask(key, "post", body={"key": "shop"}, **{"Idempotency-Key": "a-1"}) for _ in range(2)]
    assert [(one.status_code, one.json()) for one in twice] == [(201, twice[0].json())] * 2
    assert AuditEntry.objects.filter(action="segment_key.chosen").count() == 1


def test_key_of_a_parent_chooses_and_gives_up_for_the_tenant_that_it_names(key, tenant):
    child = Tenant.objects.create(slug="shop-1", name="Shop 1", parent=tenant)
    assert ask(key, "post", body={"key": "shop", "tenant": "shop-1"}).status_code == 201
    assert ask(key, "delete", "shop/").status_code == 404  # the parent has none of its own
    ask(key, "post", body={"key": "shop"})
    assert key.get("segments/", tenant="shop-1").json()["data"][0]["counting"] == ["shop-1"]
    assert ask(key, "delete", "shop/?tenant=shop-1").json()["counting"] == ["nordic-retail"]
    assert set(SegmentKey.objects.values_list("tenant_id", "removed")) == {(child.pk, True), (tenant.pk, False)}
    assert ask(key, "delete", "shop/?tenant=none").status_code == 400


def test_keys_of_others_of_accounts_and_without_the_scope_change_nothing(call, tenant, other_tenant, account):
    chosen(tenant, "shop")
    callers = call(other_tenant), call(account.pool, account=account), call(tenant, "read", "admin")
    for caller, statuses in zip(callers, ((201, 404), (403, 403), (403, 403)), strict=True):
        body = {"key": "theirs"}
        assert (ask(caller, "post", body=body).status_code, ask(caller, "delete", "shop/").status_code) == statuses
    assert list(SegmentKey.objects.filter(tenant=tenant).values_list("key", "removed")) == [("shop", False)]


def test_list_asks_as_many_queries_of_ten_keys_as_of_one(key, tenant):
    asked = []
    assert key.get("segments/").status_code == 200  # notes the key's use
    for names in (("key 0",), tuple(f"key {n}" for n in range(1, MAX_KEYS))):
        chosen(tenant, *names)
        with CaptureQueriesContext(connection) as queries:
            assert key.get("segments/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]

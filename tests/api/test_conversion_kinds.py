"""Kinds of conversion events and windows by the REST API, as the settings page has them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import ConversionKind
from deliveries.conversions.kinds import MAX_KINDS
from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
EVENT = {"event_id": "order-1", "kind": "purchase", "occurred_at": "2026-11-20T10:00:00Z", "destination": "0401234567"}
PAST = "2020-01-01T00:00:00Z"


@pytest.fixture
def key(call, tenant):
    return call(tenant, "read", "settings")


@pytest.fixture
def child(tenant) -> Tenant:
    return Tenant.objects.create(slug="shop-1", name="Shop 1", parent=tenant)


def ask(caller, method: str, path: str, body: object = None, **headers):
    return getattr(caller.client, method)(
        f"/api/v1/conversions/{path}", body, content_type="application/json", headers=caller.headers | headers
    )


def told(key) -> list:
    entries = AuditEntry.objects.filter(actor=str(key.key)).order_by("id")
    return list(entries.values_list("action", "subject", "details"))


def test_kind_is_added_changed_and_deleted(key, tenant):
    made = ask(key, "post", "kinds/", {"name": "sign-up", "window_minutes": 60})
    body = made.json()
    path = f"kinds/{body['id']}/"
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/conversions/{path}")
    assert body == {
        "id": body["id"], "tenant": "nordic-retail", "name": "sign-up", "window_minutes": 60, "is_otp": False,
        "created_at": body["created_at"], "url": f"/api/v1/conversions/{path}",
    }  # fmt: skip
    assert key.get(f"conversions/{path}").json() == key.get("conversions/kinds/").json()["data"][0] == body

    until = key.get("conversions/kinds/", updated_since=PAST).json()["data_as_of"]
    assert ask(key, "patch", path, {"window_minutes": 60}).json() == body
    assert key.get("conversions/kinds/", updated_since=until).json()["data"] == []
    changed = ask(key, "patch", path, {"name": "code", "window_minutes": None, "is_otp": True}).json()
    assert changed == body | {"name": "code", "window_minutes": None, "is_otp": True}
    assert key.get("conversions/kinds/", updated_since=until).json()["data"] == [changed]

    gone = ask(key, "delete", path)
    assert (gone.status_code, gone.json(), ask(key, "delete", path).status_code) == (200, changed, 404)
    assert told(key) == [
        ("conversion_kind.added", "sign-up", {}),
        ("conversion_kind.changed", "sign-up", {"fields": ["name", "window_minutes", "is_otp"], "name": "code"}),
        ("conversion_kind.removed", "code", {}),
    ]


def test_kind_with_events_stays_and_another_window_has_them_attributed_again(call, key, tenant):
    kind = ConversionKind.objects.create(tenant=tenant, name="purchase")
    assert ask(call(tenant, "convert"), "post", "", EVENT).status_code == 200
    refused = ask(key, "delete", f"kinds/{kind.pk}/")
    assert (refused.status_code, refused.json()["detail"]) == (409, "The kind has events, so it stays.")
    connection.cursor().execute("DELETE FROM conversion_due")

    ask(key, "patch", f"kinds/{kind.pk}/", {"is_otp": True})
    assert due() == 0
    ask(key, "patch", f"kinds/{kind.pk}/", {"window_minutes": 30})
    assert due() == 1
    ask(key, "patch", "window/", {"minutes": 30})
    assert due() == 2


def due() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM conversion_due WHERE event_pk IS NULL")
        return cursor.fetchone()[0]


REFUSED = (
    ("kinds/", {}, "#/name"),
    ("kinds/", {"name": " "}, "#/name"),
    ("kinds/", {"name": "x" * 61}, "#/name"),
    ("kinds/", {"name": "call +358401234567"}, "#/name"),
    ("kinds/", {"name": "purchase"}, "#/name"),
    ("kinds/", {"name": "x", "window_minutes": 0}, "#/window_minutes"),
    ("kinds/", {"name": "x", "window_minutes": 129_601}, "#/window_minutes"),
    ("kinds/", {"name": "x", "window_minutes": "60"}, "#/window_minutes"),
    ("kinds/", {"name": "x", "is_otp": 1}, "#/is_otp"),
    ("kinds/", {"name": "x", "tenant": "baltic-parcel"}, "#/tenant"),
    ("kinds/", {"name": "x", "colour": "red"}, "#/colour"),
    ("kinds/{kind}/", {"name": "purchase"}, "#/name"),
    ("kinds/{kind}/", {"name": "call +358401234567"}, "#/name"),
    ("kinds/{kind}/", {"tenant": "nordic-retail"}, "#/tenant"),
    ("window/", {}, "#/minutes"),
    ("window/", {"minutes": None}, "#/minutes"),
    ("window/", {"minutes": 129_601}, "#/minutes"),
    ("window/", {"minutes": 60, "tenant": "baltic-parcel"}, "#/tenant"),
)


def test_what_is_refused_names_its_field(key, tenant, other_tenant):
    ConversionKind.objects.create(tenant=tenant, name="purchase")
    kind = ConversionKind.objects.create(tenant=tenant, name="sign-up")
    for path, body, pointer in REFUSED:
        method = "post" if path == "kinds/" else "patch"
        answer = ask(key, method, path.format(kind=kind.pk), body)
        assert answer.status_code == 422, body
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert told(key) == []


def test_kind_over_the_limit_is_a_conflict(key, tenant):
    ConversionKind.objects.bulk_create(ConversionKind(tenant=tenant, name=f"{n}") for n in range(MAX_KINDS))
    answer = ask(key, "post", "kinds/", {"name": "one more"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "There are 50 kinds already, the most.")


def test_page_refuses_the_same(client, tenant):
    client.force_login(make_user("manager@example.com", tenant, "manager"))
    page = "/t/nordic-retail/settings/conversions/"
    ConversionKind.objects.bulk_create(ConversionKind(tenant=tenant, name=f"{n}") for n in range(MAX_KINDS - 1))
    kind = ConversionKind.objects.create(tenant=tenant, name="purchase")
    for address, name, text in (
        (page, "purchase", "There is a kind of this name already."),
        (page, "one more", "There are 50 kinds already, the most."),
        (f"{page}{kind.pk}/", "7", "There is a kind of this name already."),
    ):
        refused = client.post(address, {"name": name})
        assert (refused.status_code, text in refused.content.decode()) == (422, True)
    assert client.post(f"{page}{kind.pk}/", {"name": "order", "window_minutes": "30"}).status_code == 302
    assert client.post(f"{page}{kind.pk}/", {"name": "order", "window_minutes": "30"}).status_code == 302
    assert client.post(f"{page}{kind.pk}/remove/").status_code == 302
    entries = AuditEntry.objects.filter(tenant=tenant, actor="manager@example.com").order_by("id")
    assert list(entries.values_list("action", "subject", "details")) == [
        ("conversion_kind.changed", "purchase", {"fields": ["name", "window_minutes"], "name": "order"}),
        ("conversion_kind.removed", "order", {}),
    ]


def test_post_that_is_sent_again_adds_one(key):
    twice = [ask(key, "post", "kinds/", {"name": "x"}, **{"Idempotency-Key": "a-1"}).json() for _ in range(2)]
    assert (twice[0], ConversionKind.objects.count()) == (twice[1], 1)


def test_window_of_a_customer_is_read_and_changed(key, tenant, child):
    assert key.get("conversions/window/").json() == {"tenant": "nordic-retail", "minutes": 1440}
    assert ask(key, "patch", "window/", {"minutes": 60, "tenant": "shop-1"}).json() == {
        "tenant": "shop-1", "minutes": 60,
    }  # fmt: skip
    assert ask(key, "patch", "window/", {"minutes": 60, "tenant": "shop-1"}).status_code == 200
    assert key.get("conversions/window/", tenant="shop-1").json() == {"tenant": "shop-1", "minutes": 60}
    assert key.get("conversions/window/").json()["minutes"] == 1440
    assert told(key) == [("conversion_window.changed", "", {"minutes": 60, "before": 1440})]


def test_key_of_a_parent_reaches_the_kinds_of_those_below(key, child):
    made = ask(key, "post", "kinds/", {"name": "x", "tenant": "shop-1"}).json()
    own = ask(key, "post", "kinds/", {"name": "x"}).json()
    assert (made["tenant"], own["tenant"]) == ("shop-1", "nordic-retail")
    assert [row["id"] for row in key.get("conversions/kinds/").json()["data"]] == [own["id"], made["id"]]
    assert key.get("conversions/kinds/", tenant="shop-1").json()["data"] == [made]


def test_keys_of_others_of_accounts_and_without_the_scope_change_nothing(call, tenant, other_tenant, account):
    kind = ConversionKind.objects.create(tenant=tenant, name="purchase")
    callers = call(other_tenant), call(account.pool, account=account), call(tenant, "read", "convert", "admin")
    for caller, statuses in zip(callers, ((404, 404, 201, 200), (403,) * 4, (403,) * 4), strict=True):
        assert (
            ask(caller, "patch", f"kinds/{kind.pk}/", {"name": "x"}).status_code,
            ask(caller, "delete", f"kinds/{kind.pk}/").status_code,
            ask(caller, "post", "kinds/", {"name": "x"}).status_code,
            ask(caller, "patch", "window/", {"minutes": 7}).status_code,
        ) == statuses
    assert list(ConversionKind.objects.filter(tenant=tenant).values_list("name", flat=True)) == ["purchase"]
    assert call(tenant, "read").get("conversions/window/").json()["minutes"] == 1440


def test_list_asks_as_many_queries_of_many_kinds_as_of_one(key, tenant):
    assert key.get("conversions/kinds/").status_code == 200  # notes the key's use
    asked = []
    for number in (1, 9):
        ConversionKind.objects.bulk_create(ConversionKind(tenant=tenant, name=f"{number} {n}") for n in range(number))
        with CaptureQueriesContext(connection) as queries:
            assert key.get("conversions/kinds/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]

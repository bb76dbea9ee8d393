"""The log of a key's requests and the networks that it may be used from."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.accounts import tasks
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, ApiRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_key(tenant):
    """Return a maker of keys with their texts."""

    def make(**values) -> tuple[ApiKey, dict[str, str]]:
        plain = {"scopes": ["read"], "name": "warehouse", "created_by": "owner@example.com", "now": timezone.now()}
        key, text = api_keys.create_key(tenant=tenant, **plain | values)
        return key, {"Authorization": f"Bearer {text}"}

    return make


def page_of(client, tenant, key, query: str = ""):
    return client.get(f"/t/{tenant.slug}/settings/api-keys/{key.id}/requests/{query}")


def test_page_lists_what_the_key_has_asked(client, owner, tenant, make_key):
    key, headers = make_key()
    asked = ["statistics/?country=FI", "statistics/?nothing=1", "messages/link-main/+358401234567/"]
    statuses = [client.get(f"/api/v1/{path}", headers=headers).status_code for path in asked]
    client.force_login(owner)

    page = page_of(client, tenant, key)
    text = page.content.decode()

    assert statuses == [200, 400, 404]
    assert [row.status for row in page.context["rows"]] == [404, 400, 200]
    assert "GET /api/v1/messages/&lt;slug:account&gt;/&lt;any_text:message_id&gt;/" in text
    assert "GET /api/v1/statistics/" in text
    assert "401234567" not in text
    assert [row.status for row in page_of(client, tenant, key, "?only=errors").context["rows"]] == [404, 400]


def test_failed_request_is_in_the_log(client, make_key):
    key, headers = make_key()
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE daily_count RENAME TO daily_count_away")

    assert client.get("/api/v1/statistics/", headers=headers).status_code == 500
    assert list(ApiRequest.objects.filter(key=key).values_list("status", "method")) == [(500, "GET")]


def test_older_requests_are_on_the_next_page(client, owner, tenant, make_key):
    key, _headers = make_key()
    one = {"tenant": tenant, "key": key, "request_id": "x", "method": "GET", "route": "/api/v1/", "milliseconds": 1}
    ApiRequest.objects.bulk_create(ApiRequest(**one, status=200, at=timezone.now()) for _ in range(101))
    client.force_login(owner)

    first = page_of(client, tenant, key)
    second = page_of(client, tenant, key, f"?before={first.context['older']}")

    assert (len(first.context["rows"]), len(second.context["rows"]), second.context["older"]) == (100, 1, None)
    assert page_of(client, tenant, key, "?before=x").status_code == 404


def test_requests_are_kept_for_30_days(make_key, tenant):
    key, _headers = make_key()
    one = {"tenant": tenant, "key": key, "request_id": "x", "method": "GET", "route": "/", "milliseconds": 1}
    for days in (29, 31):
        ApiRequest.objects.create(**one, status=200, at=timezone.now() - timedelta(days=days))

    assert (tasks.forget_api_requests(), ApiRequest.objects.count()) == (1, 1)


def test_page_is_of_the_tenants_own_keys(client, owner, other_tenant, tenant):
    values = {"scopes": ["read"], "name": "theirs", "created_by": "x", "now": timezone.now()}
    key, _text = api_keys.create_key(tenant=other_tenant, **values)
    client.force_login(owner)

    assert page_of(client, tenant, key).status_code == 404


@pytest.mark.parametrize(("address", "status"), [("192.0.2.7", 200), ("198.51.100.1", 401), ("::ffff:192.0.2.7", 200)])
def test_key_is_refused_outside_of_its_networks(client, make_key, address, status):
    key, headers = make_key(networks=["192.0.2.0/24"])

    answer = client.get("/api/v1/key/", headers=headers, REMOTE_ADDR=address)

    assert answer.status_code == status
    if status == 401:
        assert answer.json()["type"] == "/api/v1/docs/#network-refused"
        assert ApiRequest.objects.filter(key=key).count() == 0


def test_networks_are_chosen_with_the_key(client, owner, tenant):
    client.force_login(owner)
    page = f"/t/{tenant.slug}/settings/api-keys/"
    values = {"name": "CRM", "scopes": ["read"], "days": ""}

    refused = client.post(page, values | {"networks": "192.0.2.0/24\nnowhere"})
    made = client.post(page, values | {"networks": "192.0.2.0/24\n2001:db8::/32"}, follow=True)

    assert refused.status_code == 422
    assert "nowhere" in refused.content.decode()
    assert ApiKey.objects.get().networks == ["192.0.2.0/24", "2001:db8::/32"]
    assert "from 192.0.2.0/24, 2001:db8::/32 only" in made.content.decode()

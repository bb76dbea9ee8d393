"""API keys: their page, and what is kept of them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from tests.conftest import NOW

URL = "/t/nordic-retail/settings/api-keys/"
WANTED = {"name": "Warehouse", "scopes": ["read"], "days": "90"}


def make(tenant, name: str = "k", **extra) -> tuple[ApiKey, str]:
    values = {"scopes": ["read"], "created_by": "owner@example.com", "now": NOW} | extra
    return api_keys.create_key(tenant=tenant, name=name, **values)


@pytest.mark.parametrize(("who", "status"), [("analyst", 403), ("viewer", 403), ("stranger", 404)])
def test_keys_are_for_managers(client, request, tenant, who, status):
    key, _text = make(tenant)
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(URL), client.post(URL, WANTED), client.post(f"{URL}{key.id}/revoke/")]

    assert [answer.status_code for answer in answers] == [status] * 3
    assert list(ApiKey.objects.values_list("id", "revoked_at")) == [(key.id, None)]


def test_key_is_shown_once_and_kept_as_a_digest(client, tenant, manager):
    client.force_login(manager)

    made = client.post(URL, WANTED, follow=True)
    later = client.get(URL).content.decode()

    row, text = made.context["made"]
    stored = ApiKey.objects.values().get()
    assert (text in made.content.decode(), text in later, row.prefix in later) == (True, False, True)
    assert made.headers["Cache-Control"] == "no-store, private"
    assert text not in str(stored) and text[13:] not in str(stored)
    assert (stored["tenant_id"], stored["name"], stored["scopes"], stored["created_by"]) == (
        tenant.id, "Warehouse", ["read"], "manager@example.com",
    )  # fmt: skip
    assert stored["expires_at"] - stored["created_at"] == timedelta(days=90)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.subject) == (
        "api_key.created", "manager@example.com", f"Warehouse ({row.prefix}…)",
    )  # fmt: skip
    assert text[13:] not in str(entry.details)


def test_reload_after_making_a_key_makes_no_other(client, tenant, other_tenant, manager):
    client.force_login(manager)

    answer = client.post(URL, WANTED)
    kept = str(dict(client.session))
    made = client.get(answer.url)

    assert (answer.status_code, answer.url, answer.content) == (302, URL, b"")
    _row, text = made.context["made"]
    assert (text in kept, text[13:] in kept, "shown-once" in kept) == (False, False, True)
    assert client.get(answer.url).context["made"] is None
    assert ("shown-once" in str(dict(client.session)), ApiKey.objects.count()) == (False, 1)


def test_key_that_nobody_looked_at_is_forgotten_after_five_minutes(client, tenant, manager, monkeypatch):
    client.force_login(manager)
    client.post(URL, WANTED)

    monkeypatch.setattr("portal.accounts.shown_once.SECONDS", -1)

    assert client.get(URL).context["made"] is None


def test_key_is_shown_on_its_own_tenants_page_alone(client, tenant, manager, other_tenant):
    Membership.objects.create(user=manager, tenant=other_tenant, role=Role.MANAGER)
    client.force_login(manager)

    client.post(URL, WANTED)

    assert client.get(URL.replace("nordic-retail", other_tenant.slug)).context["made"] is None
    assert client.get(URL).context["made"] is not None


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["read", "root"]}, {"days": "-5"}, {"days": "99999"}]
)
def test_key_that_cannot_be_is_not_made(client, tenant, manager, wrong):
    client.force_login(manager)

    assert (client.post(URL, WANTED | wrong).status_code, ApiKey.objects.count()) == (422, 0)


def test_posted_fields_beside_the_forms_make_no_other_key(client, tenant, other_tenant, account, manager):
    client.force_login(manager)

    client.post(URL, WANTED | {"tenant": other_tenant.id, "account": account.id, "prefix": "mine", "digest": "mine"})

    key = ApiKey.objects.get()
    assert (key.tenant_id, key.account_id, key.prefix == "mine", key.digest == "mine") == (
        tenant.id,
        None,
        False,
        False,
    )


def test_key_is_revoked_after_asking(client, tenant, manager):
    key, text = make(tenant)
    client.force_login(manager)

    asked = client.get(f"{URL}{key.id}/revoke/")
    before = api_keys.find_key(text, now=NOW)
    for _time in range(2):
        client.post(f"{URL}{key.id}/revoke/")

    assert (asked.status_code, before, api_keys.find_key(text, now=NOW)) == (200, key, None)
    assert list(AuditEntry.objects.values_list("action", "subject")) == [("api_key.revoked", f"k ({key.prefix}…)")]


def test_key_of_another_tenant_or_a_whole_account_is_not_found(client, tenant, other_tenant, account, owner):
    keys = [make(other_tenant, "canary")[0], make(account.pool, "canary", account=account)[0]]
    client.force_login(owner)

    answers = [client.post(f"{URL}{key.id}/revoke/").status_code for key in keys]

    assert (answers, "canary" in client.get(URL).content.decode()) == ([404, 404], False)
    assert ApiKey.objects.filter(revoked_at=None).count() == 2


def test_keys_refuse_posts_without_a_token(browser, tenant, manager):
    key, _text = make(tenant)
    client = browser(manager, enforce_csrf_checks=True)

    assert [client.post(url).status_code for url in (URL, f"{URL}{key.id}/revoke/")] == [403, 403]


@pytest.mark.parametrize("number", (1, 3))
def test_keys_need_as_many_queries_for_one_as_for_three(client, tenant, manager, number, django_assert_num_queries):
    for count in range(number):
        make(tenant, f"k{count}")
    client.force_login(manager)

    with django_assert_num_queries(14):
        response = client.get(URL)

    assert [row["key"].name for row in response.context["keys"]] == [f"k{n}" for n in reversed(range(number))]


def test_keys_that_are_no_use_come_last(client, tenant, manager):
    now = timezone.now()
    make(tenant, "expired", expires_at=now - timedelta(seconds=1))
    api_keys.revoke_key(key=make(tenant, "revoked")[0], now=now)
    make(tenant, "good")
    client.force_login(manager)

    assert [row["key"].name for row in client.get(URL).context["keys"]] == ["good", "expired", "revoked"]


def test_presented_key_is_found_while_it_is_valid(tenant):
    key, text = make(tenant, expires_at=NOW + timedelta(days=1))

    assert api_keys.find_key(text, now=NOW) == key
    assert api_keys.find_key(text, now=NOW + timedelta(days=1)) is None


@pytest.mark.parametrize(
    "change", [lambda t: "", lambda t: t[:-1], lambda t: t[:12], lambda t: "\0" + t, lambda t: t + "x"]
)
def test_presented_key_that_is_not_exact_is_none(tenant, change):
    _key, text = make(tenant)

    assert api_keys.find_key(change(text), now=NOW) is None


def test_key_outlives_a_new_secret_key_while_the_old_one_is_accepted(tenant, settings):
    key, text = make(tenant)
    old = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of some length", [old]
    kept = api_keys.find_key(text, now=NOW)
    settings.SECRET_KEY_FALLBACKS = []

    assert (kept, api_keys.find_key(text, now=NOW)) == (key, None)


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "root"]])
def test_key_without_a_known_scope_is_refused(tenant, scopes):
    with pytest.raises(ValidationError):
        make(tenant, scopes=scopes)


def test_scopes_stand_in_their_order_once(tenant):
    assert make(tenant, scopes=["submit", "read", "submit"])[0].scopes == ["read", "submit"]

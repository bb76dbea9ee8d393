"""/audit-log/, /members/ and /api-keys/: for keys with the scope `admin`, within their own tenants."""

import pytest

from portal.accounts.key_rights import offered_scopes
from portal.accounts.models import AuditEntry, record
from portal.tenants.models import ApiKey
from tests.api.conftest import CANARY

pytestmark = pytest.mark.django_db

PATHS = ("audit-log/", "members/", "api-keys/")


@pytest.mark.parametrize("path", PATHS)
def test_scope_is_needed(call, tenant, path):
    others = [scope for scope in ApiKey.Scope.values if scope != "admin"]

    assert call(tenant, *others).get(path).status_code == 403
    assert call(tenant, "admin").get(path).status_code == 200


def test_audit_log_is_the_pages(mine, tenant, owner, other_tenant):
    record("member.invited", actor=owner.email, tenant=tenant, subject="new@example.com", details={"role": "viewer"})
    record("member.invited", actor=CANARY, tenant=other_tenant, subject=CANARY, details={"role": "viewer"})

    answer = mine.get("audit-log/", action="member.invited")

    (entry,) = answer.json()["data"]
    stored = AuditEntry.objects.get(tenant=tenant, action="member.invited")
    assert (entry["id"], entry["actor"], entry["subject"]) == (stored.id, owner.email, "new@example.com")
    assert entry["sentence"] == f"{owner.email} invited new@example.com as a viewer."
    assert CANARY not in answer.content.decode()
    (finnish,) = mine.get("audit-log/", action="member.invited", lang="fi").json()["data"]
    assert finnish["sentence"] == f"{owner.email} kutsui henkilön new@example.com katselijaksi."
    assert mine.get("audit-log/", actor="nobody@example.com").json()["data"] == []
    assert mine.get("audit-log/", action="x").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"from": "2026-11-02"}, ["third", "second"]),
        ({"from": "2026-11-01", "to": "2026-11-01"}, ["first"]),
        ({"from": "2026-11-01T22:00:00Z", "to": "2026-11-02T21:59:59Z"}, ["second"]),
        ({"to": "2026-11-02"}, ["third", "second", "first"]),
        ({"to": "2026-11-02T00:00:00+02:00"}, ["first"]),
    ],
)
def test_audit_log_of_days_and_instants(mine, tenant, query, found):
    for name, at in (("first", "2026-11-01T21:59:59Z"), ("second", "2026-11-01T22:00:00Z"),
                     ("third", "2026-11-02T21:59:59Z")):  # fmt: skip
        record("member.invited", actor="test", tenant=tenant, subject=name, details={"role": "viewer"})
        AuditEntry.objects.filter(subject=name).update(at=at)

    rows = mine.get("audit-log/", **query, action="member.invited").json()["data"]

    assert [row["subject"] for row in rows] == found


def test_members_are_those_of_the_keys_tenants(mine, theirs, tenant, owner):
    mine_, theirs_ = (caller.get("members/").json()["data"] for caller in (mine, theirs))

    assert {"tenant": tenant.slug, "email": owner.email, "role": "owner"}.items() <= mine_[0].items()
    assert owner.email not in [row["email"] for row in theirs_]


def test_key_is_revoked_at_once_and_the_log_says_by_whom(mine, call, tenant):
    other = call(tenant, "read")
    path = f"/api/v1/api-keys/{other.key.id}/"

    revoked = [mine.client.delete(path, headers=mine.headers) for _ in range(2)]

    assert [(answer.status_code, answer.json()["is_valid"]) for answer in revoked] == [(200, False), (200, False)]
    assert other.get("key/").status_code == 401
    assert AuditEntry.objects.get(action="api_key.revoked").actor == str(mine.key)


def test_key_neither_revokes_itself_nor_reaches_others(mine, theirs, client):
    itself = client.delete(f"/api/v1/api-keys/{mine.key.id}/", headers=mine.headers)
    of_another = client.delete(f"/api/v1/api-keys/{theirs.key.id}/", headers=mine.headers)

    assert (itself.status_code, of_another.status_code) == (409, 404)
    assert ApiKey.objects.filter(revoked_at=None).count() == 2
    assert theirs.key.prefix not in mine.get("api-keys/").content.decode()


def test_keys_secret_is_in_no_answer(mine):
    answer = mine.get("api-keys/").content.decode()

    assert mine.key.prefix in answer
    assert mine.text not in answer
    assert mine.key.digest not in answer


def test_key_of_an_account_administers_no_tenant(whole_account, mine, tenant, owner):
    assert whole_account.get("members/").json()["data"] == []
    assert [row["prefix"] for row in whole_account.get("api-keys/").json()["data"]] == [whole_account.key.prefix]
    record("member.invited", actor=owner.email, tenant=tenant, subject="new@example.com", details={"role": "viewer"})
    assert whole_account.get("audit-log/", action="member.invited").json()["data"] == []


def test_only_an_owner_gives_the_scope(client, tenant, owner, manager):
    page, offered = f"/t/{tenant.slug}/settings/api-keys/", {}
    for person in (owner, manager):
        client.force_login(person)
        answer = client.get(page)
        offered[person] = [value for value, _label in offered_scopes(answer.wsgi_request.access)]
        values = {"name": "CRM", "scopes": ["read", "admin"], "days": "30"}
        offered[person, "made"] = client.post(page, values).status_code

    assert ("admin" in offered[owner], "admin" in offered[manager]) == (True, False)
    assert (offered[owner, "made"], offered[manager, "made"]) == (302, 422)
    assert ApiKey.objects.get().scopes == ["read", "admin"]

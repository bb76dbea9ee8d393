"""/api/v1/members/ and /api-keys/: people invited, roles changed, members removed, keys created."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import AuditEntry, Invitation, Membership
from portal.tenants.models import ApiKey, IdempotentAnswer, Tenant
from tests.api.test_partner_ids import pointers
from tests.api.test_schema import check
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(call, tenant, owner):
    """A key that an owner of the tenant holds."""
    return call(tenant, holder_id=owner.pk)


def send(caller, method: str, path: str, body: dict | None = None, **headers):
    ask = getattr(caller.client, method)
    return ask(f"/api/v1/{path}", body or {}, content_type="application/json", headers=caller.headers | headers)


def member_path(person) -> str:
    return f"members/{Membership.objects.get(user=person).pk}/"


def test_person_is_invited_and_the_invitation_revoked(held, theirs, client, tenant, owner):
    made = held.post("members/", {"email": "New@example.com", "role": "analyst"})
    invitation = Invitation.objects.get()
    opened = client.get(invitations.link(invitation)).status_code
    (listed,) = held.get("members/invitations/").json()["data"]
    path = f"members/invitations/{invitation.pk}/"
    of_others = [theirs.get(path), send(theirs, "delete", path)]
    revoked = send(held, "delete", path)

    check("/api/v1/members/", "POST", made)
    check("/api/v1/members/invitations/{invitation_id}/", "DELETE", revoked)
    assert (made.status_code, made.headers["Location"], opened) == (201, f"/api/v1/{path}", 200)
    assert (invitation.email, invitation.role, invitation.inviter_id) == ("new@example.com", "analyst", owner.pk)
    assert listed == made.json()
    assert [answer.status_code for answer in of_others] == [404, 404]
    assert (revoked.status_code, client.get(invitations.link(invitation)).status_code) == (200, 410)
    assert held.get("members/invitations/").json()["data"] == []
    entry = AuditEntry.objects.get(action="member.invited")
    assert (entry.actor, entry.subject, entry.details) == (str(held.key), "new@example.com", {"role": "analyst"})


def test_link_is_told_where_no_mail_is_sent_alone(held, settings):
    sent = held.post("members/", {"email": "one@example.com", "role": "viewer"}).json()["link"]
    settings.EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
    with_link = held.post("members/", {"email": "two@example.com", "role": "viewer"}).json()["link"]

    assert sent is None
    assert with_link == invitations.link(Invitation.objects.get(email="two@example.com"))


def test_invitation_that_cannot_be_is_refused(held, mine, whole_account, theirs, viewer, monkeypatch):
    monkeypatch.setattr(invitations, "MAX_PER_DAY", 1)
    bodies = [
        ({"email": "nobody", "role": "viewer"}, "email"),
        ({"email": viewer.email.upper(), "role": "viewer"}, "email"),
        ({"email": "new@example.com", "role": "king"}, "role"),
        ({"email": "new@example.com", "role": "viewer", "tenant": "baltic-parcel"}, "tenant"),
    ]
    new = {"email": "new@example.com", "role": "viewer"}

    assert [pointers(held.post("members/", body)) for body, _name in bodies] == [
        (422, [f"#/{name}"]) for _body, name in bodies
    ]
    assert mine.post("members/", new).status_code == 409  # no holder
    assert pointers(whole_account.post("members/", new)) == (422, ["#/tenant"])
    assert [held.post("members/", new).status_code for _again in range(2)] == [201, 409]


def test_role_is_changed_and_the_member_removed(held, viewer, tenant):
    path = member_path(viewer)

    changed = send(held, "patch", path, {"role": "manager"})
    read = held.get(path).json()["role"]
    removed = send(held, "delete", path)

    check("/api/v1/members/{membership_id}/", "PATCH", changed)
    check("/api/v1/members/{membership_id}/", "DELETE", removed)
    assert (changed.json()["role"], read, removed.status_code, held.get(path).status_code) == (
        "manager",
        "manager",
        200,
        404,
    )
    told = AuditEntry.objects.filter(action__in=("member.role", "member.removed")).order_by("id")
    assert [(entry.actor, entry.subject, entry.details) for entry in told] == [
        (str(held.key), viewer.email, {"from": "viewer", "to": "manager"}),
        (str(held.key), viewer.email, {"role": "manager"}),
    ]


def test_last_owner_stays_and_a_key_leaves_its_holder_alone(mine, held, owner):
    path = member_path(owner)

    by_a_key_of_nobody = [send(mine, "patch", path, {"role": "viewer"}), send(mine, "delete", path)]
    make_user("second@example.com", Tenant.objects.get(slug="nordic-retail"), "owner")
    by_its_own = [send(held, "patch", path, {"role": "viewer"}), send(held, "delete", path)]
    after = send(mine, "patch", path, {"role": "viewer"})

    assert [answer.status_code for answer in (*by_a_key_of_nobody, *by_its_own, after)] == [409] * 4 + [200]
    assert ApiKey.objects.get(id=held.key.id).abandoned_at is not None


def test_members_of_others_are_not_reached(theirs, whole_account, viewer):
    path = member_path(viewer)

    for caller in (theirs, whole_account):
        asked = [caller.get(path), send(caller, "patch", path, {"role": "owner"}), send(caller, "delete", path)]
        assert [answer.status_code for answer in asked] == [404] * 3
    assert Membership.objects.get(user=viewer).role == "viewer"


def test_key_whose_holder_has_lost_the_right_changes_nothing(held, viewer):
    ApiKey.objects.update(abandoned_at=timezone.now())

    asked = [
        held.post("members/", {"email": "new@example.com", "role": "owner"}),
        send(held, "patch", member_path(viewer), {"role": "owner"}),
        send(held, "delete", member_path(viewer)),
        held.post("api-keys/", {"name": "x", "scopes": ["read"]}),
    ]

    assert [answer.status_code for answer in asked] == [409] * 4


def test_key_is_created_with_its_secret_once(held, call, client, tenant, owner):
    body = {"name": "CRM", "scopes": ["submit", "read"], "networks": ["192.0.2.0/24", "127.0.0.1"]}

    first = send(held, "post", "api-keys/", body, **{"Idempotency-Key": "one"})
    again = send(held, "post", "api-keys/", body, **{"Idempotency-Key": "one"})

    check("/api/v1/api-keys/", "POST", first)
    made, secret = ApiKey.objects.get(name="CRM"), first.json()["key"]
    assert (first.status_code, again.content, ApiKey.objects.count()) == (201, first.content, 2)
    assert (made.scopes, made.networks, made.holder_id) == (["read", "submit"], body["networks"], owner.pk)
    assert client.get("/api/v1/key/", headers={"Authorization": f"Bearer {secret}"}).json()["name"] == "CRM"
    stored = IdempotentAnswer.objects.get()
    assert secret not in str(IdempotentAnswer.objects.values().get())
    assert secret not in stored.answer
    assert secret not in held.get(f"api-keys/{made.pk}/").content.decode()
    entry = AuditEntry.objects.get(action="api_key.created")
    assert (entry.actor, entry.subject) == (str(held.key), str(made))
    assert secret not in str(entry.details)


def test_new_key_does_no_more_than_its_own(call, tenant):
    end = timezone.now() + timedelta(days=5)
    limited = call(tenant, "read", "admin", networks=["127.0.0.0/8"], expires_at=end)
    fine = {"name": "x", "scopes": ["read"]}
    bodies = [
        (fine | {"scopes": ["read", "numbers"]}, "scopes/1"),
        (fine | {"scopes": []}, "scopes"),
        (fine | {"networks": ["192.0.2.0/24"]}, "networks/0"),
        (fine | {"networks": []}, "networks"),
        (fine | {"networks": ["x"]}, "networks/0"),
        (fine | {"expires_at": (end + timedelta(seconds=1)).isoformat()}, "expires_at"),
        (fine | {"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        (fine | {"tenant": "baltic-parcel"}, "tenant"),
    ]

    refused = [pointers(limited.post("api-keys/", body)) for body, _name in bodies]
    made = limited.post("api-keys/", fine | {"networks": ["127.0.0.1"]}).json()
    inherited = limited.post("api-keys/", fine).json()

    assert refused == [(422, [f"#/{name}"]) for _body, name in bodies]
    assert (made["networks"], inherited["networks"]) == (["127.0.0.1"], ["127.0.0.0/8"])
    assert made["expires_at"] == inherited["expires_at"] == end.isoformat().replace("+00:00", "Z")


def test_key_for_a_child_and_of_an_account(mine, whole_account, client, tenant):
    Tenant.objects.create(slug="child", name="Child", parent=tenant)
    body = {"name": "x", "scopes": ["read"]}

    of_child = mine.post("api-keys/", body | {"tenant": "child"}).json()
    of_account = whole_account.post("api-keys/", body).json()

    reached = [
        client.get("/api/v1/key/", headers={"Authorization": f"Bearer {made['key']}"}).json()
        for made in (of_child, of_account)
    ]
    assert [(one["tenant"], one["account"]) for one in reached] == [("child", None), (None, "link-main")]
    assert pointers(whole_account.post("api-keys/", body | {"tenant": "child"})) == (422, ["#/tenant"])


def test_number_of_keys_is_limited(mine, monkeypatch):
    monkeypatch.setattr("portal.api.api_keys.MAX_KEYS", 2)
    body = {"name": "x", "scopes": ["read"]}

    assert [mine.post("api-keys/", body).status_code for _number in range(2)] == [201, 409]

"""Upgrading: invitations and keys find their person by the address, also after it was changed."""

from importlib import import_module

from django.apps import apps
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Invitation, Role, record
from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from tests.conftest import make_user

migration = import_module("portal.accounts.migrations.0005_inviters_and_holders")


def test_people_are_found_and_what_is_nobodys_is_not_left_open(tenant, owner):
    renamed = make_user("now@example.com", tenant, Role.OWNER)
    record("email.changed", actor="later@example.com", subject="first@example.com")
    record("email.changed", actor="now@example.com", subject="later@example.com")
    makers = ["Owner@example.com", "first@example.com", "gone@example.com", "command create_api_key"]
    for number, maker in enumerate(makers):
        now = timezone.now()
        made = invitations.invite(tenant=tenant, email=f"n{number}@example.com", role="owner", inviter=owner, now=now)
        Invitation.objects.filter(id=made.id).update(inviter=None, invited_by=maker)
        api_keys.create_key(tenant=tenant, name=str(number), scopes=["read"], created_by=maker, now=now)

    migration.find_people(apps, None)

    found = Invitation.objects.order_by("id").values_list("inviter_id", "revoked_at")
    assert [(person, revoked is None) for person, revoked in found] == [
        (owner.pk, True), (renamed.pk, True), (None, False), (None, False),
    ]  # fmt: skip
    keys = ApiKey.objects.order_by("id").values_list("holder_id", "abandoned_at", "revoked_at")
    assert [(holder, abandoned is None, revoked) for holder, abandoned, revoked in keys] == [
        (owner.pk, True, None), (renamed.pk, True, None), (None, False, None), (None, True, None),
    ]  # fmt: skip

"""Invitations, shared links and API keys that depend on a right which their person has lost.

Open invitations and shared links are revoked at once, and saved views deleted. Keys get a notice of a week
(portal/tenants/api_keys.py), because systems of the tenant may need them. The tenant's owners get an e-mail, and one of
them may keep a key, which then depends on that owner. Code that changes members calls `settle`. A task calls it after
other changes, such as a new parent of a tenant or another group of staff.
"""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts import invitations, lost_views, mail, shared_links, standing
from portal.accounts.key_rights import rights_for
from portal.accounts.models import Invitation, User, record
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Tenant

STAFF_HOLD_KEYS = "tenants.change_apikey"


def settle(*, actor: str, now: datetime, user: User | None = None) -> None:
    """Close what rests on lost rights: of this person among the tenants that the scope reaches, or of everybody."""
    with transaction.atomic():
        offered = Invitation.objects.filter(accepted_at=None, revoked_at=None).select_related("tenant")
        held = ApiKey.objects.filter(revoked_at=None, abandoned_at=None).exclude(holder=None).select_related("tenant")
        if user is not None:
            offered, held = offered.filter(inviter_id=user.pk), held.filter(holder_id=user.pk)
        offered, held = list(offered.order_by("id")), list(held.order_by("id"))
        ids = {invitation.inviter_id for invitation in offered} | {key.holder_id for key in held}
        people = {user.pk: user} if user is not None else User.objects.in_bulk(ids - {None})
        for invitation in offered:
            if not invitations.is_backed(invitation, inviter=people.get(invitation.inviter_id)):
                invitations.revoke(invitation=invitation, actor=actor, now=now)
        shared_links.settle(actor=actor, now=now, user=user)
        if user is None:  # of one person, on a page: portal/accounts/members.py
            lost_views.delete_all_lost()
        abandoned = [key for key in held if not _may_hold(people.get(key.holder_id), key)]
        _give_notice(abandoned, actor=actor, now=now)


def end_notices(*, now: datetime, actor: str) -> int:
    """Revoke keys whose notice is over, which are already rejected; return their number."""
    over = ApiKey.objects.filter(revoked_at=None, abandoned_at__lte=now - api_keys.NOTICE).select_related("tenant")
    return sum(_revoke(key, actor=actor, now=now) for key in over.order_by("id"))


def revoke_keys_of(user: User, *, tenant_ids: list[int], actor: str, now: datetime) -> int:
    """Revoke the abandoned keys of the person at these tenants at once; return how many."""
    keys = ApiKey.objects.filter(holder_id=user.pk, tenant_id__in=tenant_ids, revoked_at=None, account=None)
    keys = keys.exclude(abandoned_at=None).select_related("tenant").order_by("id")
    return sum(_revoke(key, actor=actor, now=now) for key in keys)


def keep(*, key: ApiKey, owner: User) -> bool:
    """Transfer an abandoned key to the owner; return whether it was abandoned."""
    waiting = ApiKey.objects.filter(id=key.id, revoked_at=None).exclude(abandoned_at=None)
    with transaction.atomic():
        kept = waiting.update(abandoned_at=None, holder_id=owner.pk)
        if kept:
            record("api_key.kept", actor=owner.email, tenant=key.tenant, subject=str(key))
    return bool(kept)


def _may_hold(user: User | None, key: ApiKey) -> bool:
    wanted = rights_for(key.scopes)
    return all(standing.has_right(user, key.tenant, right, staff_permission=STAFF_HOLD_KEYS) for right in wanted)


def _give_notice(keys: list[ApiKey], *, actor: str, now: datetime) -> None:
    by_tenant: dict[Tenant, list[ApiKey]] = defaultdict(list)
    for key in keys:
        if ApiKey.objects.filter(id=key.id, abandoned_at=None).update(abandoned_at=now):
            record("api_key.abandoned", actor=actor, tenant=key.tenant, subject=str(key))
            by_tenant[key.tenant].append(key)
    for tenant, abandoned in by_tenant.items():
        _tell_owners(tenant, abandoned)


def _tell_owners(tenant: Tenant, keys: list[ApiKey]) -> None:
    names = "\n".join(f"- {key}, {key.created_by}" for key in keys)
    with translation.override(tenant.language):
        subject = _("API keys of %(tenant)s expire in a week") % {"tenant": tenant.name}
        text = _(
            "The holders of these API keys may no longer hold them. The keys expire in %(days)s days, unless"
            " an owner keeps them on the page API keys:"
        ) % {"days": api_keys.NOTICE.days}
        for owner in standing.owners_of(tenant):
            mail.send_after_commit(to=owner.email, subject=subject, text=f"{text}\n\n{names}\n\n{_('SMS reports')}\n")


def _revoke(key: ApiKey, *, actor: str, now: datetime) -> bool:
    revoked = api_keys.revoke_key(key=key, now=now)
    if revoked:
        record("api_key.revoked", actor=actor, tenant=key.tenant, subject=str(key), details={"why": "holder left"})
    return revoked

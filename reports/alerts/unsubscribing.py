"""Links that stop a person's mails about alerts by one request, as RFC 8058 asks for.

A link holds ids alone, signed; it opens nothing else, and does not expire, because mails are kept.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from portal.accounts.models import User
from portal.tenants.models import Tenant
from portal.tenants.scope import signin_scope
from reports.alerts.readers import choose

_SALT = "alerts.unsubscribe"


def link_for(tenant: Tenant, person: User) -> str:
    """Return the address that stops the tenant's mails about alerts to the person."""
    token = signing.dumps([tenant.pk, person.pk], salt=_SALT)
    return settings.PUBLIC_URL + reverse("alerts_unsubscribe", args=[token])


def read(token: str) -> tuple[int, int] | None:
    """Return the ids of tenant and person of a link; None where it was not signed here."""
    try:
        tenant_id, user_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return tenant_id, user_id


def unsubscribe(token: str) -> bool:
    """Stop the mails of a link; return False where it is no link of ours, or tenant or person are gone."""
    found = read(token)
    if found is None:
        return False
    tenant_id, user_id = found
    with signin_scope([tenant_id]):
        if not Tenant.objects.filter(pk=tenant_id).exists() or not User.objects.filter(pk=user_id).exists():
            return False
        choose(tenant_id, user_id, wants=False)
    return True

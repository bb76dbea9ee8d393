"""Customers whose addition was undone: their rows stay for the audit log, and every list leaves them out."""

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from portal.tenants.models import Tenant

PREFIX = "undone-"  # begins the slug; the row's id follows


def undone_slug(tenant: Tenant) -> str:
    return f"{PREFIX}{tenant.pk}"


def is_undone(tenant: Tenant) -> bool:
    return tenant.slug == undone_slug(tenant)


def without_undone(tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
    return tenants.exclude(slug=Concat(Value(PREFIX), Cast("id", CharField())))


def customers() -> QuerySet[Tenant]:
    """Return all customers, without pools and those whose addition was undone."""
    return without_undone(Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER))

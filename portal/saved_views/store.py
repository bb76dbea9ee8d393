"""Saved views of one person: listed, saved, shared, renamed, deleted, and one of them the start page.

The caller's scope shows the person's own rows and the shared ones, of the tenants that the request reaches. The pages
write what is done to shared views into the audit log (reports/saved_views/sharing.py).
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.urls import reverse

from portal.saved_views.models import SavedView
from portal.tenants.models import Tenant

MAX_VIEWS = 50  # of a person at a tenant
MAX_SHARED = 50  # of all people at a tenant

_PAGES = {SavedView.Page.OVERVIEW: "reports:overview", SavedView.Page.MESSAGES: "messages:list"}


class NameTaken(Exception):
    """The person has a view of this name at the tenant."""


class TooManyViews(Exception):
    """The person has MAX_VIEWS views at the tenant."""


class TooManyShared(Exception):
    """MAX_SHARED views are shared at the tenant."""


def views_of(user_id: int, tenant: Tenant) -> QuerySet[SavedView]:
    """Return the person's views at the tenant, by name."""
    return SavedView.objects.filter(user_id=user_id, tenant=tenant).order_by(Lower("name"), "id")


def with_shared(user_id: int, tenant: Tenant) -> QuerySet[SavedView]:
    """Return the person's views at the tenant and the shared ones, by name.

    `maker` is the name of the person who made it, None of one who is no member any more.
    """
    people = get_user_model().objects.filter(id=OuterRef("user_id"))
    maker = people.values(shown=Coalesce(NullIf("name", Value("")), "email", output_field=CharField()))
    found = SavedView.objects.filter(Q(user_id=user_id) | Q(is_shared=True), tenant=tenant)
    return found.annotate(maker=Subquery(maker)).order_by(Lower("name"), "id")


def address_of(view: SavedView, tenant: Tenant) -> str:
    """Return the address that opens a view of the tenant."""
    address = reverse(_PAGES[SavedView.Page(view.page)], args=[tenant.slug])
    return f"{address}?{view.query}" if view.query else address


def save(*, user_id: int, tenant: Tenant, page: str, name: str, query: str) -> SavedView:
    """Save a view under a new name. Raises NameTaken, TooManyViews."""
    with transaction.atomic():
        _lock(user_id)
        if views_of(user_id, tenant).count() >= MAX_VIEWS:
            raise TooManyViews
        _refuse_taken(user_id, tenant, name)
        return SavedView.objects.create(user_id=user_id, tenant=tenant, page=page, name=name, query=query)


def rename(view: SavedView, name: str) -> None:
    """Give a view another name. Raises NameTaken, also for a name of its person that the caller does not see."""
    with transaction.atomic():
        _lock(view.user_id)
        _refuse_taken(view.user_id, view.tenant, name, but=view.pk)
        try:
            with transaction.atomic():
                SavedView.objects.filter(pk=view.pk).update(name=name)
        except IntegrityError as error:
            raise NameTaken from error


def share(view: SavedView) -> bool:
    """Share a view with the tenant's members; return whether it was not shared before. Raises TooManyShared."""
    with transaction.atomic():
        _lock_shared(view.tenant)
        if SavedView.objects.filter(tenant=view.tenant, is_shared=True).exclude(pk=view.pk).count() >= MAX_SHARED:
            raise TooManyShared
        return bool(SavedView.objects.filter(pk=view.pk, is_shared=False).update(is_shared=True))


def end_sharing(view: SavedView) -> bool:
    """Let a view be its person's alone again; return whether it was shared."""
    return bool(SavedView.objects.filter(pk=view.pk, is_shared=True).update(is_shared=False))


def make_start(view: SavedView, *, now: datetime) -> None:
    """Make the view the person's start page; the caller's scope has all tenants that the person reaches."""
    with transaction.atomic():
        _lock(view.user_id)
        end_start(view.user_id)
        SavedView.objects.filter(pk=view.pk).update(start_since=now)


def end_start(user_id: int) -> None:
    """Let no view be the person's start page."""
    SavedView.objects.filter(user_id=user_id).exclude(start_since=None).update(start_since=None)


def start_of(user_id: int, tenant_ids: Iterable[int]) -> SavedView | None:
    """Return the view that is the person's start page, with its tenant, if it is of one of these tenants."""
    views = SavedView.objects.filter(user_id=user_id, tenant_id__in=tenant_ids).exclude(start_since=None)
    return views.select_related("tenant").order_by("-start_since", "-id").first()


def _refuse_taken(user_id: int, tenant: Tenant, name: str, *, but: int = 0) -> None:
    same = views_of(user_id, tenant).alias(lower=Lower("name")).filter(lower=Lower(Value(name)))
    if same.exclude(pk=but).exists():
        raise NameTaken


def _lock(user_id: int) -> None:
    """Let the person's other requests wait until the commit: otherwise two could both find a place or a name free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('portal.saved_views', %s))", [user_id])


def _lock_shared(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('portal.shared_views', %s))", [tenant.pk])

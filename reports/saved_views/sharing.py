"""Changes of saved views that are shared, each with its entry in the audit log. Private ones are not in the log."""

from django.db import transaction

from portal.accounts.models import record
from portal.saved_views import store
from portal.saved_views.models import SavedView


def share(view: SavedView, *, actor: str) -> None:
    """Share a view with the tenant's members. Raises store.TooManyShared."""
    with transaction.atomic():
        if store.share(view):
            record("view.shared", actor=actor, tenant=view.tenant, subject=view.name)


def end_sharing(view: SavedView, *, actor: str) -> None:
    """Let a view be its person's alone again."""
    with transaction.atomic():
        if store.end_sharing(view):
            record("view.unshared", actor=actor, tenant=view.tenant, subject=view.name)


def rename(view: SavedView, name: str, *, actor: str) -> None:
    """Give a view another name. Raises store.NameTaken."""
    with transaction.atomic():
        store.rename(view, name)
        if view.is_shared and name != view.name:
            details = {"from": view.name}
            record("view.renamed", actor=actor, tenant=view.tenant, subject=name, details=details)


def delete(view: SavedView, *, actor: str) -> None:
    """Delete a view, a shared one for everybody."""
    with transaction.atomic():
        view.delete()
        if view.is_shared:
            record("view.deleted", actor=actor, tenant=view.tenant, subject=view.name)

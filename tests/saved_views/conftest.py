"""Saved views of two people at one tenant."""

from portal.saved_views.models import SavedView
from tests.pages.conftest import family, messages, plain_storages

__all__ = ["family", "messages", "plain_storages"]

VIEWS = "/t/nordic-retail/views/"


def make_view(tenant, user, name: str = "Mine", *, page: str = "overview", query: str = "period=90d", **extra):
    return SavedView.objects.create(tenant=tenant, user=user, page=page, name=name, query=query, **extra)


def shown(user) -> list[tuple[str, str, str]]:
    """Return the person's rows: page, name and parameters."""
    return list(SavedView.objects.filter(user=user).order_by("id").values_list("page", "name", "query"))

"""The menu of saved views on a page that can be saved."""

from dataclasses import dataclass

from portal.saved_views.models import MAX_NAME, SavedView
from portal.saved_views.queries import NotADay, kept_query
from portal.saved_views.store import address_of, with_shared
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Entry:
    """A saved view in the menu; `is_current` means that the page shows it. `maker` is set for those of others."""

    name: str
    address: str
    is_start: bool
    is_current: bool
    maker: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """The person's views of a page, those that others share, and what saving the page now would keep.

    `query` is None where the page shows nothing that can be saved. `left_out` tells that a phone number is not saved.
    """

    page: str
    entries: tuple[Entry, ...]
    query: str | None
    left_out: bool
    shared: tuple[Entry, ...] = ()
    max_name: int = MAX_NAME


def menu_of(user_id: int | None, tenant: Tenant, page: str, query: str | None) -> Menu | None:
    """Return the page's menu for a member, None for other readers, who have no `user_id`.

    `query` is what finds the page again, None where it shows an error.
    """
    if user_id is None:
        return None
    kept = None
    if query is not None:
        try:
            kept = kept_query(query)
        except NotADay:  # the page says so itself
            kept = None
    shown = kept.query if kept and not kept.left_out else None
    views = list(with_shared(user_id, tenant).filter(page=SavedView.Page(page)))
    entries = tuple(
        Entry(view.name, address_of(view, tenant), view.start_since is not None, view.query == shown)
        for view in views
        if view.user_id == user_id
    )
    shared = tuple(
        Entry(view.name, address_of(view, tenant), False, view.query == shown, view.maker or "")  # type: ignore[attr-defined] # of with_shared
        for view in views
        if view.user_id != user_id
    )
    return Menu(page, entries, kept.query if kept else None, bool(kept and kept.left_out), shared)

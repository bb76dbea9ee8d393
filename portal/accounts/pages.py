"""A tenant's pages in the order of the navigation."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts import roles
from portal.accounts.access import Access

# key (a view's context `page`), url name, text, right
PAGES: tuple[tuple[str, str, Promise, str], ...] = (
    ("overview", "reports:overview", _("Overview"), "see_figures"),
    ("campaigns", "campaigns:list", _("Campaigns"), "see_figures"),
    ("segments", "segments:segments", _("Segments"), "see_figures"),
    ("messages", "messages:list", _("Messages"), "see_messages"),
    ("reports", "reports:months", _("Reports"), "see_figures"),
    ("billing", "billing:index", _("Billing"), "see_costs"),
    ("partner_ids", "deliveries:partner_ids", _("Partner IDs"), "see_figures"),
    ("gates", "gates:list", _("Gates"), "see_gates"),
    ("settings", "settings:tenant", _("Settings"), "change_settings"),
)
WITH_PERIOD = ("overview", "campaigns", "segments", "messages")  # walking between these keeps the period


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the navigation."""

    key: str
    text: Promise
    url: str


def pages(slug: str, access: Access, *, period: str = "") -> list[Page]:
    """Return the tenant's pages that the person may see; WITH_PERIOD are given the query string of the chosen one."""
    found = []
    for key, name, text, right in PAGES:
        if access.may(right):
            url = reverse(name, args=[slug])
            found.append(Page(key, text, f"{url}?{period}" if period and key in WITH_PERIOD else url))
    return found


def may_open(held: Iterable[str], key: str) -> bool:
    """Return whether people with these roles may open the page with this key."""
    return any(page == key and roles.may(held, right) for page, _name, _text, right in PAGES)


def first_page(slug: str, *, page: str = "") -> str:
    """Return the address of the tenant's page with the key `page`, of its first one where there is none."""
    names = {key: name for key, name, *_rest in PAGES}
    return reverse(names.get(page, PAGES[0][1]), args=[slug])

"""Results of the palette: what a typed text leads to. It reads only, and looks for no phone number.

A text that may be a phone number is looked for as a whole partner ID and message id alone; the search by the number is
offered, and begins when it is chosen (portal/palette/numbers.py). No address in a result holds such a text.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.selectors import campaign_names
from deliveries.message_pages.presenter import MessagePresenter
from deliveries.search.addresses import sealed_id, without_masked_ids
from deliveries.search.find import MessageQuery, SearchTooSlow, search
from portal.accounts.access import PageRequest
from portal.accounts.context import choices
from portal.accounts.view_as import may_view
from portal.common.any_text import address_of
from portal.common.masking import Masking
from portal.common.msisdn import is_readable, read_number, spaced_number
from portal.common.prefixes import after_prefix
from portal.palette.pages import pages_of
from portal.saved_views import store
from portal.tenants.models import Tenant
from portal.tenants.partner_owners import held_by
from portal.tenants.scope import signin_scope

MAX_TEXT = 256  # characters, as many as a campaign's name has
MOST = 6  # results of a kind
LEAST_OF_ID = 3  # characters from which message ids are looked for
SECONDS = 1.0  # for message ids


@dataclass(frozen=True, slots=True)
class Item:
    """A result. `is_number` offers the search by the typed number; `is_kept`: browsers may remember it."""

    text: str
    hint: str = ""
    url: str = ""
    is_number: bool = False
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Results of one kind, under its name."""

    name: str
    items: list[Item] = field(default_factory=list)


def find(request: PageRequest, tenant: Tenant | None, text: str) -> list[Group]:
    """Return what the text leads to, in groups; for an empty one the pages, the person's views and customers.

    Without a tenant there are pages of none and customers alone.
    """
    if tenant is None:
        found = [Group(_("Pages"), _pages(request, None, text)), Group(_("Customers"), _tenants(request, None, text))]
        return [group for group in found if group.items]
    number = read_number(text, tenant.country).text
    groups, sees_messages = [], request.access.may("see_messages")
    if sees_messages and text and is_readable(number):
        shown = spaced_number(number)
        item = Item(_("Messages to %(number)s") % {"number": shown}, _("search"), is_number=True, is_kept=False)
        groups.append(Group(_("Number"), [item]))
    groups += [
        Group(_("Pages"), _pages(request, tenant, text)),
        Group(_("Saved views"), _views(request, tenant, text)),
        Group(_("Customers"), _tenants(request, tenant, text)),
    ]
    if text:
        is_like_number = may_hold_number(text)
        if not is_like_number:
            groups.append(Group(_("Campaigns"), _campaigns(request, tenant, text)))
        groups.append(Group(_("Partner IDs"), _partner_ids(request, tenant, text, is_like_number=is_like_number)))
        if sees_messages and len(text) >= LEAST_OF_ID:
            groups.append(Group(_("Messages"), _messages(request, tenant, text, is_like_number=is_like_number)))
    return [group for group in groups if group.items]


def as_json(groups: list[Group]) -> list[dict]:
    """Return the groups for the page's script."""
    return [asdict(group) for group in groups]


def may_hold_number(text: str) -> bool:
    """Return whether a text may be or hold a phone number, which stands in no address."""
    return Masking(in_full=False).hides(text)


def partner_values(tenant_ids: Iterable[int], prefix: str) -> list[str]:
    """Return partner IDs of these tenants that begin with the text, in the order of their bytes."""
    begins = held_by(tenant_ids).filter(value__gte=prefix)
    if end := after_prefix(prefix):  # a range, which the wall lets an index serve
        begins = begins.filter(value__lt=end)
    return list(begins.order_by("value").values_list("value", flat=True).distinct()[: 4 * MOST])


def _pages(request: PageRequest, tenant: Tenant | None, text: str) -> list[Item]:
    found = [Item(page.text, page.hint, page.url) for page in pages_of(request, tenant)]
    return _matching(found, text, lambda item: item.text) if text else found


def _views(request: PageRequest, tenant: Tenant, text: str) -> list[Item]:
    if not request.access.is_members:
        return []
    views = store.with_shared(request.user.pk, tenant)
    found = [Item(view.name, view.get_page_display(), store.address_of(view, tenant)) for view in views]
    return _matching(found, text, lambda item: item.text)[:MOST]


def _tenants(request: PageRequest, tenant: Tenant | None, text: str) -> list[Item]:
    others = [choice for choice in choices(request.access.reached) if tenant is None or choice.id != tenant.id]
    found = [Item(choice.name, choice.slug, reverse("reports:overview", args=[choice.slug])) for choice in others]
    found = _matching(found, text, lambda item: f"{item.text}\n{item.hint}")[:MOST]
    is_offered = text if tenant else request.access.view_as is None
    if is_offered and len(found) < MOST and request.access.is_staff and may_view(request.user):
        # The wall shows the web's role no tenant's name on a page that belongs to none.
        with signin_scope() if tenant is None else nullcontext():
            found += _unreached(request, text)[: MOST - len(found)]
    return found


def _unreached(request: PageRequest, text: str) -> list[Item]:
    """Return customers that no membership of the person reaches, for staff to view."""
    named = Q(name__icontains=text) | Q(slug__icontains=text)
    others = Tenant.objects.filter(named, kind=Tenant.Kind.CUSTOMER).exclude(id__in=request.access.reached)
    return [
        Item(one.name, _("view as customer"), reverse("admin:view_as", args=[one.pk]))
        for one in others.order_by("name", "id")[:MOST]
    ]


def _campaigns(request: PageRequest, tenant: Tenant, text: str) -> list[Item]:
    """Return campaigns whose name begins with the text as it is typed, in small letters, capitals, or with one."""
    access, names = request.access, dict[str, None]()
    for prefix in dict.fromkeys((text, text.lower(), text[:1].upper() + text[1:], text.upper())):
        for name in campaign_names(tenant_ids=access.tenant_ids, prefix=prefix, masking=access.masking):
            if not may_hold_number(name):
                names[name] = None
    shown = list(names)[:MOST]
    ids: dict[str, list[int]] = {name: [] for name in shown}
    found = Campaign.objects.filter(tenant_id__in=access.tenant_ids, name__in=shown, merged_into=None)
    for name, campaign_id in found.values_list("name", "id"):
        ids[name].append(campaign_id)
    return [Item(name, *_campaign_page(tenant, name, ids[name])) for name in shown]


def _campaign_page(tenant: Tenant, name: str, ids: list[int]) -> tuple[str, str]:
    """Return the hint and address of a campaign's page; of the Overview, which sums them, for several of one name."""
    if len(ids) == 1:
        return _("Campaign"), reverse("campaigns:campaign", args=[tenant.slug, ids[0]])
    return _("Overview"), f"{reverse('reports:overview', args=[tenant.slug])}?{urlencode({'campaign': name})}"


def _partner_ids(request: PageRequest, tenant: Tenant, text: str, *, is_like_number: bool) -> list[Item]:
    held = held_by(request.access.tenant_ids)
    url = reverse("deliveries:partner_ids", args=[tenant.slug])
    if is_like_number:  # a whole one, on the page of all of them
        is_held = held.filter(value=text).exists()
        return [Item(_("The partner ID that you typed"), _("Partner IDs"), url, is_kept=False)] if is_held else []
    address = reverse("messages:list", args=[tenant.slug])
    shown = [value for value in partner_values(request.access.tenant_ids, text) if not may_hold_number(value)]
    if not request.access.may("see_messages"):
        return [Item(value, _("Partner IDs"), url) for value in shown[:MOST]]
    return [Item(value, _("Messages"), f"{address}?{urlencode({'partner_id': value})}") for value in shown[:MOST]]


def _messages(request: PageRequest, tenant: Tenant, text: str, *, is_like_number: bool) -> list[Item]:
    """Return the messages with this id; one that a reader with masked numbers may not read is not found."""
    access = request.access
    try:
        page = search(MessageQuery(tenant_ids=access.tenant_ids, message_id=text), size=MOST, seconds=SECONDS)
    except SearchTooSlow:
        return []
    found = without_masked_ids(page.messages, access.masking)

    def link(account: str, message_id: str) -> str:
        id_ = sealed_id(message_id) if may_hold_number(message_id) else message_id
        return address_of("messages:message", tenant.slug, account=account, id=id_)

    presenter = MessagePresenter(found, page.campaigns, masking=access.masking, link=link)
    rows = [presenter.row(message) for message in found]
    return [
        Item(
            row.message_id,
            _when(row.sent_at, tenant),
            row.url,
            is_kept=not (is_like_number or may_hold_number(row.url)),
        )
        for row in rows
    ]


def _when(at: datetime, tenant: Tenant) -> str:
    return date_format(localtime(at, ZoneInfo(tenant.timezone)), "SHORT_DATETIME_FORMAT")


def _matching(items: list[Item], text: str, text_of: Callable[[Item], str]) -> list[Item]:
    """Return the items that contain the text, whatever its case; those that begin with it first."""
    wanted = text.casefold()
    found = [item for item in items if wanted in text_of(item).casefold()]
    return sorted(found, key=lambda item: not text_of(item).casefold().startswith(wanted))

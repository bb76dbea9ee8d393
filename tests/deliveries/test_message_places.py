"""Searches that the counts narrow: every message is found once, at any page, whatever the filters leave."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from deliveries.models import Message
from deliveries.selectors.message_filters import places
from deliveries.selectors.message_places import Places, find_places
from deliveries.selectors.messages import MessageQuery, search
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

START = datetime(2026, 8, 1, tzinfo=UTC)
NUMBERS = {0: "+358401234567", 1: "+46701234567", 2: "+3725123456"}


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Two tenants' messages of a hundred days, in zones a day apart: most are alike, some are rare."""
    Tenant.objects.filter(id=other_tenant.id).update(timezone="Pacific/Auckland")
    reports = []
    for n in range(300):
        at = START + timedelta(hours=8 * n)
        reports.append(
            dlr(
                f"m{n:03}",
                {0: 1006, 1: 1002, 2: 1000}.get(n % 23, 1001),
                sentTimestamp=at.isoformat(),
                timestamp=(at + timedelta(seconds=5)).isoformat(),
                refId=f"sale|{'AB'[n % 2]}" if n % 5 else "news",
                operator="rare" if n % 41 == 5 else "usual",
                gateCustomParameters={"platformPartnerId": "baltic-ee" if n % 3 == 0 else "nr-fi"},
                customParameters={"destination": NUMBERS[1 if n % 29 == 3 else 2 if n == 200 else 0]},
            )
        )
    apply(feed, *reports)


FILTERS = [
    {"operator": "rare"},
    {"country": "SE"},
    {"country": "EE"},
    {"country": "LV"},
    {"country": "SE", "operator": "rare"},
    {"country": "SE", "statuses": ("delivered", "failed")},
    {"statuses": ("failed",)},
    {"statuses": ("failed", "expired", "sent"), "country": "FI"},
    {"statuses": ("sent",), "operator": "rare"},
    {"result_code": 1002},
    {"result_code": 1001, "operator": "rare"},
    {"operator": "rare", "first": date(2026, 8, 20), "last": date(2026, 10, 3)},
    {"statuses": ("rejected",)},
    {"operator": "usual"},
    {"ref_id": "sale|A"},
    {"ref_id_prefix": "sale"},
    {"ref_id_prefix": "sale", "last": date(2026, 9, 20), "statuses": ("failed", "expired")},
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("size", [2, 50])
def test_all_that_match_are_found_once_and_in_order_both_ways(messages, tenant, other_tenant, filters, size):
    ids = frozenset([tenant.id, other_tenant.id])
    lookups = {
        "statuses": "status__in", "first": "day__gte", "last": "day__lte", "ref_id_prefix": "ref_id__startswith"
    }  # fmt: skip
    wanted = Message.objects.filter(**{lookups.get(name, name): value for name, value in filters.items()})
    expected = list(wanted.order_by("-sent_at", "-message_id").values_list("message_id", flat=True))
    query = MessageQuery(tenant_ids=ids, **filters)

    pages = [search(query, size=size)]
    while pages[-1].next_cursor:
        pages.append(search(query, cursor=pages[-1].next_cursor, size=size))
    back = [pages[-1]]
    while back[-1].previous_cursor:
        back.append(search(query, cursor=back[-1].previous_cursor, size=size))

    def ids_of(some: list) -> list[str]:
        return [message.folded.message_id for page in some for message in page.messages]

    assert (ids_of(pages), ids_of(reversed(back))) == (expected, expected)


def test_filter_without_any_message_looks_nowhere(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), country="LV")
    assert find_places(query, places(query), at=None, backwards=False, size=50) == Places(windows=[])


def test_rare_operator_is_looked_for_in_its_hours_alone(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare")
    found = find_places(query, places(query), at=None, backwards=False, size=50)

    hours = {(window.end - window.begin) for window in found.windows}
    assert (len(found.windows), hours, found.statuses) == (6, {timedelta(hours=1)}, ("delivered", "failed"))


def test_result_code_is_looked_for_by_the_status_that_it_means(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), result_code=1002)
    assert find_places(query, places(query), at=None, backwards=False, size=50).statuses == ("expired",)


def test_usual_filter_is_looked_for_in_one_stretch_that_ends_where_the_page_does(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="usual")
    (window,) = find_places(query, places(query), at=None, backwards=False, size=1).windows

    assert (window.first, window.last) == (date(2026, 11, 6), date(2026, 11, 8))


def test_sealed_days_are_not_where_messages_are(messages, tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_mark (tenant_id, messages_before, hours_before) VALUES (%s, %s, %s)",
            [tenant.id, "2026-10-20", "2026-10-19 21:00+00"],
        )
        cursor.execute("DELETE FROM message WHERE tenant_id = %s AND day < '2026-10-20'", [tenant.id])
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare")
    edge = datetime(2026, 8, 1, tzinfo=UTC)
    with web_scope([tenant.id]):
        newer = find_places(query, places(query), at=edge, backwards=True, size=50)

    assert [window.first for window in newer.windows] == [date(2026, 10, 23), date(2026, 11, 6)]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2026, 8, 20), date(2026, 8, 20), 3),
        (date.min, date(2026, 8, 1), 3),
        (date(2026, 11, 8), date.max, 3),
        (date.min, date.max, 300),
    ],
)
def test_period_is_of_each_tenant_s_own_days_however_long(messages, tenant, other_tenant, first, last, found):
    ids = frozenset([tenant.id, other_tenant.id])
    page = search(MessageQuery(tenant_ids=ids, first=first, last=last), size=500)
    wanted = Message.objects.filter(day__gte=first, day__lte=last).order_by("-sent_at", "-message_id")

    assert [message.folded.message_id for message in page.messages] == list(wanted.values_list("message_id", flat=True))
    assert len(page.messages) == found

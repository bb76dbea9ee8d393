"""The list of the Partner IDs page: figures of the last days, search, order, and what it reads."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection

from deliveries.models import DailyCount
from deliveries.partner_ids.recent_messages import recent_messages, recent_sums
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr
from tests.wall.test_plans import plan

URL = "/t/nordic-retail/partner-ids/"
TODAY = date(2026, 11, 30)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW.replace(month=11, day=30))


def declared(account, tenant, value: str, *, days_ago: int = 0) -> PartnerId:
    return PartnerId.objects.create(
        account=account, value=value, tenant=tenant, declared_at=NOW - timedelta(days=days_ago)
    )


def count(account, tenant, value: str, messages: int, *, day: date = TODAY) -> None:
    key = {"country": "FI", "operator": "", "sender_type": "", "status": "delivered", "result_code": 1001}
    DailyCount.objects.create(
        tenant=tenant, day=day, account=account, partner_id=value, messages=messages, parts=messages, **key
    )


def values(client, query: str = "") -> list[str]:
    return [row.value for row in client.get(URL + query).context["rows"]]


def test_row_draws_thirty_days_and_names_the_day_of_the_last_message(client, account, tenant, viewer):
    declared(account, tenant, "silent")
    declared(account, tenant, "quiet")
    count(account, tenant, "nr-fi", 4, day=TODAY - timedelta(days=29))
    count(account, tenant, "nr-fi", 2, day=TODAY - timedelta(days=1))
    count(account, tenant, "quiet", 9, day=TODAY - timedelta(days=30))
    client.force_login(viewer)

    response = client.get(URL)

    recent = {row.value: row.recent for row in response.context["rows"]}
    assert {value: (one.days, one.last_day) for value, one in recent.items()} == {
        "nr-fi": ((4, *[0] * 27, 2, 0), TODAY - timedelta(days=1)),
        "quiet": ((0,) * 30, TODAY - timedelta(days=30)),
        "silent": ((0,) * 30, None),
    }
    assert response.context["listing"].messages == 6
    page = response.content.decode()
    assert page.count('<svg class="spark"') == 1
    assert [day in page for day in ("29 Nov 2026", "31 Oct 2026", "None yet")] == [True] * 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a", "b", "nr-fi"]),
        ("?sort=-value", ["nr-fi", "b", "a"]),
        ("?sort=declared", ["b", "a", "nr-fi"]),
        ("?sort=-declared", ["a", "b", "nr-fi"]),
        ("?sort=-messages", ["b", "a", "nr-fi"]),
        ("?sort=messages", ["a", "nr-fi", "b"]),
    ],
)
def test_list_is_sorted_by_the_column_that_is_asked_for(client, account, tenant, viewer, query, found):
    declared(account, tenant, "a", days_ago=1)
    declared(account, tenant, "b", days_ago=2)
    PartnerId.objects.filter(value="nr-fi").update(declared_at=None)
    count(account, tenant, "b", 5)
    client.force_login(viewer)

    assert values(client, query) == found


def test_heading_sorts_the_other_way_at_its_second_click(client, account, tenant, viewer):
    client.force_login(viewer)

    headings = re.findall(r'<th [^>]*><a class="sort" href="([^"]*)">([^<]*)</a>', client.get(URL).content.decode())

    assert [(unescape(address).removeprefix(URL), words) for address, words in headings] == [
        ("?sort=-value", "Partner ID"),
        ("?sort=declared", "Declared"),
        ("?sort=-messages", "Messages, 30 days"),
    ]
    page = client.get(f"{URL}?sort=-messages").content.decode()
    assert ('aria-sort="descending"' in page, f'href="{URL}?sort=messages"' in page) == (True, True)


def test_owners_are_sorted_by_name(client, account, tenant, manager):
    child = Tenant.objects.create(slug="child", name="Alku Oy", timezone="UTC", parent=tenant)
    declared(account, child, "z")
    client.force_login(manager)

    assert (values(client, "?sort=owner"), values(client, "?sort=-owner")) == (["z", "nr-fi"], ["nr-fi", "z"])


def test_unknown_order_is_not_found(client, tenant, viewer):
    client.force_login(viewer)

    assert client.get(f"{URL}?sort=secret").status_code == 404


def test_long_list_is_searched_in_any_case_and_keeps_the_search_in_its_pages(client, account, tenant, viewer):
    rows = [PartnerId(account=account, value=f"Shop-{n:03}", tenant=tenant, declared_at=NOW) for n in range(101)]
    PartnerId.objects.bulk_create(rows)
    client.force_login(viewer)

    page = client.get(f"{URL}?q=sHOP&sort=-value").content.decode()

    assert values(client, "?q=shop-05") == [f"Shop-05{n}" for n in range(10)]
    assert f'rel="next" href="{URL}?q=sHOP&amp;sort=-value&amp;page=2"' in page
    assert values(client, "?q=sHOP&sort=-value&page=2") == ["Shop-000"]
    nothing = client.get(f"{URL}?q=%3Cb%3E").content.decode()
    assert "No partner ID contains “&lt;b&gt;”." in nothing


def test_short_list_has_no_search(client, tenant, viewer):
    client.force_login(viewer)

    assert 'name="q"' not in client.get(URL).content.decode().partition("<main")[2]


@pytest.mark.parametrize(
    ("q", "text"), [("x" * 257, "at most 256 characters (it has 257)"), ("%00", "Null characters")]
)
def test_search_that_is_not_valid_says_why(client, tenant, viewer, q, text):
    client.force_login(viewer)

    response = client.get(f"{URL}?q={q}")

    assert (response.status_code, text in response.content.decode(), response.context["rows"]) == (422, True, [])


def test_masked_number_is_not_found_by_its_digits(client, feed, account, tenant, viewer, manager):
    declared(account, tenant, "358401234567")
    parameters = {"platformPartnerId": "358401234567", "destination": "+358401234567"}
    apply(feed, dlr("m1", sentTimestamp="2026-11-20T10:00:00Z", customParameters=parameters))
    found = []
    for person in (viewer, manager):
        client.force_login(person)
        found.append([values(client, f"?q={part}") for part in ("0123", "67")])

    assert found == [[[], ["+358 •••••••67"]], [["358401234567"], ["358401234567"]]]


def test_figures_are_read_from_the_tenant_s_days_by_index(account, tenant, other_tenant):
    for number in range(300):
        for owner in (tenant, other_tenant):
            count(account, owner, f"v-{number % 5}", 1, day=TODAY - timedelta(days=number))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE daily_count")

    counts = DailyCount.objects.filter(tenant_id__in=[tenant.id], day__gt=TODAY - timedelta(days=30))
    with web_scope([tenant.id]):
        nodes = plan(counts.values_list("account_id", "partner_id"))
        sums = recent_sums([tenant.id], today=TODAY)
        recent = recent_messages({(account.id, "v-0")}, [tenant.id], today=TODAY)

    assert {index for _kind, index in nodes if index} == {"daily_count_pkey"}
    assert sums == {(account.id, f"v-{n}"): 6 for n in range(5)}
    assert recent[account.id, "v-0"].messages == 6

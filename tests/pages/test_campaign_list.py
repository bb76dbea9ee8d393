"""Campaigns of a parent by name, and the page of all campaigns: sorted, in pages, summing to the Overview."""

import re
from html import unescape

import pytest
from django.utils import timezone

from portal.accounts.models import Role
from portal.tenants.models import PartnerId, Tenant
from reports.overview import campaign_list
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.pages.test_overview import Page, cards, sent

AT = "2026-11-02T10:00:00"
LIST = "/t/nordic-retail/overview/campaigns/"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def group(feed, tenant, other_tenant) -> Tenant:
    """A parent whose two children have a campaign of one name, and each one of its own."""
    parent = Tenant.objects.create(slug="nordic-group", name="Nordic Group", timezone="Europe/Helsinki")
    Tenant.objects.filter(id__in=[tenant.id, other_tenant.id]).update(parent=parent)
    apply(
        feed,
        sent("a", 1001, AT, 5, refId="sale"),
        sent("b", 1006, AT, refId="sale"),
        sent("c", 1001, AT, 50, refId="sale", partner="baltic-ee"),
        sent("d", 1001, AT, refId="news"),
        sent("e", 1001, AT, refId="zeal", partner="baltic-ee"),
        sent("f", 1001, AT),
    )
    return parent


@pytest.fixture
def head(group):
    return make_user("group@example.com", group, Role.MANAGER)


def rows_of(page: str) -> list[list[str]]:
    return [row[:4] for row in Page(page).rows["campaigns"][1:]]


@pytest.mark.parametrize("address", ["/t/nordic-group/overview/", "/t/nordic-group/overview/campaigns/"])
def test_parent_sees_one_row_per_name_with_how_many_customers(client, head, address):
    client.force_login(head)

    page = client.get(address).content.decode()

    assert rows_of(page)[:4] == [
        ["sale 2 customers", "3", "0.666667", "1"],
        ["news nordic-retail", "1", "1", "0"],
        ["zeal baltic-parcel", "1", "1", "0"],
        ["(no campaign)", "1", "1", "0"],
    ]
    assert sum(int(row[1]) for row in rows_of(page)[:4]) == 6


@pytest.mark.parametrize(("text", "found"), [("3", ["a", "b", "c"]), ("1", ["b"])])
def test_a_row_opens_to_the_messages_of_all_customers(client, head, text, found):
    client.force_login(head)
    page = client.get("/t/nordic-group/overview/").content.decode()

    row = re.search(r'<tr><th scope="row"><a[^>]*>sale</a>.*?</tr>', page, re.DOTALL)[0]
    href = re.search(rf'<a class="quiet-link" href="([^"]+)">{text}</a>', row)[1]
    listed = client.get(unescape(href)).content.decode()

    assert sorted(set(re.findall(r"/messages/link-main/(\w+)/", listed))) == found


def test_a_name_narrows_the_overview_to_all_its_customers(client, head):
    client.force_login(head)
    page = client.get("/t/nordic-group/overview/campaigns/").content.decode()

    narrowed = client.get(unescape(Page(page).links["sale"][0])).content.decode()

    assert cards(narrowed)["messages"][1] == "3"
    assert "campaign=sale" in Page(page).links["sale"][0]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["sale", "a", "b", "c"]),
        ("messages", ["a", "b", "c", "sale"]),
        ("name", ["a", "b", "c", "sale"]),
        ("-name", ["sale", "c", "b", "a"]),
        ("-failed", ["b", "a", "c", "sale"]),
        ("delivery_rate", ["b", "a", "c", "sale"]),
    ],
)
def test_pages_are_sorted_and_sum_to_the_overview(client, viewer, feed, tenant, monkeypatch, sort, names):
    monkeypatch.setattr(campaign_list, "PAGE_SIZE", 3)
    apply(
        feed,
        *(sent(f"s{n}", 1001, AT, refId="sale") for n in range(2)),
        *(sent(name, 1006 if name == "b" else 1001, AT, refId=name) for name in "abc"),
        sent("none", 1001, AT),
    )
    client.force_login(viewer)
    query = f"?sort={sort}&" if sort else "?"

    first, second = (client.get(f"{LIST}{query}page={n}").content.decode() for n in (1, 2))

    shown = [row[0] for row in rows_of(first)[:3]] + [row[0] for row in rows_of(second)[:1]]
    assert shown == names
    assert [row[0] for row in rows_of(first)[3:]] == ["1 on other pages", "(no campaign)", "Total"]
    assert [row[0] for row in rows_of(second)[1:]] == ["3 on other pages", "(no campaign)", "Total"]
    for page in (first, second):
        counts = [int(row[1]) for row in rows_of(page)]
        assert (sum(counts[:-1]), counts[-1]) == (6, 6)
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert client.get(unescape(re.search(r'rel="next" href="([^"]+)"', first)[1]), follow=True).status_code == 200


@pytest.mark.parametrize("query", ["?page=2", "?page=0", "?page=x", "?page=\u00b2", "?page=99999999", "?sort=tenant"])
def test_a_page_that_there_is_not_is_not_found(client, viewer, query):
    client.force_login(viewer)

    assert client.get(f"{LIST}{query}").status_code == 404


def test_the_others_of_the_overview_lead_to_the_page(client, viewer, feed, tenant):
    apply(feed, *(sent(f"m{n}", 1001, AT, refId=f"c{n:02}") for n in range(12)))
    client.force_login(viewer)

    page = Page(client.get("/t/nordic-retail/overview/?country=FI").content.decode())

    assert page.rows["campaigns"][-1][:2] == ["2 others", "2"]
    (href,) = page.links["2 others"]
    assert href == f"{LIST}?period=30d&compare=previous&country=FI"
    assert len(rows_of(client.get(href).content.decode())) == 13


def test_many_customers_end_with_the_others(client, feed, tenant, viewer):
    for n in range(11):
        child = Tenant.objects.create(slug=f"c{n:02}", name=f"Child {n:02}", parent=tenant)
        PartnerId.objects.create(account=feed.account, value=f"c{n:02}", tenant=child, declared_at=NOW)
    apply(feed, *(sent(f"m{n}", 1001, AT, partner=f"c{n:02}") for n in range(11)))
    client.force_login(viewer)

    short = Page(client.get("/t/nordic-retail/overview/").content.decode())
    whole = Page(
        client.get(
            short.links["4 others"][0].partition("#")[0].join(["/t/nordic-retail/overview/", ""])
        ).content.decode()
    )

    assert [row[0] for row in short.rows["tenants"][-2:]] == ["4 others", "Total"]
    assert sum(int(row[2]) for row in short.rows["tenants"][1:-1]) == 11
    assert len(whole.rows["tenants"]) == 14


def test_numbers_in_names_are_masked(client, viewer, feed, tenant):
    apply(feed, sent("a", 1001, AT, refId="to 358401234567"))
    client.force_login(viewer)

    page = client.get(LIST).content.decode()

    assert rows_of(page)[0][:2] == ["to +358 •••••••67", "1"]
    assert "358401234567" not in page


@pytest.mark.parametrize("n", (1, 3))
def test_query_count_is_fixed(client, viewer, feed, tenant, django_assert_num_queries, n):
    apply(feed, *(sent(f"m{k}", 1001, AT, refId=f"c{k}") for k in range(n)))
    client.force_login(viewer)
    client.get(LIST)

    with django_assert_num_queries(23):
        page = client.get(LIST).content.decode()

    assert len(rows_of(page)) == n + 1

"""The list of campaigns: found, sorted, in pages, summing to the Overview; and the Overview's campaigns by name."""

import itertools
import re
from datetime import date
from html import unescape

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign, ConversionEvent
from deliveries.attributing.attribute import attribute_due
from deliveries.counts.rollups import roll_up
from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.campaigns import list_views
from reports.campaigns.listing import ORDERS, campaign_page
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import total
from tests.attributing.sample import event, kind
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.pages.test_overview import Page, cards, sent

AT = "2026-11-02T10:00:00"
LIST = "/t/nordic-retail/campaigns/"
NAME, FIRST, LAST, MESSAGES, RATE, FAILED, MEDIAN, FINAL, VARIANTS, CONVERSIONS = 0, 1, 2, 4, 5, 6, 7, 8, 9, 10

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def several(feed, tenant) -> Tenant:
    """Three campaigns that differ in every column, and a message without one."""
    apply(
        feed,
        *(sent(f"a{n}", 1001, "2026-11-02T10:00:00", 5, refId="autumn") for n in range(3)),
        sent("a3", 1006, "2026-11-09T10:00:00", refId="autumn"),
        sent("n0", 1001, "2026-11-03T10:00:00", 50, refId="news"),
        sent("n1", 1000, "2026-11-05T10:00:00", refId="news"),
        sent("s0", 1001, "2026-11-10T10:00:00", 20, refId="spring"),
        sent("x", 1001, AT),
    )
    return tenant


def rows_of(page: str) -> list[list[str]]:
    return Page(page).rows["campaigns"][1:]


def names_of(page: str) -> list[str]:
    return [row[NAME] for row in rows_of(page)]


def test_parent_sees_one_row_per_name_in_the_overview(client, head):
    client.force_login(head)

    page = client.get("/t/nordic-group/overview/").content.decode()

    assert [row[:4] for row in rows_of(page)[:4]] == [
        ["sale 2 customers", "3", "0.666667", "1"],
        ["news nordic-retail", "1", "1", "0"],
        ["zeal baltic-parcel", "1", "1", "0"],
        ["(no campaign)", "1", "1", "0"],
    ]


def test_parent_sees_each_customers_campaign_in_the_list(client, head):
    client.force_login(head)

    rows = rows_of(client.get("/t/nordic-group/campaigns/").content.decode())

    assert [(row[NAME], row[MESSAGES]) for row in rows] == [
        ("sale nordic-retail", "2"),
        ("news nordic-retail", "1"),
        ("sale baltic-parcel", "1"),
        ("zeal baltic-parcel", "1"),
        ("(no campaign)", "1"),
        ("Total", "6"),
    ]


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
    page = client.get("/t/nordic-group/overview/").content.decode()

    narrowed = client.get("/t/nordic-group/overview/" + unescape(Page(page).links["sale"][0])).content.decode()

    assert cards(narrowed)["messages"][1] == "3"


def test_row_has_the_campaigns_figures(client, viewer, several):
    Campaign.objects.filter(name="autumn").update(title="Autumn sale", tags=["newsletter"])
    client.force_login(viewer)

    page = client.get(LIST).content.decode()

    assert rows_of(page) == [
        ["Autumn sale autumn newsletter", "2026-11-02", "2026-11-09", "", "4", "0.75", "1", "5.05317", "1", "0"],
        ["news", "2026-11-03", "2026-11-05", "", "2", "0.5", "0", "49.4183", "0.5", "0"],
        ["spring", "2026-11-10", "2026-11-10", "", "1", "1", "0", "19.6917", "1", "0"],
        ["(no campaign)", "", "", "", "1", "1", "0", "", "", ""],
        ["Total", "", "", "", "8", "0.75", "1", "5.05317", "0.875", ""],
    ]
    assert page.count('class="spark"') == 3


@pytest.mark.parametrize("are_rolled_up", [False, True])
@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("-messages", "autumn news spring"),
        ("messages", "spring news autumn"),
        ("name", "autumn news spring"),
        ("-name", "spring news autumn"),
        ("first", "autumn news spring"),
        ("-last", "spring autumn news"),
        ("-delivery_rate", "spring autumn news"),
        ("-failed", "autumn news spring"),
        ("median", "autumn spring news"),
        ("-median", "news spring autumn"),
        ("maturity", "news autumn spring"),
        ("-variants", "autumn news spring"),
    ],
)
def test_every_column_sorts(several, order, names, are_rolled_up):
    if are_rolled_up:
        roll_up(now=NOW)
    query = StatisticsQuery(tenant_ids=[several.id], first=date(2026, 10, 1), last=date(2026, 11, 20))

    page = campaign_page(query, order=order)

    assert " ".join(row.campaign.name for row in page.rows) == names


@pytest.mark.parametrize("are_rolled_up", [False, True])
def test_conversions_sort(client, viewer, several, are_rolled_up):
    sale, account = kind(several), GatewayAccount.objects.get().id
    for n, message_id in enumerate(("n0", "s0", "s0", "a0", "a0", "x")):
        event(several, f"e{n}", 5, number=None, kind=sale, account_id=account, message_id=message_id)
    attribute_due()
    ConversionEvent.objects.update(attributed_message_day=date(2026, 11, 2))
    merge(campaign=Campaign.objects.get(name="autumn"), into=Campaign.objects.get(name="news"), actor="x")
    if are_rolled_up:
        roll_up(now=NOW)
    client.force_login(viewer)

    shown = {
        order: [(row[NAME], row[CONVERSIONS]) for row in rows_of(client.get(LIST, {"sort": order}).content.decode())]
        for order in ("-conversions", "conversions")
    }

    rest = [("(no campaign)", "1"), ("Total", "6")]
    assert shown["-conversions"] == [("news", "3"), ("spring", "2"), *rest]
    assert shown["conversions"] == [("spring", "2"), ("news", "3"), *rest]
    assert client.get(LIST, {"sort": "-conversions", "country": "FI"}).status_code == 200


def test_conversions_of_the_rows_and_of_those_below_sum_to_the_total(client, viewer, several):
    sale, account = kind(several), GatewayAccount.objects.get().id
    for n, message_id in enumerate(("n0", "s0", "s0", "a0", "a0", "x")):
        event(several, f"e{n}", 5, number=None, kind=sale, account_id=account, message_id=message_id)
    attribute_due()
    ConversionEvent.objects.update(attributed_message_day=date(2026, 11, 2))
    Campaign.objects.filter(name="autumn").update(archived_at=NOW)
    client.force_login(viewer)

    found = {
        query: [row[CONVERSIONS] for row in rows_of(client.get(f"{LIST}?{query}").content.decode())]
        for query in ("", "state=archived", "q=spring&state=all")
    }

    assert found == {
        "": ["1", "2", "2", "1", "6"],  # news, spring, one archived, (no campaign), total
        "state=archived": ["2", "3", "1", "6"],
        "q=spring&state=all": ["2", "3", "1", "6"],
    }


def test_pages_sum_to_the_overview_to_the_unit(several):
    Campaign.objects.filter(name="news").update(archived_at=NOW)
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="x")
    query = StatisticsQuery(tenant_ids=[several.id], first=date(2026, 11, 1), last=date(2026, 11, 20))

    for order, state, offset in itertools.product(ORDERS, (None, True, False), (0, 1)):
        page = campaign_page(query, archived=state, order=order, limit=1, offset=offset)
        parts = [row.kpis for row in page.rows]
        parts += [rest.kpis for rest in (page.other_pages, page.hidden, page.over, page.none)]

        assert sum(kpis.volume.messages for kpis in parts) == total(query).volume.messages == 8
        assert sum(kpis.volume.delivered for kpis in parts) == total(query).volume.delivered
        assert page.listed + page.hidden.campaigns == 2


def test_merged_campaigns_are_one_row(client, viewer, several):
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="x")
    client.force_login(viewer)

    rows = rows_of(client.get(LIST).content.decode())

    assert rows[0] == ["autumn", "2026-11-02", "2026-11-10", "", "5", "0.8", "1", "5.05317", "1", "0"]
    assert len(rows) == 4


def test_over_the_daily_limit_keeps_its_row(client, viewer, feed, tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    apply(feed, sent("a", 1001, AT, refId="a"), sent("b", 1001, AT, refId="b"), sent("c", 1001, AT, refId="c"))
    client.force_login(viewer)

    rows = rows_of(client.get(LIST).content.decode())

    assert [(row[NAME], row[MESSAGES]) for row in rows] == [("a", "1"), ("(over the daily limit)", "2"), ("Total", "3")]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=all&q=AUT", ["autumn", "2 that do not match"]),
        ("?state=all&q=big+offer", ["news", "2 that do not match"]),
        ("?state=all&q=letter", ["autumn", "2 that do not match"]),
        ("?q=nothing", ["No campaign of this period matches. Show all campaigns", "3 that do not match"]),
        ("", ["autumn", "spring", "1 archived"]),
        ("?state=archived", ["news", "2 not archived"]),
        ("?state=all", ["autumn", "news", "spring"]),
        ("?q=%25", ["No campaign of this period matches. Show all campaigns", "3 that do not match"]),
    ],
)
def test_campaigns_are_found_by_name_title_and_tag(client, viewer, several, query, names):
    Campaign.objects.filter(name="news").update(title="Big Offer", archived_at=NOW)
    Campaign.objects.filter(name="autumn").update(tags=["newsletter"])
    client.force_login(viewer)

    shown = names_of(client.get(LIST + query).content.decode())

    expected = [*names, "(no campaign)", "Total"]
    expected = ["Big Offer news archived" if name == "news" else name for name in expected]
    assert shown == ["autumn newsletter" if name == "autumn" else name for name in expected]


@pytest.mark.parametrize(("text", "is_found"), [("4567", False), ("0123", False), ("TO", True), ("67", True)])
def test_hidden_number_is_not_found_digit_by_digit(client, viewer, manager, feed, tenant, text, is_found):
    apply(feed, sent("a", 1001, AT, refId="to 358401234567"))
    found = {}
    for person in (viewer, manager):
        client.force_login(person)
        found[person] = names_of(client.get(LIST, {"q": text}).content.decode())[0]

    assert (found[viewer] == "to +358 •••••••67") is is_found
    assert found[manager] == "to 358401234567"


def test_search_by_a_whole_number_is_recorded(client, viewer, several):
    client.force_login(viewer)

    client.get(LIST, {"q": "+358401234567"})

    assert AuditEntry.objects.get(action="message.number_searched").details["filter"] == "campaign"


@pytest.mark.parametrize("text", ["x" * 257, "a\0b"])
def test_search_that_cannot_be_followed_is_explained(client, viewer, several, text):
    client.force_login(viewer)

    answer = client.get(LIST, {"q": text})

    assert answer.status_code == 422
    assert "The search text may have at most 256 characters, and not U+0000." in answer.content.decode()


def test_pages_lead_to_each_other(client, viewer, several, monkeypatch):
    monkeypatch.setattr(list_views, "PAGE_SIZE", 2)
    client.force_login(viewer)

    first, second = (client.get(f"{LIST}?sort=name&page={n}&q=n").content.decode() for n in (1, 2))

    assert names_of(first) == ["autumn", "news", "1 on other pages", "(no campaign)", "Total"]
    assert names_of(second) == ["spring", "2 on other pages", "(no campaign)", "Total"]
    for page, way, other in ((first, "next", second), (second, "prev", first)):
        href = unescape(re.search(rf'rel="{way}" href="([^"]+)"', page)[1])
        assert names_of(client.get(LIST + href).content.decode()) == names_of(other)


@pytest.mark.parametrize(
    "query",
    ["?page=2", "?page=0", "?page=x", "?page=\u00b2", "?page=99999999", "?sort=tenant", "?state=gone"],
)
def test_a_page_that_there_is_not_is_not_found(client, viewer, query):
    client.force_login(viewer)

    assert client.get(f"{LIST}{query}").status_code == 404


def test_earlier_address_leads_to_the_list(client, viewer, several):
    client.force_login(viewer)

    answer = client.get("/t/nordic-retail/overview/campaigns/?period=30d&country=FI&sort=-failed")

    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?period=30d&country=FI&sort=-failed")


def test_empty_list_says_how_campaigns_come(client, viewer, tenant):
    client.force_login(viewer)

    page = client.get(f"{LIST}?state=all").content.decode()

    assert "A campaign appears with its first message" in page


def test_the_others_of_the_overview_lead_to_the_list(client, viewer, feed, tenant):
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

    assert (rows_of(page)[0][NAME], rows_of(page)[0][MESSAGES]) == ("to +358 •••••••67", "1")
    assert "358401234567" not in page


def test_every_figure_opens_to_as_many_messages(client, viewer, several, settings, feed):
    settings.NEW_CAMPAIGNS_PER_DAY = 0
    apply(feed, sent("o", 1001, AT, refId="over"))
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="x")
    client.force_login(viewer)
    page = client.get(LIST).content.decode()

    figures = re.findall(
        r'data-value="([^"]*)">(?:<span class="cell-stack">)?<a class="quiet-link" href="([^"]+)">', page
    )
    opened = []
    for value, href in figures:
        listed = client.get(unescape(href)).content.decode()
        opened.append((value, str(len(set(re.findall(r"/messages/link-main/(\w+)/", listed))))))

    assert len(figures) == 12
    assert [(value, count) for value, count in opened if value.isdigit() and value != count and "." not in value] == []


@pytest.mark.parametrize("n", (1, 3))
def test_query_count_is_fixed(client, viewer, feed, tenant, django_assert_num_queries, n):
    apply(feed, *(sent(f"m{k}", 1001, AT, refId=f"c{k}") for k in range(n)))
    client.force_login(viewer)
    client.get(LIST)

    with django_assert_num_queries(26):
        page = client.get(LIST).content.decode()

    assert len(rows_of(page)) == n + 1

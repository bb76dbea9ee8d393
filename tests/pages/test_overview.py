"""The Overview: its figures sum up, lead to what they count, and every state of the page is drawn."""

import gzip
import json
import re
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.template import Context, Template
from django.utils import timezone, translation

from campaigns.models import RefIdScheme
from deliveries.models import RetentionMark
from portal.accounts.models import Role
from portal.tenants.models import PartnerId, Tenant
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply, dlr, put

OVERVIEW = "/t/nordic-retail/overview/"
QUERIES = 37


def sent(id_: str, code: int, at: str, seconds: int = 5, *, partner: str = "nr-fi", to: str = "+358401234567", **more):
    """Return a report of a message sent at `at` (UTC), reported so many seconds later."""
    return dlr(
        id_,
        code,
        sentTimestamp=f"{at}Z",
        timestamp=f"{datetime.fromisoformat(at).replace(second=seconds).isoformat()}Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters={"destination": to},
        **more,
    )


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Friday 20 November 2026, 14:00 in Helsinki."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def messages(feed, tenant):
    """Seven messages in the last 30 days, one of each class among them, and two in the 30 days before."""
    apply(
        feed,
        sent("a", 1001, "2026-11-02T10:00:00", 5, refId="sale", operator="fi.elisa", segments=2),
        sent("b", 1001, "2026-11-02T11:00:00", 50, refId="sale", operator="fi.elisa"),
        sent("c", 1006, "2026-11-03T12:00:00", refId="sale", operator="fi.telia"),
        sent("d", 1000, "2026-11-03T13:00:00"),  # pending, long ago
        sent("e", 1000, "2026-11-19T13:00:00"),  # pending
        sent("f", 9999, "2026-11-09T11:00:00", to="+46701234567"),  # an unknown code
        sent("g", 1001, "2026-11-19T10:00:00", 20, to="+46701234567", refId="news"),
        sent("h", 1001, "2026-10-10T10:00:00"),
        sent("i", 1006, "2026-10-11T10:00:00"),
    )


class Page(HTMLParser):
    """Reads cards and tables: text by place, links by text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: dict[str, list[list[str]]] = {}
        self.links: dict[str, list[str]] = {}
        self.table, self.cell, self.link, self.text = "", None, None, []
        self.feed(re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL))  # explanations of words

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "table":
            self.table = attributes.get("id", "")
            self.rows[self.table] = []
        if tag == "tr":
            self.rows[self.table].append([])
        if tag in ("td", "th"):
            self.cell = attributes.get("data-value")
            self.text = []
        if tag == "a":
            self.link = attributes["href"]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            words = " ".join("".join(self.text).split())
            self.rows[self.table][-1].append(self.cell if self.cell is not None and tag == "td" else words)
        if tag == "a":
            self.link = None

    def handle_data(self, data):
        self.text.append(data)
        if self.link:
            self.links.setdefault(data.strip(), []).append(self.link)


def cards(page: str) -> dict[str, list[str]]:
    """Return each card's texts by its key: name, value, change, notes."""
    found = {}
    page = re.sub(r'<button class="explain".*?</button><span class="explanation".*?</span>\n?', "", page)
    page = page.replace('<span class="kpi-head">', "").replace(
        '</span></span>\n<span class="kpi-value', '</span>\n<span class="kpi-value'
    )
    for key, inner in re.findall(r'<li class="kpi kpi-(\w+)">(.*?)</li>', page, re.DOTALL):
        inner = re.sub(r"<svg.*?</svg>", "", inner, flags=re.DOTALL).rstrip()
        texts = re.findall(r'<span class="kpi-[^"]*">(.*?)</span>(?=\s*(?:<span class="kpi-|$))', inner, re.DOTALL)
        found[key] = [" ".join(re.sub(r"<[^>]+>", "", text).split()) for text in texts]
    return found


def get(client, query: str = "", *, status: int = 200, **headers) -> str:
    response = client.get(OVERVIEW + query, headers=headers)
    assert response.status_code == status
    return response.content.decode()


def test_cards_show_figures_with_their_change(client, viewer, messages):
    client.force_login(viewer)

    assert cards(get(client)) == {
        "messages": ["Messages", "7", "▲ 250.0 % more so far", "0.2 per day"],
        "delivered": ["Delivered", "42.86 %", "▼ 7.14 pt lower", "3 messages", "Likely between 15.82 and 74.95 %"],
        "pending": ["Pending", "28.57 %", "▲ 28.57 pt higher", "2 messages", "1 without a report in time"],
        "failed": ["Failed", "14.29 %", "▼ 35.71 pt lower", "1 message"],
        "unknown": ["Unknown", "14.29 %", "▲ 14.29 pt higher", "1 message"],
        "parts": ["SMS parts", "8", "▲ 300.0 % more so far", "1.14 per message", "4 delivered", "4 billed"],
        "median": ["Median time", "20 s", "▲ 290 % longer", "95 of 100 within 49 s"],
    }


@pytest.mark.parametrize(
    ("language", "heading", "note"),
    [
        ("en", "95 of 100 arrived within", "Likely between"),
        ("fi", "95 sadasta perillä viimeistään", "Todennäköisesti"),
    ],
)
def test_interval_and_percentile_are_not_called_the_same(client, viewer, messages, language, heading, note):
    client.force_login(viewer)
    client.cookies["language"] = language

    page = client.get(f"{OVERVIEW}?from=2026-10-22&to=2026-11-20").content.decode()

    table = page.split('id="operators"')[1].split("</table>")[0]
    assert f'>{heading}</span><span class="explain-room"></span><button' in table.split("</thead>")[0]
    assert f'data-label="{heading}"' in table
    assert (note in page, re.findall(r"[>\"]95 ?%[^<]*", page)) == (True, [])


@pytest.mark.parametrize(
    ("query", "change", "is_said"),
    [
        ("?from=2026-10-21&to=2026-11-19", "▲ 250.0 % more", False),  # whole days
        ("?from=2026-10-22&to=2026-11-20", "▲ 250.0 % more so far", True),
        ("?from=2026-10-22&to=2026-11-20&compare=none", "", False),
    ],
)
def test_counts_so_far_are_not_passed_off_as_whole_days(client, viewer, messages, query, change, is_said):
    client.force_login(viewer)

    page = get(client, query)

    assert (cards(page)["messages"][2], "Today has not ended" in page) == (change, is_said)


def test_messages_without_a_campaign_lead_to_their_list(client, viewer, messages):
    client.force_login(viewer)

    row = re.search(r'<tr class="rest"><th scope="row">\(no campaign\)</th>(.*?)</tr>', get(client), re.DOTALL)[1]
    lists = [client.get(unescape(href)) for href in re.findall(r'href="([^"]+)"', row)]

    assert [[one.message_id for one in page.context["rows"]] for page in lists] == [["e", "f", "d"], []]


def test_every_table_sums_up_to_all_messages(client, viewer, messages):
    client.force_login(viewer)

    tables = Page(get(client)).rows

    days = [[int(cell) for cell in row[1:6]] for row in tables["days"][1:]]
    assert [all_of_it - sum(classes) for all_of_it, *classes in days] == [0] * 31
    assert days[-1] == [sum(column) for column in zip(*days[:-1], strict=True)] == [7, 3, 2, 1, 1]
    sums = {name: sum(int(row[1]) for row in tables[name][1:]) for name in ("countries", "campaigns", "operators")}
    assert sums == {"countries": 7, "campaigns": 7, "operators": 7}
    assert [row[:2] for row in tables["failures"][1:]] == [
        ["1006 Not delivered", "1"],
        ["9999 Unknown result code", "1"],
    ]
    assert [row[:2] for row in tables["campaigns"][1:]] == [["sale", "3"], ["news", "1"], ["(no campaign)", "3"]]


def numbers_in_names(feed, tenant) -> None:
    """Two campaigns called the same once masked, the second with a variant that is delivered better."""
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    apply(
        feed,
        *(sent(f"a{n}", 1001, "2026-11-02T10:00:00", refId="to 358401234567") for n in range(3)),
        *(sent(f"b{n}", 1001, "2026-11-02T10:00:00", refId="to 358407654367|0401111111") for n in range(40)),
        *(sent(f"c{n}", 1006, "2026-11-02T10:00:00", refId="to 358407654367|0402222222") for n in range(40)),
    )


def test_numbers_in_names_of_campaigns_are_masked_where_numbers_are(client, viewer, feed, tenant):
    numbers_in_names(feed, tenant)
    client.force_login(viewer)

    html = get(client)

    page = Page(html)
    assert [row[:2] for row in page.rows["campaigns"][1:]] == [["to +358 •••••••67", "80"], ["to +358 •••••••67", "3"]]
    assert "to +358 •••••••67: variant ••••••• is delivered more often" in html
    assert [text for text in page.links if "•" in text or text == "Show campaign"] == []
    found = re.findall(r"(?:358)?0?40(?:1234567|7654367|1111111|2222222)", html)
    assert found == []


def test_numbers_in_names_of_campaigns_are_shown_to_who_may_see_numbers(client, manager, feed, tenant):
    numbers_in_names(feed, tenant)
    client.force_login(manager)

    html = get(client)

    page = Page(html)
    assert [row[:2] for row in page.rows["campaigns"][1:]] == [["to 358407654367", "80"], ["to 358401234567", "3"]]
    assert "to 358407654367: variant 0401111111 is delivered more often" in html
    assert page.links["to 358401234567"] == ["?period=30d&compare=previous&campaign=to+358401234567"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("7", {}),
        ("42.86 %", {"counts_as": "delivered"}),
        ("28.57 %", {"counts_as": "pending"}),
        ("5", {"country": "FI"}),
    ],
)
def test_figures_lead_to_the_messages_that_they_count(client, viewer, messages, text, wanted):
    client.force_login(viewer)

    found = Page(get(client)).links[text.replace(" ", "\N{NO-BREAK SPACE}")][0]
    listed = client.get(found).content.decode()

    days = {"from": ["2026-10-22"], "to": ["2026-11-20"]}
    assert urlsplit(found).path == "/t/nordic-retail/messages/"
    assert parse_qs(urlsplit(found).query) == days | {name: [value] for name, value in wanted.items()}
    number = {"7": 7, "42.86 %": 3, "28.57 %": 2, "5": 5}[text]
    assert f"{number} messages" in listed


@pytest.mark.parametrize(
    ("query", "messages_shown"),
    [
        ("?country=SE", "2"),
        ("?operator=fi.elisa", "2"),
        ("?campaign=sale", "3"),
        ("?campaign=sale&operator=fi.telia", "1"),
        ("?tenant=nordic-retail", "7"),
        ("?from=2026-11-02&to=2026-11-02", "2"),
        ("?period=last_month", "2"),
        ("?period=12m", "2"),
    ],
)
def test_page_is_narrowed_by_its_parameters(client, viewer, messages, query, messages_shown):
    client.force_login(viewer)

    assert cards(get(client, query))["messages"][1] == messages_shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=2026-11-40", "From “2026-11-40”: write a day as 31 Oct 2026; the earliest day is 1 Jan 2000."),
        ("?from=2026-11-09&to=2026-11-02", "To “2026-11-02”: the last day is before the first."),
        ("?from=2022-01-01&to=2026-11-02", "From “2022-01-01”: a period may have at most 1100 days."),
        ("?period=decade", "Period “decade”: unknown period."),
        (
            "?period=7d&from=2026-11-02",
            "Period “7d”: choose a period by name or by first and last day, not both.",
        ),
        ("?to=2026-11-02", "From: the first day is missing."),
        ("?compare=best", "Compared with “best”: unknown comparison."),
    ],
)
def test_wrong_period_is_told_and_the_default_one_shown(client, viewer, messages, query, words):
    client.force_login(viewer)

    page = get(client, query, status=422)

    assert f"{words} Showing 22 Oct – 20 Nov 2026." in page
    assert cards(page)["messages"][1] == "7"


@pytest.mark.parametrize("value", ["x" * 257, "a%00b"])
def test_filter_that_cannot_be_is_left_out_with_words(client, viewer, messages, value):
    client.force_login(viewer)

    page = get(client, f"?campaign={value}", status=422)

    assert "The filter “campaign” was ignored: it may have at most 256 characters, and not U+0000." in page
    assert cards(page)["messages"][1] == "7"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("country=Norway", "The filter “country” was ignored: there is no Norway. Did you mean NO?"),
        ("country=fi", "The filter “country” was ignored: there is no fi. Did you mean FI?"),
        ("operator=FI.Elisa", "The filter “operator” was ignored: there is no FI.Elisa. Did you mean fi.elisa?"),
    ],
)
def test_filter_in_another_spelling_is_left_out_with_words(client, viewer, messages, query, words):
    client.force_login(viewer)

    page = get(client, f"?{query}", status=422)

    assert words in page
    assert cards(page)["messages"][1] == "7"


def test_campaign_that_there_is_not_has_no_messages(client, viewer, messages):
    client.force_login(viewer)

    assert "messages" not in cards(get(client, "?campaign=nobody"))


def test_tenant_that_is_not_below_is_not_found(client, viewer, messages, other_tenant):
    client.force_login(viewer)

    assert [client.get(f"{OVERVIEW}?tenant={slug}").status_code for slug in ("baltic-parcel", "nobody", "%00")] == [
        404, 404, 404,
    ]  # fmt: skip


def test_new_tenant_is_told_what_will_be_here(client, viewer, tenant):
    client.force_login(viewer)

    page = get(client)

    assert "No messages yet" in page
    assert "the people who run this portal give you" in page
    assert "are being counted" not in page


def test_rows_that_wait_are_told_of_where_there_is_nothing_else(client, viewer, feed, tenant):
    client.force_login(viewer)
    put(feed, sent("a", 1001, "2026-11-02T10:00:00"))

    assert "Delivery reports are being counted." in get(client)


def test_period_without_messages_offers_the_newest_ones(client, viewer, messages):
    client.force_login(viewer)

    page = get(client, "?period=last_year")

    assert "No messages on 1 Jan 2025 – 31 Dec 2025" in page or "No messages on 1 Jan – 31 Dec 2025" in page
    assert "The newest message was sent on 19 November 2026." in page
    assert 'href="?from=2026-10-21&amp;to=2026-11-19&amp;compare=previous"' in page


def test_choice_without_messages_offers_all_of_them(client, viewer, messages):
    client.force_login(viewer)

    page = get(client, "?country=DE")

    assert "No messages with these filters" in page
    assert 'href="?period=30d&amp;compare=previous"' in page


def test_too_many_groups_are_refused_with_words(client, viewer, messages, monkeypatch):
    monkeypatch.setattr("reports.figures.statistics.MAX_GROUPS", 2)
    client.force_login(viewer)

    page = get(client)

    assert "Too much data for one page" in page
    assert "more than 50,000 combinations" in page


def test_fragment_is_swapped_in_with_header_parts(client, viewer, messages):
    client.force_login(viewer)

    page = get(client, "?period=7d", **{"HX-Request": "true"})
    whole = get(client, "?period=7d", **{"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert ("<html" in page, "<html" in whole) == (False, True)
    assert re.findall(r'id="(\w+)"[^>]* hx-swap-oob="true"', page) == ["period", "pages", "freshness"]
    assert cards(page) == cards(whole)
    assert "HX-Request" in client.get(OVERVIEW)["Vary"]


def test_period_is_kept_between_overview_and_messages(client, viewer, messages):
    client.force_login(viewer)

    overview = get(client, "?period=7d&compare=none")
    listed = client.get("/t/nordic-retail/messages/?period=90d").content.decode()

    nav = re.compile(r'<nav class="nav-row".*?</nav>', re.DOTALL)
    assert re.findall(r'href="([^"]+)"', nav.search(overview)[0])[:5] == [
        "/t/nordic-retail/overview/?period=7d&amp;compare=none",
        "/t/nordic-retail/campaigns/?period=7d&amp;compare=none",
        "/t/nordic-retail/segments/?period=7d&amp;compare=none",
        "/t/nordic-retail/messages/?period=7d&amp;compare=none",
        "/t/nordic-retail/reports/",
    ]
    assert re.findall(r'href="([^"]+)"', nav.search(listed)[0])[0] == "/t/nordic-retail/overview/?period=90d"


def test_parent_sees_its_children_with_their_sum_or_itself_alone(client, feed, tenant, other_tenant):
    parent = Tenant.objects.create(slug="nordic-group", name="Nordic Group", timezone="Europe/Helsinki")
    Tenant.objects.filter(id__in=[tenant.id, other_tenant.id]).update(parent=parent)
    PartnerId.objects.create(account=feed.account, value="group", tenant=parent, declared_at=NOW)
    apply(
        feed,
        *(sent(f"r{n}", 1001, "2026-11-02T10:00:00") for n in range(3)),
        sent("b", 1006, "2026-11-02T10:00:00", partner="baltic-ee", to="+3725123456"),
        *(sent(f"g{n}", 1001, "2026-11-02T10:00:00", partner="group") for n in range(2)),
    )
    client.force_login(make_user("group@example.com", parent, Role.VIEWER))

    together = client.get("/t/nordic-group/overview/").content.decode()
    alone = client.get("/t/nordic-group/overview/?tenant=nordic-group").content.decode()

    rows = Page(together).rows["tenants"]
    assert [[row[0], row[2], row[4]] for row in rows[1:]] == [
        ["Nordic Retail Oy", "3", "1"],
        ["Nordic Group only", "2", "1"],
        ["Baltic Parcel", "1", "0"],
        ["Total", "6", "0.833333"],
    ]
    assert (cards(together)["messages"][1], cards(alone)["messages"][1]) == ("6", "2")
    assert "tenants" not in Page(alone).rows
    assert Page(together).links["Baltic Parcel"][-1] == "/t/baltic-parcel/overview/?period=30d&compare=previous"


@pytest.mark.parametrize("n", (1, 3))
def test_query_count_is_fixed(client, viewer, feed, tenant, django_assert_num_queries, n):
    numbers = ("+358401234567", "+46701234567", "+3725123456")[:n]
    apply(feed, *(sent(f"m{to}", 1001, "2026-11-02T10:00:00", to=to, refId=f"c{to}") for to in numbers))
    client.force_login(viewer)
    get(client)

    with django_assert_num_queries(QUERIES):
        page = get(client)

    tables = Page(page).rows
    assert [len(tables[name]) - 1 for name in ("countries", "campaigns", "operators")] == [n, n, n]


def test_long_tables_end_with_the_others(client, viewer, feed, tenant):
    apply(feed, *(sent(f"m{n}", 1001, "2026-11-02T10:00:00", operator=f"fi.o{n:02}") for n in range(12)))
    client.force_login(viewer)

    short, whole = Page(get(client)).rows["operators"], Page(get(client, "?all=operators")).rows["operators"]

    assert (len(short) - 1, short[-1][:2]) == (9, ["4 others", "4"])
    assert (len(whole) - 1, whole[-1][:2]) == (12, ["fi.o11 Finland", "1"])


def test_provisional_days_are_marked(client, viewer, messages):
    client.force_login(viewer)

    page = get(client)
    drawn = chart(page)

    # the grace of three days is over for what was sent until the 16th in Helsinki
    assert [row["first"] for row in drawn["rows"] if row.get("provisional")] == [
        f"2026-11-{day}" for day in range(17, 21)
    ]
    assert "for messages sent on Tue 17 Nov or later" in page
    assert sum(map(sum, (row["counts"] for row in drawn["rows"]))) == 7


@pytest.mark.parametrize(
    ("query", "before"),
    [
        ("?from=2026-11-09&to=2026-11-15", [2, 2, 0, 0, 0, 0, 0]),
        ("?from=2026-11-03&to=2026-11-16", [*[0] * 13, 2]),
        ("?period=30d", None),  # begins on another day of the week
        ("?from=2026-11-02&to=2026-11-08&compare=none", None),
    ],
)
def test_days_before_stand_beside_the_same_days_of_the_week(client, viewer, messages, query, before):
    client.force_login(viewer)

    page = get(client, query)
    drawn = chart(page)

    assert drawn["before"] == before


@pytest.mark.parametrize(
    ("query", "unit", "columns"),
    [("?from=2026-07-01&to=2026-11-20", "week", 21), ("?from=2025-01-01", "month", 23)],
)
def test_long_periods_are_drawn_by_week_or_month(client, viewer, messages, query, unit, columns):
    client.force_login(viewer)

    page = get(client, query)
    drawn = chart(page)

    assert (drawn["unit"], len(drawn["rows"])) == (unit, columns)
    (later,) = re.findall(r'hx-get="([^"]*/overview/days/[^"]*)"', page)
    alone = client.get(unescape(later)).content.decode()
    part = client.get(unescape(later), HTTP_HX_REQUEST="true").content.decode()
    for table in (alone, part):
        days = [[int(cell) for cell in row[1:6]] for row in Page(table).rows["days"][1:]]
        assert len(days) - 1 == columns
        assert days[-1] == [sum(column) for column in zip(*days[:-1], strict=True)]
        assert sum(days[-1][1:]) == days[-1][0] >= 7
    assert ("<html" in alone, "Show as table" in alone) == (True, False)
    assert ("<html" in part, "Show as table" in part) == (False, True)


def chart(page: str) -> dict:
    return json.loads(re.search(r'<script id="days-data" type="application/json">(.*?)</script>', page)[1])


@pytest.mark.parametrize(
    ("query", "columns", "found"),
    [
        ("?from=2026-11-02&to=2026-11-02", 24, {"2026-11-02T12:00": [1, 0, 0, 0], "2026-11-02T13:00": [1, 0, 0, 0]}),
        (
            "?from=2026-11-01&to=2026-11-03",
            72,
            {
                "2026-11-02T12:00": [1, 0, 0, 0],
                "2026-11-02T13:00": [1, 0, 0, 0],
                "2026-11-03T14:00": [0, 0, 1, 0],
                "2026-11-03T15:00": [0, 1, 0, 0],
            },
        ),
        ("?from=2026-11-02&to=2026-11-02&operator=fi.elisa&country=FI", 24, None),
    ],
)
def test_up_to_three_days_are_drawn_by_the_hour(client, viewer, messages, query, columns, found):
    client.force_login(viewer)

    page = get(client, query)
    drawn = chart(page)

    assert (drawn["unit"], len(drawn["rows"])) == ("hour", columns)
    shown = {row["clock"]: row["counts"] for row in drawn["rows"] if any(row["counts"])}
    assert found is None or shown == found
    rows = Page(page).rows["days"]
    assert len(rows) == columns + 2
    assert sum(int(row[1]) for row in rows[1:-1]) == int(rows[-1][1]) == int(cards(page)["messages"][1])
    links = {row["href"].partition("?")[2].partition("&to=")[0] for row in drawn["rows"]}
    assert links == {f"from={row['clock'][:10]}" for row in drawn["rows"]}
    assert "Messages by hour" in page


@pytest.mark.parametrize(
    ("day", "count", "names"),
    [
        ("2026-10-25", 25, ["02:00–03:00", "03:00–04:00 (UTC+3)", "03:00–04:00 (UTC+2)", "04:00–05:00"]),
        ("2026-03-29", 23, ["02:00–03:00", "04:00–05:00", "05:00–06:00", "06:00–07:00"]),
    ],
)
def test_hours_of_a_day_on_which_clocks_change(client, viewer, feed, tenant, day, count, names):
    begins = ("23:30", "00:10", "01:20")
    apply(feed, *(sent(f"{n}", 1001, f"{day}T{at}:00") for n, at in enumerate(begins)))
    client.force_login(viewer)

    page = get(client, f"?from={day}&to={day}")
    rows = Page(page).rows["days"][1:-1]

    assert len(rows) == count
    assert [row[0].split("|")[-1] for row in rows[2:6]] == names
    # A saved hour is a time that spreadsheets read. Only the hour that occurs twice has a word behind it.
    saved = re.findall(rf'data-value="({day} [^"]*)"', page)
    assert saved[2:6] == [f"{day} {name[:5]}:00{' ' + name.partition(' ')[2] if '(' in name else ''}" for name in names]
    assert '<th scope="col" data-unit="Europe/Helsinki">Hour' in page


@pytest.mark.parametrize("query", ["&campaign=sale", ""])
def test_day_is_one_column_where_hours_are_not_counted_by_what_is_asked(client, viewer, messages, tenant, query):
    if not query:
        RetentionMark.objects.create(
            tenant=tenant,
            messages_before=date(2026, 11, 3),
            hours_before=datetime(2026, 11, 2, 22, tzinfo=UTC),
            sealed_in="Asia/Tokyo",
        )
    client.force_login(viewer)

    drawn = chart(get(client, f"?from=2026-11-02&to=2026-11-02{query}"))

    assert (drawn["unit"], len(drawn["rows"])) == ("day", 1)


def test_hours_of_tenants_in_other_zones_sum_to_the_day(client, viewer, feed, tenant):
    """The day is each tenant's own, its hours are shown by the page's clock: they begin and end beside midnight."""
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Asia/Kolkata")
    PartnerId.objects.create(account=feed.account, value="child", tenant=child, declared_at=NOW)
    apply(
        feed,
        sent("a", 1001, "2026-11-01T18:40:00", partner="child"),
        sent("b", 1001, "2026-11-02T21:40:00"),
        sent("c", 1001, "2026-11-02T18:40:00", partner="child"),  # of the 3rd
    )
    client.force_login(viewer)

    page = get(client, "?from=2026-11-02&to=2026-11-02")

    drawn = chart(page)
    shown = [row["clock"] for row in drawn["rows"] if any(row["counts"])]
    assert shown == ["2026-11-01T20:00", "2026-11-02T23:00"]
    assert (drawn["rows"][0]["clock"], drawn["rows"][-1]["clock"]) == ("2026-11-01T20:00", "2026-11-02T23:00")
    assert {(row["first"], row["last"]) for row in drawn["rows"]} == {("2026-11-02", "2026-11-02")}
    assert cards(page)["messages"][1] == "2"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1234567"), (0, "0"), (0.974180123, "0.97418"), (1.0, "1"), (3.004, "3.004"), (None, ""), ("", "")],
)
@pytest.mark.parametrize("language", ("en", "fi"))
def test_numbers_for_scripts_are_the_same_in_every_language(value, text, language):
    with translation.override(language):
        assert Template("{% load overview %}{{ value|raw }}").render(Context({"value": value})) == text


def test_page_in_finnish_is_finnish(client, viewer, messages):
    client.force_login(viewer)
    client.cookies["language"] = "fi"

    page = get(client)

    assert cards(page)["delivered"] == [
        "Toimitettu", "42,86 %", "▼ 7,14 %-yks. matalampi", "3 viestiä", "Todennäköisesti 15,82–74,95 %",
    ]  # fmt: skip
    assert "Ei toimitettu" in page
    assert "22.10. – 20.11.2026" in page


def test_page_is_light(client, viewer, messages):
    """HTML, styles and the script of every page stay under 200 KB compressed; charts come after the first paint."""
    client.force_login(viewer)
    build = django_settings.BASE_DIR / "static" / "build"

    page = get(client)
    parts = [page.encode(), (build / "base.css").read_bytes(), (build / "base.js").read_bytes()]

    assert sum(len(gzip.compress(part)) for part in parts) < 200_000
    assert re.findall(r'<script src="([^"]+)"', page) == ["/static/build/base.js"]
    assert "charts.js" not in "".join(re.findall(r"<(?:script|link)[^>]*>", page))


def test_campaigns_over_the_daily_limit_lead_to_their_messages(client, manager, feed, tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    apply(
        feed,
        sent("a", 1001, "2026-11-02T10:00:00", refId="sale"),
        sent("b", 1006, "2026-11-02T11:00:00", refId="news"),
        sent("c", 1001, "2026-11-02T12:00:00", refId="more"),  # first by its name: the one within the limit
    )
    client.force_login(manager)

    page = get(client)
    links = [link for found in Page(page).links.values() for link in found if "campaign=%28other%29" in link]

    assert Page(page).rows["campaigns"][1][:4] == ["(over the daily limit)", "2", "0.5", "1"]
    listed = [
        sorted(set(re.findall(r"/messages/link-main/(\w+)/", client.get(link).content.decode()))) for link in links
    ]
    assert listed == [["a", "b"], ["b"]]


def test_the_verdict_is_on_top(client, viewer, messages):
    client.force_login(viewer)

    page = get(client)

    said = re.search(r'<p class="verdict">(.*?)</p>', page, re.DOTALL)[1]
    assert re.sub(r"<[^>]+>", "", said).strip() == (
        "7 messages were sent. Of those with a result so far, 75.00\xa0% were delivered."
        " These are too few messages to judge."
    )
    assert page.index('class="verdict"') < page.index('class="kpis"')


def test_cards_draw_their_course_for_the_eye_alone(client, viewer, messages):
    client.force_login(viewer)

    page = get(client)

    drawn = re.findall(r'<li class="kpi kpi-(\w+)">(?:(?!</li>).)*?(<svg class="spark"[^>]*>)', page, re.DOTALL)
    assert [key for key, _svg in drawn] == ["messages", "delivered", "pending", "failed", "unknown", "parts"]
    assert {'aria-hidden="true" focusable="false"' in svg for _key, svg in drawn} == {True}
    assert page.count('<path class="provisional"') == 2  # a rate has no two neighbouring days with messages at the end


@pytest.mark.parametrize(("language", "day"), [("fi", "2.11.2026"), ("en", "2026-11-02")])
def test_saved_days_and_words_are_the_tenants(client, viewer, messages, tenant, language, day):
    tenant.language, tenant.country = language, {"fi": "FI", "en": "GB"}[language]
    tenant.save()
    client.force_login(viewer)
    client.cookies["language"] = {"fi": "en", "en": "fi"}[language]

    page = client.get(OVERVIEW)
    fetched = client.get(OVERVIEW, headers={"Portal-Language": "tenant"})

    assert (page.headers["Content-Language"], fetched.headers["Content-Language"]) == (
        client.cookies["language"].value,
        language,
    )
    for answer in (page, fetched):
        assert f'data-saved="{day}"' in answer.content.decode()
        assert f'data-language="{language}"' in answer.content.decode()

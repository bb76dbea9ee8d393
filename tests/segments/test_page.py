"""The page of segments: its figures and their links, what it says, what it refuses, what masked roles see."""

import re
from html import unescape

import pytest
from django.utils import timezone

from deliveries.attributing.attribute import attribute_due
from reports.segments.asked import COLUMNS
from tests.attributing.sample import event
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/segments/"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Friday 20 November 2026, 14:00 in Helsinki."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def sent(feed, tenant):
    """North is delivered worse than South; a kiosk and a stand have few recipients; some messages have no shop."""
    chosen(tenant, "shop", "tier")
    shops = {"north": (70, 30), "south": (97, 3), "kiosk": (3, 0), "stand": (9, 0), "": (12, 1)}
    codes = [(shop, code) for shop, (ok, no) in shops.items() for code in [1001] * ok + [1006] * no]
    apply(
        feed,
        *(
            message(
                f"m{n}",
                code,
                number=number_of(n),
                shop=shop,
                tier=("gold", "silver")[n % 2],
                seconds=5 + n % 50,
                ref_id=("sale", "news")[n % 5 == 0],
            )
            for n, (shop, code) in enumerate(codes)
        ),
    )


def page(client, **query):
    answer = client.get(URL, query)
    return answer, unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def table_of(answer) -> list[tuple]:
    return [
        (one.label, one.row.kpis.volume.messages, one.row.kpis.volume.delivered, one.row.recipients)
        for one in answer.context["rows"]
    ]


def test_values_are_shown_with_their_figures(client, owner, sent):
    client.force_login(owner)
    answer, text = page(client)
    assert answer.status_code == 200
    assert table_of(answer) == [
        ("north", 100, 70, 100),
        ("south", 100, 97, 100),
        ("stand", 9, 9, 9),
        ("kiosk", 3, 3, 3),
        ("(none)", 13, 12, 13),
    ]
    assert "Reached less often than the other groups, and that is no accident: north (70.0 %, −26.8 points)." in text
    assert "Reached more often than the other groups, and that is no accident: south (97.0 %, +21.8 points)." in text


def test_two_values_are_compared_in_a_sentence(client, owner, sent):
    client.force_login(owner)
    answer, text = page(client, key="shop", a="north", b="south")
    assert answer.status_code == 200
    sentence = re.search(r'id="pair">([^<]+)', text)[1]
    assert sentence == (
        "south reached 97.0 % of its recipients, 17.2 to 36.8 points more than north; with 200 messages that is no"
        " accident."
    )
    _answer, text = page(client, key="shop", a="north", b="kiosk")
    assert "Not enough yet: kiosk has 3 messages, and a comparison needs 30." in text


SHOWN = {
    "name": lambda row: row.value,
    "messages": lambda row: row.kpis.volume.messages,
    "recipients": lambda row: row.recipients,
    "delivery_rate": lambda row: row.kpis.delivery_rate,
    "conversion_rate": lambda row: row.conversions.rate,
    "revenue": lambda row: row.conversions.revenue[0].per_recipient if row.conversions.revenue else None,
    "difference": lambda row: row.standout.difference if row.standout else None,
    "median": lambda row: row.kpis.median,
    "p95": lambda row: row.kpis.p95,
}


def test_every_column_sorts_both_ways_and_what_is_no_value_is_last(client, owner, sent, tenant):
    for n in (0, 1, 2, 30, 100, 101, 205):
        value = {"value": 1_000_000 * (n + 1), "currency": "EUR"} if n else {}
        event(tenant, f"e{n}", 2 * 24 * 60, number_of(n), **value)
    attribute_due()
    client.force_login(owner)
    assert SHOWN.keys() == set(COLUMNS)
    for column, figure in SHOWN.items():
        for sign in ("", "-"):
            rows = [one.row for one in page(client, sort=sign + column)[0].context["rows"]]
            figures = [figure(row) for row in rows[:-1]]
            known = [one for one in figures if one is not None]
            assert rows[-1].value == "(none)"
            assert len(set(known)) > 1, column  # an order that can be wrong
            assert figures == sorted(known, reverse=sign == "-") + [None] * (len(figures) - len(known)), sign + column


def test_trend_has_the_messages_of_each_day(client, owner, feed, tenant):
    chosen(tenant, "shop")
    days = {"north": [1, 1, 3, 3, 3], "south": [2, 4]}
    apply(
        feed,
        *(
            message(f"{shop}{n}", shop=shop, day=f"2026-11-{day:02}")
            for shop, of in days.items()
            for n, day in enumerate(of)
        ),
    )
    client.force_login(owner)
    answer, text = page(client, **{"from": "2026-11-01", "to": "2026-11-04"})
    lines = {one.label: one.line.settled + one.line.provisional for one in answer.context["rows"]}
    assert lines == {
        "north": "M0.0 8.7L33.3 22.0L66.7 2.0L100.0 22.0",
        "south": "M0.0 22.0L33.3 2.0L66.7 22.0L100.0 2.0",
    }
    assert all(f'd="{one.line.settled}"' in text for one in answer.context["rows"])


def test_masked_roles_see_no_small_group(client, viewer, sent):
    client.force_login(viewer)
    answer, text = page(client)
    assert table_of(answer) == [
        ("north", 100, 70, 100),
        ("south", 100, 97, 100),
        ("(none)", 13, 12, 13),
        ("(small)", 12, 12, None),
    ]
    assert "kiosk" not in text
    assert "“(small)” is 2 values together" in text
    assert "(small)" not in "".join(re.findall(r'href="([^"]+)"', answer.content.decode()))


def test_table_of_two_keys(client, owner, viewer, sent):
    client.force_login(owner)
    answer, text = page(client, key="shop", by="tier")
    assert answer.status_code == 200
    assert answer.context["column_labels"] == ["gold", "silver"]
    assert [row["label"] for row in answer.context["cross_rows"]] == ["north", "south", "(none)", "stand", "kiosk"]
    assert "of at most 31 days or of one campaign" in text
    client.force_login(viewer)
    _answer, text = page(client, key="shop", by="tier")
    assert "kiosk" not in text
    assert "groups of fewer than 10 recipients" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"key": "colour"}, "“colour” is no key that has figures; it was left out."),
        ({"by": "colour"}, "“colour” is no key that has figures; it was left out."),
        ({"a": "west"}, "There is no value “west” to compare in this period; it was left out."),
        ({"from": "2026-11-40"}, "Showing"),
    ],
)
def test_what_cannot_be_followed_is_named(client, owner, sent, query, said):
    client.force_login(owner)
    answer, text = page(client, **query)
    assert (answer.status_code, said in text) == (422, True)


@pytest.mark.parametrize("query", [{"sort": "colour"}, {"page": "0"}, {"page": "2"}, {"page": "x"}])
def test_there_is_no_such_order_or_page(client, owner, sent, query):
    client.force_login(owner)
    assert client.get(URL, query).status_code == 404


def test_two_keys_need_a_short_period_or_a_campaign(client, owner, sent):
    client.force_login(owner)
    _answer, text = page(client, by="tier", period="90d")
    assert "at most 31 days, or of one campaign. Choose a shorter period or a campaign." in text
    answer, _text = page(client, by="tier", period="90d", campaign="sale")
    assert answer.context["table"].total.volume.messages > 100


def test_without_keys_it_says_what_to_do(client, owner, viewer, tenant):
    client.force_login(owner)
    assert "Choose such keys, and this page shows how each group reacts." in page(client)[1]
    client.force_login(viewer)
    assert "Managers and owners choose keys in the settings." in page(client)[1]

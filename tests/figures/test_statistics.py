"""Figures from the counts: grouped, filtered, compared, and refused where no count holds them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope
from reports.figures.kpis import Kpis, changes
from reports.figures.query import CannotCombine, StatisticsQuery, TooManyGroups, UnknownName
from reports.figures.statistics import statistics, total
from reports.figures.top_campaigns import campaigns
from reports.figures.volume import Volume
from reports.overview import selectors
from reports.overview.selectors import overview
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 9)  # a Monday and the Monday after
NOVEMBER = datetime(2026, 11, 20, tzinfo=UTC)


def sent(id_: str, code: int, at: str, seconds: int = 5, *, partner: str = "nr-fi", to: str = "+358401234567", **more):
    """Return a report of a message sent at `at` (UTC), reported so many seconds later."""
    start = datetime.fromisoformat(at)
    return dlr(
        id_,
        code,
        sentTimestamp=f"{at}Z",
        timestamp=f"{start.replace(second=seconds).isoformat()}Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters={"destination": to},
        **more,
    )


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Six messages of the tenant on two Mondays, one of another tenant, one of the pool."""
    PartnerId.objects.create(account=feed.account, value="nr-se", tenant=tenant, declared_at=datetime.now(UTC))
    apply(
        feed,
        sent("a", 1001, "2026-11-02T10:00:00", 5, refId="sale", operator="fi.elisa", segments=2),
        sent("b", 1001, "2026-11-02T11:00:00", 50, refId="sale", operator="fi.elisa"),
        sent("c", 1006, "2026-11-02T12:00:00", refId="sale", operator="fi.telia"),
        sent("d", 1000, "2026-11-02T13:00:00"),  # pending
        sent("e", 1007, "2026-11-09T10:00:00", 20, partner="nr-se", to="+46701234567"),  # delivered, not final
        sent("f", 9999, "2026-11-09T11:00:00", partner="nr-se", to="+46701234567"),  # an unknown code
        sent("g", 1001, "2026-11-02T10:00:00", partner="baltic-ee", to="+3725123456"),
        sent("h", 1001, "2026-11-02T10:00:00", partner="nobody"),
    )


def query(tenant, *group_by: str, **more) -> StatisticsQuery:
    return StatisticsQuery(**{"tenant_ids": [tenant.id], "first": FIRST, "last": LAST, "group_by": group_by} | more)


def shown(groups) -> list[tuple]:
    """Return key values, then messages, parts, delivered, failed, pending, unknown, then final."""
    rows = []
    for group in groups:
        v = group.totals
        counts = (v.messages, v.parts, v.delivered, v.failed, v.pending, v.unknown)
        rows.append((*group.key.values(), counts, group.final))
    return rows


@pytest.mark.parametrize(
    ("group_by", "wanted"),
    [
        ((), [((6, 7, 3, 1, 1, 1), 3)]),
        (("day",), [(date(2026, 11, 2), (4, 5, 2, 1, 1, 0), 3), (date(2026, 11, 9), (2, 2, 1, 0, 0, 1), 0)]),
        (("week",), [("2026-W45", (4, 5, 2, 1, 1, 0), 3), ("2026-W46", (2, 2, 1, 0, 0, 1), 0)]),
        (("month",), [("2026-11", (6, 7, 3, 1, 1, 1), 3)]),
        (("partner_id",), [("nr-fi", (4, 5, 2, 1, 1, 0), 3), ("nr-se", (2, 2, 1, 0, 0, 1), 0)]),
        (("country",), [("FI", (4, 5, 2, 1, 1, 0), 3), ("SE", (2, 2, 1, 0, 0, 1), 0)]),
        (("campaign", "variant"), [("", "", (3, 3, 1, 0, 1, 1), 0), ("sale", "", (3, 4, 2, 1, 0, 0), 3)]),
        (
            ("operator",),
            [("", (3, 3, 1, 0, 1, 1), 0), ("fi.elisa", (2, 3, 2, 0, 0, 0), 2), ("fi.telia", (1, 1, 0, 1, 0, 0), 1)],
        ),
        (("sender_type",), [("", (6, 7, 3, 1, 1, 1), 3)]),
        (
            ("status",),
            [
                ("delivered", (3, 4, 3, 0, 0, 0), 2),
                ("failed", (1, 1, 0, 1, 0, 0), 1),
                ("sent", (1, 1, 0, 0, 1, 0), 0),
                ("unknown", (1, 1, 0, 0, 0, 1), 0),
            ],
        ),
        (
            ("result_code", "country"),
            [
                (1001, "FI", (2, 3, 2, 0, 0, 0), 2),
                (1000, "FI", (1, 1, 0, 0, 1, 0), 0),
                (1006, "FI", (1, 1, 0, 1, 0, 0), 1),
                (1007, "SE", (1, 1, 1, 0, 0, 0), 0),
                (9999, "SE", (1, 1, 0, 0, 0, 1), 0),
            ],
        ),
        (("tenant",), [("nordic-retail", (6, 7, 3, 1, 1, 1), 3)]),
    ],
)
def test_groups_are_those_of_the_messages(messages, tenant, group_by, wanted):
    assert shown(statistics(query(tenant, *group_by))) == wanted


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"country": ["SE"]}, (2, 2, 1, 0, 0, 1, 1, 0)),
        ({"partner_id": ["nr-fi"], "status": ["failed", "sent"]}, (2, 2, 0, 1, 1, 0, 0, 0)),
        ({"campaign": ["sale"], "operator": ["fi.elisa"]}, (2, 3, 2, 0, 0, 0, 3, 3)),
        ({"campaign": [""]}, (3, 3, 1, 0, 1, 1, 1, 0)),
        ({"campaign": ["(other)"]}, (0, 0, 0, 0, 0, 0)),
        ({"campaign": ["no such"]}, (0, 0, 0, 0, 0, 0)),
        ({"result_code": [1006, 9999]}, (2, 2, 0, 1, 0, 1)),
        ({"tenant": ["baltic-parcel"]}, (0, 0, 0, 0, 0, 0)),
    ],
)
def test_filters_let_through_what_they_name(messages, tenant, filters, wanted):
    assert total(query(tenant, filters=filters)).volume == Volume(*wanted)


@pytest.fixture
def every_way_to_bill(feed, tenant):
    """Messages of one country and campaign each, so that every count has them apart."""
    fates = {
        1001: 3,  # delivered, billed
        1007: 2,  # delivered, billing delayed
        1008: 4,  # queued, billed before sending
        1009: 5,  # failed, billed
        1011: 6,  # sent, billed
        1006: 7,  # failed
        4: 8,  # nobody knows
        9999: 9,  # not in the table
    }
    apply(
        feed,
        *(
            sent(f"m{code}", code, "2026-11-02T10:00:00", segments=parts, refId=f"c{code}")
            for code, parts in fates.items()
        ),
    )


@pytest.mark.parametrize("group_by", [(), ("day",), ("campaign",), ("partner_id",), ("country",)])
def test_parts_are_billed_by_code_and_delivered_by_state(every_way_to_bill, tenant, group_by):
    volume = Volume.total(group.totals for group in statistics(query(tenant, *group_by)))

    assert (volume.parts, volume.delivered_parts, volume.billed_parts) == (44, 3 + 2, 3 + 4 + 5 + 6)


def test_hours_tell_delivered_parts_and_not_billed_ones(every_way_to_bill, tenant):
    (hour,) = statistics(query(tenant, "hour"))

    assert (hour.totals.parts, hour.totals.delivered_parts, hour.totals.billed_parts) == (44, 5, None)


def test_code_is_billed_by_its_account_s_dialect(every_way_to_bill, feed, tenant):
    type(feed).objects.filter(account=feed.account).update(dialect="another")

    assert total(query(tenant)).volume.billed_parts == 0


def test_campaigns_over_the_limit_are_other(settings, feed, tenant):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    apply(feed, *(sent(name, 1001, "2026-11-02T10:00:00", refId=name) for name in ("x", "y", "z")))

    assert shown(statistics(query(tenant, "campaign"))) == [
        ("(other)", (2, 2, 2, 0, 0, 0), 2),
        ("x", (1, 1, 1, 0, 0, 0), 1),
    ]
    assert total(query(tenant, filters={"campaign": ["(other)"]})).volume.messages == 2


def test_same_campaign_of_two_children_is_one_group_of_the_parent(feed, tenant, other_tenant):
    apply(
        feed,
        sent("a", 1001, "2026-11-02T10:00:00", refId="sale"),
        sent("b", 1006, "2026-11-02T10:00:00", refId="sale", partner="baltic-ee"),
    )
    both = query(tenant, "campaign", tenant_ids=[tenant.id, other_tenant.id])

    assert shown(statistics(both)) == [("sale", (2, 2, 1, 1, 0, 0), 2)]


def test_account_narrows_to_its_own_messages(messages, tenant, feed):
    assert total(query(tenant, account_id=feed.account_id)).volume.messages == 6
    assert total(query(tenant, account_id=feed.account_id + 1)).volume.messages == 0


def test_latency_is_summed_by_what_holds_it(messages, tenant):
    (all_of_it,) = statistics(query(tenant))
    by_country = statistics(query(tenant, "country"))

    # 5, 20 and 50 seconds: buckets of campaigns/latency.py, read back at most 2% off
    assert sum(all_of_it.latency.values()) == 3
    assert [round(all_of_it.kpis.percentile(q)) for q in (0.1, 0.5, 0.99)] == [5, 20, 49]
    assert [round(group.kpis.percentile(1)) for group in by_country] == [49, 20]


@pytest.mark.parametrize("name", ("partner_id", "status", "result_code"))
def test_latency_is_not_told_by_what_no_count_holds(messages, tenant, name):
    assert query(tenant, name).without_latency() == [name]
    assert [group.latency for group in statistics(query(tenant, name))] == [None] * len(statistics(query(tenant, name)))
    assert total(query(tenant, filters={name: [1001] if name == "result_code" else ["delivered"]})).latency is None


def test_partner_id_and_campaign_cannot_be_combined(tenant):
    with pytest.raises(CannotCombine) as error:
        query(tenant, "partner_id", filters={"variant": ["A"]})

    assert (error.value.name, str(error.value)) == (
        "group_by",
        "partner_id and variant cannot be combined: counts exist for one or the other.",
    )


@pytest.mark.parametrize(
    ("group_by", "filters", "name"),
    [(("minute",), {}, "group_by"), (("day", "day"), {}, "group_by"), ((), {"day": ["x"]}, "day")],
)
def test_names_that_there_are_not_are_refused(tenant, group_by, filters, name):
    with pytest.raises(UnknownName) as error:
        query(tenant, *group_by, filters=filters)
    assert error.value.name == name


def test_too_many_groups_are_refused(messages, tenant, monkeypatch):
    monkeypatch.setattr("reports.figures.statistics.MAX_GROUPS", 2)

    with pytest.raises(TooManyGroups, match="More than 2 groups"):
        statistics(query(tenant, "operator"))
    assert len(statistics(query(tenant, "country"))) == 2


@pytest.mark.parametrize(
    ("group_by", "queries"), [((), 5), (("country",), 5), (("status",), 4), (("campaign",), 6), (("tenant",), 6)]
)
def test_query_count_is_fixed(messages, tenant, django_assert_num_queries, group_by, queries):
    with django_assert_num_queries(queries):
        statistics(query(tenant, *group_by))


def test_total_is_summed_up_by_the_database(messages, tenant):
    with CaptureQueriesContext(connection) as statements:
        total(query(tenant))

    volumes = [statement["sql"] for statement in statements if "daily_count" in statement["sql"]]
    assert ["GROUP BY" in sql for sql in volumes] == [False]


def test_web_role_reads_its_own_tenants_alone(messages, tenant, other_tenant):
    both = query(tenant, "tenant", "country", tenant_ids=[tenant.id, other_tenant.id])
    with web_scope([tenant.id]):
        assert shown(statistics(both)) == [
            ("nordic-retail", "FI", (4, 5, 2, 1, 1, 0), 3),
            ("nordic-retail", "SE", (2, 2, 1, 0, 0, 1), 0),
        ]


# --- the Overview's pieces ---


def test_overview_shows_a_period_and_the_one_before(messages, tenant):
    page = overview(
        tenant_ids=[tenant.id],
        first=date(2026, 11, 8),
        last=date(2026, 11, 9),
        compare=(date(2026, 11, 2), date(2026, 11, 3)),
        now=NOVEMBER,
    )

    assert (page.kpis.volume, page.kpis.final, page.before.volume, page.before.final) == (
        Volume(2, 2, 1, 0, 0, 1, 1, 0), 0, Volume(4, 5, 2, 1, 1, 0, 3, 3), 3,
    )  # fmt: skip
    assert (page.changes.messages, page.changes.delivery_rate, page.changes.failed_rate) == (-0.5, 0.0, -0.25)
    assert [(row.day, row.kpis.volume.messages) for row in page.days] == [
        (date(2026, 11, 8), 0),
        (date(2026, 11, 9), 2),
    ]
    assert [(row.key, row.totals.messages) for row in page.countries] == [({"country": "SE"}, 2)]
    assert (page.campaigns, page.provisional_from) == ([], None)


def test_top_campaigns_are_the_largest_with_their_times_and_the_others_are_the_rest(messages, feed, tenant):
    apply(feed, sent("i", 1001, "2026-11-03T10:00:00", 20, refId="news"))
    every = total(query(tenant))

    rows, others = campaigns(query(tenant), latency=every.latency, limit=1)

    assert [(row.name, row.tenant, row.kpis.volume, row.kpis.final) for row in rows] == [
        ("sale", "nordic-retail", Volume(3, 4, 2, 1, 0, 0, None, None), None)
    ]
    assert (round(rows[0].kpis.median), round(rows[0].kpis.p95)) == (5, 49)
    assert (others.campaigns, others.kpis.volume, others.without.volume) == (
        1, Volume(1, 1, 1, 0, 0, 0, None, None), Volume(3, 3, 1, 0, 1, 1, None, None),
    )  # fmt: skip
    assert (round(others.kpis.median), round(others.without.median)) == (20, 20)
    not_by_campaign = replace(every.volume, delivered_parts=None, billed_parts=None)
    assert rows[0].kpis + others.kpis + others.without == replace(every, volume=not_by_campaign, final=None)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ["Not delivered", "Unknown result code"]),
        ("fi", ["Ei toimitettu", "Tuntematon tuloskoodi"]),
    ],
)
def test_failures_say_what_and_what_to_do(messages, tenant, language, wanted):
    rows = selectors.failures(query(tenant), language=language)

    assert [(row.result_code, row.status, row.reason, row.messages, row.share) for row in rows] == [
        (1006, "failed", "subscriber", 1, 0.5),
        (9999, "unknown", "other", 1, 0.5),
    ]
    assert [row.text for row in rows] == wanted
    assert [row.advice[:24] for row in rows] == (
        ["The operator could not d", "The portal does not know"]
        if language == "en"
        else ["Operaattori ei voinut to", "Portaali ei tunne tätä t"]
    )


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        # 9 November ends in Helsinki at 22:00 UTC, its grace three days later
        ("2026-11-12T21:59:59", date(2026, 11, 9)),
        ("2026-11-12T22:00:00", None),
        ("2026-11-10T00:00:00", date(2026, 11, 7)),
        ("2026-11-01T00:00:00", date(2026, 11, 2)),
    ],
)
def test_days_are_provisional_until_their_grace_is_over(tenant, now, wanted):
    now = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert selectors.provisional_from(tenant_ids=[tenant.id], first=FIRST, last=LAST, now=now) == wanted


def test_westernmost_tenant_ends_the_grace(tenant, other_tenant):
    Tenant.objects.filter(id=other_tenant.id).update(timezone="America/New_York")
    now = datetime(2026, 11, 12, 22, 0, tzinfo=UTC)

    both = [tenant.id, other_tenant.id]
    assert selectors.provisional_from(tenant_ids=both, first=FIRST, last=LAST, now=now) == date(2026, 11, 9)


def test_overview_of_nothing_is_empty(tenant):
    page = overview(tenant_ids=[tenant.id], first=FIRST, last=FIRST, now=datetime(2026, 12, 1, tzinfo=UTC))

    assert (page.kpis, page.kpis.delivery_rate, page.kpis.median) == (Kpis(latency={}), None, None)
    assert (page.days, page.countries, page.failures) == ([selectors.DayRow(FIRST, Kpis())], [], [])


@pytest.mark.parametrize(("compare", "queries"), [(None, 14), ((LAST, LAST), 18)])
def test_overview_needs_as_many_queries_however_much_there_is(
    messages, tenant, django_assert_num_queries, compare, queries
):
    for last, of_hours in ((FIRST, 4), (FIRST + timedelta(days=2), 4), (FIRST + timedelta(days=3), 0), (LAST, 0)):
        with django_assert_num_queries(queries + of_hours):
            overview(tenant_ids=[tenant.id], first=FIRST, last=last, now=NOVEMBER, compare=compare)


def test_changes_are_percent_for_counts_and_points_for_rates():
    now = Kpis(Volume(200, 300, 150, 30, 10, 10), 180, {29: 150})
    before = Kpis(Volume(100, 100, 80, 20, 0, 0), 100, {93: 80})

    found = changes(now, before)

    assert (found.messages, found.parts, found.delivered, found.failed) == (1.0, 2.0, 0.875, 0.5)
    assert (found.pending, found.unknown) == (None, None)  # from nothing
    assert [round(n, 9) for n in (found.delivery_rate, found.failed_rate, found.pending_rate, found.unknown_rate)] == [
        -0.05, -0.05, 0.05, 0.05,
    ]  # fmt: skip
    assert round(found.median, 2) == round(3.0 / 39.0 - 1, 2)

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from reports.monthly.layout import ErrorCount, FiguresDisagree, Volume, build_tables
from tests.reports.sample import FI, HEADER, KOSOVO, SE, UNKNOWN, account_figures, sample_figures

MEASURES = [
    "Messages",
    "SMS parts",
    "Delivered parts",
    "Billed parts",
    "Delivered",
    "Failed",
    "Pending",
    "Unknown",
    "Delivery rate",
]
COUNTRY = ["Country code", "Country"]

FI_MEASURES = (12_000, 13_500, 13_150, 13_190, 11_700, 200, 60, 40, 0.975)
SE_MEASURES = (5_000, 5_000, 4_800, 4_790, 4_800, 150, 50, 0, 0.96)
XK_MEASURES = (400, 800, 400, 380, 200, 100, 50, 50, 0.5)
ZZ_MEASURES = (400, 400, 0, 20, 0, 390, 0, 10, 0.0)
ALL_MEASURES = (17_800, 19_700, 18_350, 18_380, 16_700, 840, 160, 100, 0.9382022471910112)


def tables(figures=None) -> dict:
    return {table.key: table for table in build_tables(figures or sample_figures())}


def names(table) -> list[str]:
    return [column.key for column in table.columns]


def test_tables_of_a_month_have_the_names_of_the_sheets():
    assert {key: names(table) for key, table in tables().items()} == {
        "Summary": ["Item", "Value", "95% from", "95% to"],
        "Countries": [*COUNTRY, *MEASURES],
        "Partner IDs": ["Partner ID", *COUNTRY, *MEASURES],
        "Campaigns": ["Campaign", "Variant", *COUNTRY, *MEASURES],
        "Operators": [*COUNTRY, "Operator", *MEASURES],
        "Days": ["Day", *MEASURES],
        "Errors": ["Code", "Meaning", "Reason", "Messages", "Share"],
        "Latency": [*COUNTRY, "Delivered (messages with a known time)", "p50", "p90", "p95", "p99"],
    }
    assert [table.key for table in build_tables(sample_figures())] == [
        "Summary",
        "Countries",
        "Partner IDs",
        "Campaigns",
        "Operators",
        "Days",
        "Errors",
        "Latency",
    ]


def test_countries_go_by_messages_then_code_and_the_total_has_its_own_rate():
    table = tables()["Countries"]

    assert table.rows == [
        ("FI", "Finland", *FI_MEASURES),
        ("SE", "Sweden", *SE_MEASURES),
        ("XK", "Kosovo", *XK_MEASURES),
        ("ZZ", "Unknown", *ZZ_MEASURES),
    ]
    assert table.total == (None, None, *ALL_MEASURES)


def test_countries_of_a_finnish_tenant_have_finnish_names():
    assert [row[:2] for row in tables(sample_figures(language="fi"))["Countries"].rows] == [
        ("FI", "Suomi"),
        ("SE", "Ruotsi"),
        ("XK", "Kosovo"),
        ("ZZ", "Tuntematon"),
    ]


def test_countries_in_a_language_that_nobody_knows_have_english_names():
    assert tables(sample_figures(language="xx-yy"))["Countries"].rows[0][:2] == ("FI", "Finland")


def test_partner_ids_without_a_name_or_over_the_limit_are_said_in_words():
    assert tables()["Partner IDs"].rows == [
        ("nr-fi", "FI", "Finland", *FI_MEASURES),
        ("nr-se", "SE", "Sweden", *SE_MEASURES),
        ("(none)", "XK", "Kosovo", *XK_MEASURES),
        ("(other)", "ZZ", "Unknown", *ZZ_MEASURES),
    ]


def test_partner_ids_of_an_account_say_the_tenant_and_its_zone():
    table = tables(account_figures())["Partner IDs"]

    assert names(table) == ["Partner ID", "Tenant", "Time zone", *COUNTRY, *MEASURES]
    assert table.rows == [
        ("nr-fi", "Nordic Retail Oy", "Europe/Helsinki", "FI", "Finland", *FI_MEASURES),
        ("nr-se", "Nordic Retail Oy", "Europe/Helsinki", "SE", "Sweden", *SE_MEASURES),
        ("balkan", "Balkan Shop", "Europe/Belgrade", "XK", "Kosovo", *XK_MEASURES),
        ("nobody", "(unassigned)", "Europe/Helsinki", "ZZ", "Unknown", *ZZ_MEASURES),
    ]
    assert table.total == (None, None, None, None, None, *ALL_MEASURES)


def test_account_has_subtotals_by_partner_id_of_several_rows_and_by_tenant():
    figures = account_figures()
    in_sweden = {("balkan", "Balkan Shop", "SE"): SE, ("nr-fi", "Balkan Shop", "XK"): KOSOVO}
    found = {("nr-fi", "Nordic Retail Oy", "FI"): FI, ("nobody", "", "ZZ"): UNKNOWN}
    figures = replace(figures, partner_ids={**found, **in_sweden})

    table = tables(figures)["Partner IDs"]

    assert len(table.rows) == 4
    assert [(row[:5], row[5]) for row in table.subtotals] == [
        # of several tenants: none is named; "balkan" and "nobody" have one row each
        (("nr-fi", None, None, None, None), 12_400),
        ((None, "Nordic Retail Oy", "Europe/Helsinki", None, None), 12_000),
        ((None, "Balkan Shop", "Europe/Belgrade", None, None), 5_400),
        ((None, "(unassigned)", "Europe/Helsinki", None, None), 400),
    ]
    assert table.subtotals[0][5:] == (12_400, 14_300, 13_550, 13_570, 11_900, 300, 110, 90, 11_900 / 12_400)
    assert table.total == (None, None, None, None, None, *ALL_MEASURES)


def test_partner_id_of_one_tenant_in_several_countries_has_a_subtotal_with_its_tenant():
    found = {
        ("nr", "Nordic Retail Oy", "FI"): FI,
        ("nr", "Nordic Retail Oy", "SE"): SE,
        ("x", "", "XK"): KOSOVO + UNKNOWN,
    }

    (first, *_of_tenants) = tables(replace(account_figures(), partner_ids=found))["Partner IDs"].subtotals

    assert first[:6] == ("nr", "Nordic Retail Oy", "Europe/Helsinki", None, None, 17_000)


def test_parent_names_its_children_as_an_account_does():
    figures = replace(account_figures(), header=HEADER)

    of_parent = tables(figures)

    assert names(of_parent["Campaigns"])[:4] == ["Campaign", "Variant", "Tenant", "Time zone"]
    assert of_parent["Campaigns"].subtotals == [
        (
            None,
            None,
            "Nordic Retail Oy",
            "Europe/Helsinki",
            None,
            None,
            *tables(figures)["Partner IDs"].subtotals[0][5:],
        ),
        (None, None, "(unassigned)", "Europe/Helsinki", None, None, *ZZ_MEASURES),
        (None, None, "Balkan Shop", "Europe/Belgrade", None, None, *XK_MEASURES),
    ]


def test_tenant_alone_has_no_subtotals():
    assert [table.key for table in build_tables(sample_figures()) if table.subtotals] == []


def test_campaigns_have_a_row_per_variant_and_country():
    table = tables()["Campaigns"]

    assert table.rows == [
        ("autumn", "A", "FI", "Finland", 6_000, 6_500, 6_350, 6_350, 5_900, 50, 30, 20, 5_900 / 6_000),
        ("autumn", "B", "FI", "Finland", 6_000, 7_000, 6_800, 6_840, 5_800, 150, 30, 20, 5_800 / 6_000),
        ("(no campaign)", None, "SE", "Sweden", *SE_MEASURES),
        ("(other)", None, "XK", "Kosovo", *XK_MEASURES),
        ("=cmd|' /C calc'!A0", "+358401234567", "ZZ", "Unknown", *ZZ_MEASURES),
    ]
    assert table.total == (None, None, None, None, *ALL_MEASURES)


def test_campaigns_of_an_account_say_the_tenant_and_its_zone():
    assert [row[:6] for row in tables(account_figures())["Campaigns"].rows] == [
        ("autumn", "A", "Nordic Retail Oy", "Europe/Helsinki", "FI", "Finland"),
        ("(no campaign)", None, "Nordic Retail Oy", "Europe/Helsinki", "SE", "Sweden"),
        ("(no campaign)", None, "(unassigned)", "Europe/Helsinki", "ZZ", "Unknown"),
        ("(no campaign)", None, "Balkan Shop", "Europe/Belgrade", "XK", "Kosovo"),
    ]


def test_operators_without_a_name_are_unknown():
    assert [row[:4] for row in tables()["Operators"].rows] == [
        ("FI", "Finland", "fi.elisa", 12_000),
        ("SE", "Sweden", "se.telia", 5_000),
        ("XK", "Kosovo", "(unknown)", 400),
        ("ZZ", "Unknown", "(unknown)", 400),
    ]


def test_days_are_all_days_of_the_month_in_order():
    table = tables()["Days"]

    assert [row[0].day for row in table.rows] == list(range(1, 32))
    assert table.rows[0] == (date(2026, 10, 1), *FI_MEASURES)
    assert table.rows[2] == (date(2026, 10, 3), 0, 0, 0, 0, 0, 0, 0, 0, None)
    assert table.rows[30] == (date(2026, 10, 31), 800, 1_200, 400, 400, 200, 490, 50, 60, 0.25)
    assert table.total == (None, *ALL_MEASURES)


def test_days_of_a_leap_february_are_29():
    header = replace(HEADER, month="2028-02")
    table = tables(sample_figures(header=header, days={date(2028, 2, 29): Volume(**TOTAL)}))["Days"]

    assert (len(table.rows), table.rows[28][:2]) == (29, (date(2028, 2, 29), 17_800))


TOTAL = {
    "messages": 17_800,
    "parts": 19_700,
    "delivered": 16_700,
    "failed": 840,
    "pending": 160,
    "unknown": 100,
    "delivered_parts": 18_350,
    "billed_parts": 18_380,
}


def test_errors_are_shares_of_the_failed_and_unknown_without_the_delivered():
    table = tables()["Errors"]

    assert table.rows == [
        (2106, "number error", "subscriber", 390, 390 / 940),
        (1006, "not delivered", "subscriber", 300, 300 / 940),
        (1002, "expired", "subscriber", 150, 150 / 940),
        (1010, "expired, no operator DLR received", "other", 100, 100 / 940),
    ]
    assert table.total == (None, None, None, 940, 1.0)


def test_latency_total_comes_from_the_merged_buckets():
    table = tables()["Latency"]

    assert table.rows == [
        ("FI", "Finland", 11_700, 3, 3, 39, 39),
        ("SE", "Sweden", 4_800, 3, 3, 3, 3),
        ("XK", "Kosovo", 150, 39, 39, 39, 39),
    ]
    assert table.total == (None, None, 16_650, 3, 3, 39, 39)


def test_summary_of_a_provisional_month():
    figures = sample_figures(
        header=replace(
            HEADER,
            oldest_waiting=datetime(2026, 10, 24, 23, 59, 58, 999, tzinfo=UTC),
            warning="Only 99.1% have a final state.",
        )
    )

    table = tables(figures)["Summary"]

    helsinki = [row[1].isoformat() for row in table.rows[3:5]]
    assert helsinki == ["2026-11-04T14:32:07+02:00", "2026-10-25T02:59:58+03:00"]
    assert [row[:2] for row in table.rows[:3] + table.rows[5:17]] == [
        ("Tenant", "Nordic Retail Oy"),
        ("Period", "2026-10"),
        ("Time zone", "Europe/Helsinki"),
        ("State", "provisional"),
        ("Revision", 2),
        ("Currency", "EUR"),
        ("Messages", 17_800),
        ("SMS parts", 19_700),
        ("Delivered parts", 18_350),
        ("Billed parts", 18_380),
        ("Parts per message", 19_700 / 17_800),
        ("Delivered", 16_700),
        ("Failed", 840),
        ("Pending", 160),
        ("Unknown", 100),
    ]
    # the ends solve (rate − p)² = 1.959964² · p · (1 − p) / n
    assert [(row[0], *(round(value, 6) for value in row[1:])) for row in table.rows[17:22]] == [
        ("Delivery rate", 0.938202, 0.93457, 0.941646),
        ("Delivered of the final", 0.952109, 0.948849, 0.955172),
        ("Failed share", 0.047191, 0.044172, 0.050405),
        ("Pending share", 0.008989, 0.007704, 0.010485),
        ("Unknown share", 0.005618, 0.004622, 0.006828),
    ]
    assert table.rows[22:] == [
        ("Maturity", 0.9981, None, None),
        ("Latency p50", 3, None, None),
        ("Latency p90", 3, None, None),
        ("Latency p95", 39, None, None),
        ("Latency p99", 39, None, None),
        ("Warning", "Only 99.1% have a final state.", None, None),
    ]


def test_summary_of_an_account_names_it():
    assert tables(account_figures())["Summary"].rows[0] == ("Account", "link-main", None, None)


def test_a_month_without_messages_has_empty_rates_and_no_interval():
    none = {name: {} for name in ("countries", "partner_ids", "campaigns", "operators", "days", "latency")}
    found = tables(sample_figures(**none, errors=[], header=replace(HEADER, maturity=None)))

    assert found["Countries"].rows == []
    assert found["Countries"].total == (None, None, 0, 0, 0, 0, 0, 0, 0, 0, None)
    assert found["Errors"].total == (None, None, None, 0, None)
    assert found["Latency"].total == (None, None, 0, None, None, None, None)
    assert len(found["Days"].rows) == 31
    assert [row for row in found["Summary"].rows if row[0] == "Delivery rate"] == [("Delivery rate", None, None, None)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"countries": {"FI": FI}}, "partner_ids add up to"),
        ({"campaigns": {("", "", "FI"): FI}}, "campaigns add up to"),
        ({"operators": {("XK", ""): KOSOVO}}, "operators add up to"),
        ({"days": {date(2026, 10, 1): FI}}, "days add up to"),
        ({"errors": [ErrorCount(1006, "", "", "failed", 939)]}, "errors add up to 939, failed and unknown to 940"),
        ({"days": {date(2026, 11, 1): Volume(**TOTAL)}}, "2026-11-01 is not a day of 2026-10"),
    ],
)
def test_tables_whose_counts_disagree_are_refused(changes, message):
    with pytest.raises(FiguresDisagree, match=message):
        build_tables(sample_figures(**changes))


def test_volume_whose_states_do_not_add_up_is_refused():
    with pytest.raises(ValueError, match="do not add up"):
        Volume(messages=10, parts=10, delivered=9)


def test_volume_below_zero_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Volume(messages=0, parts=0, delivered=1, failed=-1)


def test_volumes_are_added_count_by_count():
    both = FI + KOSOVO

    assert both == Volume(12_400, 14_300, 11_900, 300, 110, 90, 13_550, 13_570)

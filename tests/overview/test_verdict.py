"""Verdict on a period: situations with what it says of them, and its sentences with their links."""

from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from portal.common.period_picker import Period
from reports.figures.failures import FailureRow
from reports.figures.kpis import Kpis
from reports.figures.volume import Volume
from reports.overview.highlight_selectors import Highlights
from reports.overview.highlights import SlowDay, WorseCountry
from reports.overview.links import Links
from reports.overview.verdict import Against, Overdue, Quiet, Verdict, verdict
from reports.overview.verdict_texts import verdict_sentences

NOTHING = Highlights([], [], [])
WORSE = WorseCountry("SE", date(2026, 10, 12), 0.08, 0.02, 60, 0.00001)
SLOW = SlowDay("FI", "fi.elisa", date(2026, 10, 5), 120.0, 4.0, 80)
UNKNOWN = FailureRow(1010, "unknown", "other", "Expired without a report", "", 50, 0.5)
FULL = FailureRow(1004, "failed", "subscriber", "Mobile full", "", 40, 0.4)
CAUSES = [UNKNOWN, FULL]


def kpis(delivered: int, failed: int = 0, pending: int = 0, unknown: int = 0) -> Kpis:
    messages = delivered + failed + pending + unknown
    return Kpis(Volume(messages, messages, delivered, failed, pending, unknown))


SITUATIONS = {
    "all is well": (
        {"now": kpis(970, 30), "before": kpis(968, 32)},
        (Against.SAME, Against.SAME, Quiet.WELL),
    ),
    "more messages": ({"now": kpis(1164, 36), "before": kpis(970, 30)}, (Against.MORE, Against.SAME, Quiet.WELL)),
    "fewer messages": ({"now": kpis(776, 24), "before": kpis(970, 30)}, (Against.LESS, Against.SAME, Quiet.WELL)),
    "not compared": ({"now": kpis(970, 30), "before": None}, (Against.UNKNOWN, Against.UNKNOWN, Quiet.WELL)),
    "nothing before": ({"now": kpis(970, 30), "before": kpis(0)}, (Against.UNKNOWN, Against.UNKNOWN, Quiet.WELL)),
    "too few before": ({"now": kpis(970, 30), "before": kpis(29)}, (Against.UNKNOWN, Against.UNKNOWN, Quiet.WELL)),
    "too few now": (
        {"now": kpis(5, 24), "before": kpis(970, 30), "failures": CAUSES},
        (Against.UNKNOWN, Against.UNKNOWN, Quiet.FEW),
    ),
    "a small number falls by chance": (
        {"now": kpis(36, 4), "before": kpis(970, 30), "failures": CAUSES},
        (Against.LESS, Against.SAME, Quiet.WELL),
    ),
    "more failures": (
        {"now": kpis(900, 100), "before": kpis(970, 30), "failures": CAUSES},
        (Against.SAME, Against.LESS, FULL),
    ),
    "fewer failures": (
        {"now": kpis(990, 10), "before": kpis(950, 50), "failures": CAUSES},
        (Against.SAME, Against.MORE, Quiet.WELL),
    ),
    "a sure difference too small to matter": (
        {"now": kpis(996_000, 4_000), "before": kpis(999_000, 1_000), "failures": CAUSES},
        (Against.SAME, Against.SAME, Quiet.WELL),
    ),
    "pending ones of a provisional period are no failures": (
        {"now": kpis(800, 25, pending=175), "before": kpis(970, 30), "is_provisional": True},
        (Against.SAME, Against.SAME, Quiet.WELL_SO_FAR),
    ),
    "failures of a provisional period": (
        {"now": kpis(720, 80, pending=200), "before": kpis(970, 30), "is_provisional": True, "failures": CAUSES},
        (Against.SAME, Against.LESS, FULL),
    ),
    "no results yet": (
        {"now": kpis(0, pending=1000), "before": kpis(970, 30), "is_provisional": True},
        (Against.SAME, Against.UNKNOWN, Quiet.WELL_SO_FAR),
    ),
    "a day has not ended": (
        {"now": kpis(582, 18), "before": kpis(970, 30), "days": 1, "is_running": True},
        (Against.UNKNOWN, Against.SAME, Quiet.WELL_SO_FAR),
    ),
    "a day has not ended and already has more": (
        {"now": kpis(1164, 36), "before": kpis(970, 30), "days": 1, "is_running": True},
        (Against.MORE, Against.SAME, Quiet.WELL_SO_FAR),
    ),
    "thirty days lack more than today": (
        {"now": kpis(776, 24), "before": kpis(970, 30), "is_running": True},
        (Against.LESS_SO_FAR, Against.SAME, Quiet.WELL_SO_FAR),
    ),
    "a country is worse": (
        {
            "now": kpis(900, 100),
            "before": kpis(970, 30),
            "failures": CAUSES,
            "highlights": replace(NOTHING, worse_countries=[WORSE], slow_days=[SLOW]),
        },
        (Against.SAME, Against.LESS, WORSE),
    ),
    "an operator was slow": (
        {"now": kpis(970, 30), "before": kpis(970, 30), "highlights": replace(NOTHING, slow_days=[SLOW])},
        (Against.SAME, Against.SAME, SLOW),
    ),
    "reports are missing": (
        {"now": kpis(900, 30, pending=70), "before": kpis(970, 30), "overdue": 70, "failures": CAUSES},
        (Against.SAME, Against.LESS, Overdue(70)),
    ),
    "a few reports are missing": (
        {"now": kpis(970, 25, pending=5), "before": kpis(970, 30), "overdue": 5},
        (Against.SAME, Against.SAME, Quiet.WELL),
    ),
    "many failed, nothing to compare with": (
        {"now": kpis(700, 300), "before": None, "failures": CAUSES},
        (Against.UNKNOWN, Against.UNKNOWN, FULL),
    ),
    "many failed, as usual": (
        {"now": kpis(700, 300), "before": kpis(700, 300), "failures": CAUSES},
        (Against.SAME, Against.SAME, FULL),
    ),
    "too long to be looked through": (
        {"now": kpis(970, 30), "before": kpis(970, 30), "is_looked_through": False},
        (Against.SAME, Against.SAME, None),
    ),
}


@pytest.mark.parametrize(("given", "expected"), SITUATIONS.values(), ids=SITUATIONS)
def test_verdict_of_a_situation(given, expected):
    usual = {"days": 30, "is_running": False, "is_provisional": False, "overdue": 0}
    usual |= {"highlights": NOTHING, "failures": [], "is_looked_through": True}
    given = usual | given

    found = verdict(given.pop("now"), given.pop("before"), **given)

    assert (found.volume, found.delivery, found.look) == expected


def sentences(found: Verdict, language: str = "en", slug: str = "nordic-retail") -> list[str]:
    links = Links(slug, Period(date(2026, 10, 1), date(2026, 10, 31)), "period=last_month", {})
    with translation.override(language):
        return verdict_sentences(
            found,
            links=links,
            compared=Period(date(2026, 9, 1), date(2026, 9, 30)),
            provisional_from=date(2026, 10, 30),
        )


NOW = "/t/nordic-retail/messages/?from=2026-10-01&amp;to=2026-10-31"
BEFORE = "/t/nordic-retail/messages/?from=2026-09-01&amp;to=2026-09-30"


def test_every_figure_is_a_link_to_what_it_counts():
    found = Verdict(1000, Against.LESS, -0.2, 0.9, Against.LESS, -0.07, is_of_results=False, look=FULL)

    assert sentences(found) == [
        f'<a href="{NOW}">1,000</a> messages were sent, <a href="{BEFORE}">20.0\xa0%</a> fewer than in the'
        " comparison period.",
        f'<a href="{NOW}&amp;counts_as=delivered">90.00\xa0%</a> were delivered, which is'
        f' <a href="{BEFORE}&amp;counts_as=delivered">7.00\xa0pt</a> less than in the comparison period.',
        "Look at the failures: the most frequent cause is “Mobile full”"
        f' (<a href="{NOW}&amp;result_code=1004&amp;status=failed">40</a> messages).',
    ]


@pytest.mark.parametrize(
    ("look", "links"),
    [
        (
            WORSE,
            [
                "?from=2026-10-12&amp;to=2026-10-31&amp;country=SE",
                "/t/nordic-retail/messages/?from=2026-10-12&amp;to=2026-10-31&amp;country=SE&amp;counts_as=failed",
                "/t/nordic-retail/messages/?from=2026-10-01&amp;to=2026-10-11&amp;country=SE&amp;counts_as=failed",
            ],
        ),
        (
            SLOW,
            [
                "?from=2026-10-05&amp;to=2026-10-05&amp;country=FI&amp;operator=fi.elisa",
                "/t/nordic-retail/messages/?from=2026-10-05&amp;to=2026-10-05&amp;country=FI&amp;operator=fi.elisa",
                f"{NOW}&amp;country=FI&amp;operator=fi.elisa",
            ],
        ),
        (Overdue(70), [NOW.replace("10-31", "10-29") + "&amp;counts_as=pending"]),
        (Quiet.WELL, []),
        (Quiet.FEW, []),
    ],
)
@pytest.mark.parametrize("language", ["en", "fi"])
def test_what_to_look_at_is_linked(look, links, language):
    found = Verdict(1000, Against.SAME, 0.0, 0.9, Against.SAME, 0.0, is_of_results=True, look=look)

    said = sentences(found, language)[2]

    assert [part.partition('"')[0] for part in said.split('href="')[1:]] == links


@pytest.mark.parametrize("against", list(Against))
def test_every_sentence_is_finnish(against):
    found = Verdict(1, against, 0.2, 0.9, Against(against.replace(" so far", "")), 0.01, True, Quiet.WELL_SO_FAR)
    english = sentences(found, "en")

    finnish = sentences(found, "fi")

    assert len(english) == len(finnish) == 3
    assert set(english).isdisjoint(finnish)


def test_names_are_escaped():
    slow = replace(SLOW, operator="<b>fi")
    found = Verdict(1000, Against.SAME, 0.0, 0.9, Against.SAME, 0.0, is_of_results=False, look=slow)

    assert "<b>" not in sentences(found)[2]
    assert ">&lt;b&gt;fi</a>" in sentences(found)[2]


def test_without_a_result_no_rate_is_stated():
    found = Verdict(1000, Against.SAME, 0.0, None, Against.UNKNOWN, None, is_of_results=True, look=None)

    assert sentences(found)[1:] == ["None of them has a result yet."]

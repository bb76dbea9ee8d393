"""Verdict on conversions and revenue: which pair is sure, what the sentence says, and what limits it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from scipy import stats

from campaigns.statistics import Sums
from reports.campaigns.ab_conversions import sentences
from reports.campaigns.ab_figures import Counts, Metric, Outcome, Recipients, Variant, Verdict
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_result import Conversions
from reports.campaigns.ab_texts import notes
from reports.campaigns.ab_verdict import verdict

START = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
DAY = 86_400
FINLAND = ("FI", "fi.elisa")
SWEDEN = ("SE", "se.telia")


def people(addressed: int, converted: int, value: int = 20, *, aged: int | None = None, late: int = 0) -> Recipients:
    """Return recipients of whom each converted one brought `value` units; `late` of them after the window."""
    micros = value * 1_000_000
    in_window, aged = converted - late, addressed if aged is None else aged
    return Recipients(
        addressed=addressed,
        converted=converted,
        aged=aged,
        in_window=in_window,
        revenue=Sums(addressed, converted * micros, converted * micros**2),
        aged_revenue=Sums(aged, in_window * micros, in_window * micros**2),
    )


def variant(name: str, places: Recipients | dict, *, is_over: bool = True) -> Variant:
    """Return a variant that sent each recipient one message, which was delivered."""
    by_place = places if isinstance(places, dict) else {FINLAND: places}
    return Variant(
        name=name,
        places={
            place: Counts(messages=one.addressed, delivered=one.addressed, aged=one.addressed, in_time=one.addressed)
            for place, one in by_place.items()
        },
        first=START,
        last=START + timedelta(minutes=5),
        is_mature=True,
        recipients=by_place,
        is_over=is_over,
    )


def found(metric: Metric, *variants: Variant, **more) -> Verdict:
    return verdict(variants, **{"metric": metric, "window": DAY, "currency": "EUR"} | more)


def said(one: Verdict, language: str = "en") -> str:
    with translation.override(language):
        return headline(one).replace("\N{NO-BREAK SPACE}", " ")


def running(name: str, aged: int, in_window: int, value: int = 20) -> Variant:
    return variant(name, people(aged + 500, in_window + 20, value, aged=aged, late=20), is_over=False)


A, B = variant("A", people(5000, 150)), variant("B", people(5000, 250))
MIXED = (
    variant("A", {FINLAND: people(1000, 500), SWEDEN: people(100, 5)}),
    variant("B", {FINLAND: people(100, 48), SWEDEN: people(1000, 60)}),
)
APART = (variant("A", {FINLAND: people(1000, 40)}), variant("B", {SWEDEN: people(1000, 120)}))
SITUATIONS = {
    "more conversions": (
        found(Metric.CONVERTED, A, B),
        Outcome.WINNER,
        "B converted 5.0 % of the recipients that it addressed, 1.2 to 2.8 points more than A; with 10,000 recipients"
        " that is no accident.",
        "B sai 5,0 % vastaanottajistaan toimimaan, 1,2–2,8 prosenttiyksikköä enemmän kuin A; 10 000 vastaanottajalla se"
        " ei ole sattumaa.",
    ),
    "more revenue": (
        found(Metric.REVENUE, A, B),
        Outcome.WINNER,
        "B brought 1.0000 EUR for each recipient addressed, 0.2465 to 0.5535 EUR more than A; with 10,000 recipients"
        " that is no accident.",
        "B tuotti 1,0000 EUR vastaanottajaa kohti, 0,2465–0,5535 EUR enemmän kuin A; 10 000 vastaanottajalla se ei ole"
        " sattumaa.",
    ),
    "as many conversions of a higher value": (
        found(Metric.REVENUE, variant("A", people(5000, 250, 10)), variant("B", people(5000, 250, 20))),
        Outcome.WINNER,
        "B brought 1.0000 EUR for each recipient addressed, 0.3649 to 0.6351 EUR more than A; with 10,000 recipients"
        " that is no accident.",
        "",
    ),
    "chance": (
        found(Metric.CONVERTED, variant("A", people(500, 20)), variant("B", people(500, 22))),
        Outcome.OPEN,
        "No sure difference in conversions: B converted 4.4 % of the recipients that it addressed and A 4.0 %, which"
        " may"
        " be chance with 1,000 recipients. The true difference is between 2.2 points less and 3.0 points more.",
        "",
    ),
    "chance in revenue": (
        found(Metric.REVENUE, variant("A", people(500, 20)), variant("B", people(500, 22))),
        Outcome.OPEN,
        "No sure difference in revenue: B brought 0.8800 EUR for each recipient addressed and A 0.8000 EUR, which may"
        " be"
        " chance with 1,000 recipients. The true difference is between 0.4184 less and 0.5784 EUR more.",
        "",
    ),
    "more conversions while events may come": (
        found(Metric.CONVERTED, running("A", 5000, 150), running("B", 5000, 290)),
        Outcome.WINNER,
        "So far B converted 5.8 % of its recipients within 1 d, 1.5 to 4.1 points more than A; with 10,000 recipients"
        " that is no accident, however often you look.",
        "Tähän mennessä B on saanut 5,8 % vastaanottajistaan toimimaan ajassa 1 pv, 1,5–4,1 prosenttiyksikköä enemmän"
        " kuin A; 10 000 vastaanottajalla se ei ole sattumaa, katsoipa tulosta kuinka usein tahansa.",
    ),
    "a difference that one look would find": (
        found(Metric.CONVERTED, running("A", 1000, 30), running("B", 1000, 50)),
        Outcome.OPEN,
        "No sure difference in conversions yet: within 1 d B converted 5.0 % of its recipients and A 3.0 %. With 2,000"
        " recipients so far, the true difference is between 0.7 points less and 4.7 points more.",
        "",
    ),
    "more revenue while events may come": (
        found(Metric.REVENUE, running("A", 5000, 150), running("B", 5000, 290)),
        Outcome.WINNER,
        "So far B brought 1.1600 EUR for each recipient within 1 d, 0.3094 to 0.8106 EUR more than A; with 10,000"
        " recipients that is no accident, however often you look.",
        "",
    ),
    "the mix explains it": (
        found(Metric.CONVERTED, *MIXED),
        Outcome.MIXED,
        "A converted more of its recipients than B, but they went to different countries or operators, which may be"
        " why:"
        " among the same ones the difference is between 5.2 points less and 6.2 points more.",
        "",
    ),
    "the mix explains the revenue": (
        found(Metric.REVENUE, *MIXED),
        Outcome.MIXED,
        "A brought more for each recipient than B, but they went to different countries or operators, which may be why:"
        " among the same ones the difference is between 1.0272 less and 1.2272 EUR more.",
        "",
    ),
    "the variants went to places of their own": (
        found(Metric.CONVERTED, *APART),
        Outcome.MIXED,
        "B converted more of its recipients than A, but they went to different countries or operators, which may be"
        " why: too few recipients of both are in the same ones to compare them there.",
        "B sai suuremman osan vastaanottajistaan toimimaan kuin A, mutta ne menivät eri maihin tai operaattoreille,"
        " mikä voi olla syynä: samoissa maissa ja operaattoreilla on kummankin vastaanottajia liian vähän vertailuun.",
    ),
    "revenue of places of their own": (
        found(Metric.REVENUE, *APART),
        Outcome.MIXED,
        "B brought more for each recipient than A, but they went to different countries or operators, which may be why:"
        " too few recipients of both are in the same ones to compare them there.",
        "B tuotti vastaanottajaa kohti enemmän kuin A, mutta ne menivät eri maihin tai operaattoreille, mikä voi olla"
        " syynä: samoissa maissa ja operaattoreilla on kummankin vastaanottajia liian vähän vertailuun.",
    ),
    "conversions in different places while events may come": (
        found(Metric.CONVERTED, *(replace(one, is_over=False) for one in APART)),
        Outcome.MIXED,
        "So far B converted more of its recipients within 1 d than A, but the variants go to different countries or"
        " operators, which may be why. Nothing is concluded while the test runs.",
        "Tähän mennessä B on saanut ajassa 1 pv suuremman osan vastaanottajistaan toimimaan kuin A, mutta versiot"
        " menevät eri maihin tai operaattoreille, mikä voi olla syynä. Johtopäätöksiä ei tehdä, kun testi on kesken.",
    ),
    "revenue in different places while events may come": (
        found(Metric.REVENUE, *(replace(one, is_over=False) for one in APART)),
        Outcome.MIXED,
        "So far B brought more for each recipient within 1 d than A, but the variants go to different countries or"
        " operators, which may be why. Nothing is concluded while the test runs.",
        "Tähän mennessä B on tuottanut ajassa 1 pv vastaanottajaa kohti enemmän kuin A, mutta versiot menevät eri"
        " maihin tai operaattoreille, mikä voi olla syynä. Johtopäätöksiä ei tehdä, kun testi on kesken.",
    ),
    "revenue of a handful": (
        found(Metric.REVENUE, variant("A", people(1000, 0)), variant("B", people(1000, 4))),
        Outcome.FEW,
        "Not enough yet: revenue is compared when two variants have 20 recipients with an event together. So far: A 0,"
        " B 4.",
        "Ei vielä tarpeeksi: tuottoa verrataan, kun kahdella versiolla on yhteensä 20 vastaanottajaa, joilla on"
        " tapahtuma. Tähän mennessä: A 0, B 4.",
    ),
    "revenue of just enough": (
        found(Metric.REVENUE, variant("A", people(1000, 2)), variant("B", people(1000, 18))),
        Outcome.WINNER,
        "B brought 0.3600 EUR for each recipient addressed, 0.1459 to 0.4941 EUR more than A; with 2,000 recipients"
        " that is no accident.",
        "",
    ),
    "revenue above 0 that is not sure among three": (
        found(
            Metric.REVENUE,
            variant("A", people(1000, 30)),
            variant("B", people(1000, 47)),
            variant("C", people(1000, 30)),
        ),
        Outcome.OPEN,
        "No sure difference in revenue: B brought 0.9400 EUR for each recipient addressed and A 0.6000 EUR, which may"
        " be chance with 2,000 recipients. The true difference is between 0.0027 and 0.6773 EUR more. By its p-value of"
        " 0.145, that is not sure.",
        "Tuotossa ei ole varmaa eroa: B tuotti 0,9400 EUR vastaanottajaa kohti ja A 0,6000 EUR, mikä voi 2 000"
        " vastaanottajalla olla sattumaa. Todellinen ero on jotain välillä 0,0027–0,6773 EUR enemmän. P-arvon (0,145)"
        " perusteella se ei ole varmaa.",
    ),
    "too few": (
        found(Metric.CONVERTED, variant("A", people(29, 3)), variant("B", people(500, 40))),
        Outcome.FEW,
        "Not enough yet: a comparison needs 30 recipients of each of two variants. So far: A 29, B 500.",
        "",
    ),
    "too few that are old enough": (
        found(Metric.REVENUE, running("A", 29, 3), running("B", 500, 40)),
        Outcome.FEW,
        "Not enough yet: a comparison needs 30 recipients of each of two variants whose messages are at least 1 d old."
        " So far: A 29, B 500.",
        "",
    ),
    "no events": (
        found(Metric.CONVERTED, variant("A", people(500, 0)), variant("B", people(500, 0))),
        Outcome.NO_EVENTS,
        "No recipient that counts has a conversion event, so there is nothing to compare.",
        "",
    ),
    "events without a value": (
        found(Metric.REVENUE, variant("A", people(500, 20, 0)), variant("B", people(500, 30, 0)), currency=""),
        Outcome.NO_EVENTS,
        "Revenue cannot be compared: no event that counts has a value, or there are several currencies.",
        "",
    ),
    "two of three are near": (
        found(Metric.CONVERTED, A, B, variant("C", people(5000, 245))),
        Outcome.BEHIND,
        "B converted the most of its recipients, 5.0 %. Surely less: A. The difference from C may be chance.",
        "",
    ),
    "two of three are near in revenue": (
        found(Metric.REVENUE, A, B, variant("C", people(5000, 245))),
        Outcome.BEHIND,
        "B brought the most for each recipient, 1.0000 EUR. Surely less: A. The difference from C may be chance.",
        "",
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_headline_of_a_situation(situation):
    one, outcome, english, finnish = SITUATIONS[situation]
    assert one.outcome == outcome
    assert said(one) == english
    assert not finnish or said(one, "fi") == finnish


def test_pair_by_conversions_has_all_figures():
    [pair] = found(Metric.CONVERTED, A, B).pairs
    assert (pair.better, pair.other, pair.messages, pair.is_sure, pair.is_exact) == ("B", "A", 10_000, True, False)
    assert pair.difference == pytest.approx(0.02)
    chi2 = stats.chi2_contingency([[250, 4750], [150, 4850]], correction=False)
    assert pair.p_value == pytest.approx(chi2.pvalue)
    assert (pair.win, pair.loss) == (pytest.approx(1, abs=1e-6), pytest.approx(0, abs=1e-9))
    assert pair.loss_of_other == pytest.approx(0.02, abs=1e-4)
    assert pair.least_found == pytest.approx(0.010980, abs=1e-6)
    [rare] = found(Metric.CONVERTED, variant("A", people(500, 3)), variant("B", people(500, 9))).pairs
    assert rare.is_exact
    assert rare.p_value == pytest.approx(stats.fisher_exact([[9, 491], [3, 497]]).pvalue)


def test_pair_by_revenue_has_all_figures():
    [pair] = found(Metric.REVENUE, A, B).pairs
    expected = stats.ttest_ind([20.0] * 250 + [0.0] * 4750, [20.0] * 150 + [0.0] * 4850, equal_var=False)
    low, high = expected.confidence_interval()
    assert pair.p_value == pytest.approx(expected.pvalue)
    assert (pair.difference, pair.low, pair.high) == pytest.approx((0.4, low, high))
    assert pair.win == pytest.approx(1, abs=1e-6)
    assert pair.loss_of_other == pytest.approx(0.4, abs=1e-6)
    assert pair.least_found == pytest.approx(2.801585 * 0.4 / expected.statistic, rel=1e-6)
    [rate, _other] = found(Metric.REVENUE, B, A).rates
    student = stats.t.interval(0.95, 4999, loc=1.0, scale=stats.sem([20.0] * 250 + [0.0] * 4750))
    assert (rate.d, rate.n, rate.mean, rate.mean_interval) == (250, 5000, 1.0, pytest.approx(student))


@pytest.mark.parametrize("metric", [Metric.CONVERTED, Metric.REVENUE])
def test_while_events_may_come_only_the_always_valid_interval_speaks(metric):
    over = found(metric, variant("A", people(1000, 30)), variant("B", people(1000, 50)))
    one = found(metric, running("A", 1000, 30), running("B", 1000, 50))
    assert [(rate.d, rate.n) for rate in one.rates] == [(30, 1000), (50, 1000)]  # not the late ones, nor the young
    [pair], [later] = one.pairs, over.pairs
    assert (pair.win, pair.loss, pair.loss_of_other, pair.stratified) == (None, None, None, None)
    assert pair.low < later.low < later.high < pair.high
    assert found(metric, A, variant("B", people(1000, 50), is_over=False)).is_running
    with translation.override("en"):
        assert notes(one, planned=[1, 1], tz="Europe/Helsinki")[0].replace("\N{NO-BREAK SPACE}", " ") == (
            "More events may still come. Until then an event counts if it happened within 1 d after its message was"
            " sent, and only recipients whose messages are all at least that old are counted."
        )


@pytest.mark.parametrize("metric", [Metric.CONVERTED, Metric.REVENUE])
def test_three_variants_are_adjusted_for_all_pairs(metric):
    variants = [variant("A", people(1000, 40)), variant("B", people(1000, 62)), variant("C", people(1000, 50))]
    [two] = found(metric, *variants[:2]).pairs
    pairs = {(pair.better, pair.other): pair.p_value for pair in found(metric, *variants).pairs}
    assert pairs["B", "A"] == pytest.approx(3 * two.p_value)


def test_difference_within_the_same_places_is_that_of_mantel_and_haenszel():
    [pair] = found(Metric.CONVERTED, *MIXED).pairs
    # (500·100 − 48·1000)/1100 + (5·1000 − 60·100)/1100 over 2 · 1000·100/1100.
    assert pair.stratified.difference == pytest.approx((2000 - 1000) / 200_000)
    [pair] = found(Metric.REVENUE, *MIXED).pairs
    assert pair.stratified.difference == pytest.approx(20 * (2000 - 1000) / 200_000)


def test_few_recipients_are_named():
    one = found(Metric.CONVERTED, A, B, variant("C", people(10, 1)))
    with translation.override("en"):
        assert "C is not compared: it has fewer than 30 recipients that count." in notes(one, planned=None, tz="UTC")


def test_sentences_beside_a_comparison_of_messages():
    def both(*variants: Variant, **more) -> list[str]:
        compared = Conversions(*(found(metric, *variants, **more) for metric in (Metric.CONVERTED, Metric.REVENUE)))
        return [f"{text[:12]}…{text[-14:]}" for text in sentences(compared)]

    assert both(A, B) == ["B converted …s no accident.", "B brought 1.…s no accident."]
    assert both(variant("A", people(29, 3)), B) == ["Not enough y…A 29, B 5,000."]
    assert both(variant("A", people(500, 9)), variant("B", people(500, 9))) == [
        "No sure diff…8 points more.",
        "Not enough y…far: A 9, B 9.",
    ]
    assert both(A, B, planned=[1, 9]) == ["Nothing can …it as planned."]


def simulated(metric: Metric, rates: tuple[float, float], *, batch: int, runs: int, seed: int) -> tuple[int, int]:
    """Return in how many runs a test with 50 looks named a winner at any look, and at the last one."""
    arrived = [stats.binom(batch, p).rvs((runs, 50), random_state=seed + i).cumsum(1) for i, p in enumerate(rates)]
    ever = last = 0
    for run in range(runs):
        alarms = []
        for look in range(50):
            n = batch * (look + 1)
            variants = [running(name, n, int(one[run, look])) for name, one in zip("AB", arrived, strict=True)]
            alarms.append(found(metric, *variants).outcome == Outcome.WINNER)
        ever += any(alarms)
        last += alarms[-1]
    return ever, last


@pytest.mark.parametrize("metric", [Metric.CONVERTED, Metric.REVENUE])
def test_a_against_a_is_called_different_in_at_most_five_percent_of_runs_of_fifty_looks(metric):
    ever, _last = simulated(metric, (0.04, 0.04), batch=40, runs=100, seed=21)
    assert ever <= 5


@pytest.mark.parametrize("metric", [Metric.CONVERTED, Metric.REVENUE])
def test_three_points_at_five_thousand_each_are_found_in_eighty_percent_of_runs(metric):
    _ever, last = simulated(metric, (0.04, 0.07), batch=100, runs=20, seed=22)
    assert last >= 16

"""Comparison of variants by conversions and revenue: which pair is sure, the sentence, what is left out."""

import pytest
from scipy import stats

from campaigns.statistics import Sums
from reports.campaigns.ab_conversions import ConversionTest, ConvertedVariant, compare, sentences
from reports.campaigns.conversions import MICROS, VariantConversions


def variant(name: str, addressed: int, converted: int, value: int = 0) -> ConvertedVariant:
    """Return a variant of which each converted recipient brought `value` units."""
    micros = value * MICROS
    revenue = Sums(addressed, converted * micros, converted * micros**2)
    return ConvertedVariant(name, VariantConversions(name, addressed, converted, revenue))


def compared(*variants: ConvertedVariant, currency: str = "EUR", is_running: bool = False) -> ConversionTest:
    return compare(variants, currency=currency, is_running=is_running)


def said(test: ConversionTest) -> list[str]:
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in sentences(test)]


def test_surely_better_variant_is_named_with_its_interval():
    test = compared(variant("A", 5000, 150, 20), variant("B", 5000, 250, 20))

    [pair], [revenue] = test.pairs, test.revenue
    assert (pair.better.label, pair.other.label, pair.is_sure) == ("B", "A", True)
    assert pair.difference == pytest.approx(0.02)
    expected = stats.ttest_ind([20.0] * 250 + [0.0] * 4750, [20.0] * 150 + [0.0] * 4850, equal_var=False)
    assert revenue.p_value == pytest.approx(expected.pvalue)
    assert revenue.difference == pytest.approx(0.4)
    low, high = expected.confidence_interval()
    assert (revenue.low, revenue.high) == (pytest.approx(low), pytest.approx(high))
    assert said(test) == [
        "B converted 5.0 % of the recipients that it addressed, 1.2 to 2.8 points more than A; with 10,000 recipients"
        " that is no accident.",
        "B brought 1.0000 EUR for each recipient addressed, 0.2465 to 0.5535 EUR more than A; that is no accident.",
    ]


def test_chance_is_called_chance():
    test = compared(variant("A", 500, 20, 20), variant("B", 500, 22, 20))

    assert not test.pairs[0].is_sure and not test.revenue[0].is_sure
    assert [text.partition(":")[0] for text in said(test)] == [
        "No sure difference in conversions", "No sure difference in revenue",
    ]  # fmt: skip


def test_interval_is_always_valid_while_it_runs_and_revenue_waits():
    figures = variant("A", 5000, 150, 20), variant("B", 5000, 250, 20)
    over, running = compared(*figures), compared(*figures, is_running=True)

    assert running.pairs[0].low < over.pairs[0].low
    assert (len(over.revenue), running.revenue) == (1, [])


def test_nothing_is_concluded_from_messages_that_are_not_split_as_planned():
    variants = [variant("A", 5000, 150, 20), variant("B", 5000, 250, 20)]

    test = compare(variants, currency="EUR", is_running=False, is_split_wrong=True)

    assert said(test) == [
        "Nothing can be concluded on conversions either, because the messages are not split as planned."
    ]


@pytest.mark.parametrize("variants", [[], [variant("A", 29, 3), variant("B", 500, 40)]])
def test_too_few_recipients_are_not_compared(variants):
    test = compared(*variants)

    assert (test.pairs, test.revenue) == ([], [])
    assert said(test) == ["Conversions are compared when two variants have addressed 30 recipients each."]


def test_three_variants_are_adjusted_for_all_pairs():
    two = compared(variant("A", 1000, 40), variant("B", 1000, 62)).pairs[0].p_value
    three = compared(variant("A", 1000, 40), variant("B", 1000, 62), variant("C", 1000, 50))

    by_pair = {(pair.better.label, pair.other.label): pair.p_value for pair in three.pairs}
    assert by_pair["B", "A"] == pytest.approx(3 * two)
    assert three.revenue == []  # nobody brought anything, so nothing differs

"""Each kind of a difference on a few messages, with literal figures."""

from datetime import date

import pytest

from reports.billing.proof.claims import ClaimRow, Key, Shape, operator_key, summed
from reports.billing.proof.facts import Fact
from reports.billing.proof.recounts import Contract, Recounts, main_country
from reports.billing.proof.rules import Kind, Rule
from reports.billing.proof.split import Outcome, Part, Row, split
from reports.pricing.tariff import Basis, Per, Price, Tariff
from reports.pricing.tariff import Kind as ListKind

FIRST_DAY, LAST_DAY = date(2026, 10, 1), date(2026, 10, 31)
PRICES = (
    Price(50_000, date(2026, 1, 1), date(2026, 10, 1), country="FI"),
    Price(65_000, date(2026, 10, 1), None, country="FI"),
    Price(41_200, date(2026, 1, 1), None, country="SE"),
)


def fact(status: str, messages: int, parts: int | None = None, **fields) -> Fact:
    keys = {"partner_id": "shop", "country": "FI", "operator": "fi.elisa", "sender_type": "alphanumeric"}
    day = fields.pop("day", date(2026, 10, 12))
    return Fact(**(keys | fields), day=day, status=status, messages=messages, parts=parts or messages)


FACTS = [
    fact("delivered", 4_780, 4_780),
    fact("delivered", 10, 21),  # of several parts
    fact("failed", 31),
    fact("unknown", 7),
    fact("sent", 3),
    fact("delivered", 5, day=date(2026, 10, 1), utc_month=-1),
    fact("delivered", 2, day=date(2026, 11, 1), month=1, utc_month=0),
    fact("delivered", 13, closing="sent"),
    fact("delivered", 17, day=date(2026, 9, 30), month=-1, utc_month=-1, closing="delivered", before="sent"),
    fact("delivered", 19, partner_id="trial", declared=False),
    fact("delivered", 101, country="SE", operator="se.tele2"),
    fact("delivered", 11, operator="se.telia"),
    fact("delivered", 37, country="AX"),
]
OURS = 4_780 + 10 + 5 + 13 + 11  # messages to FI; 4,819
SHAPE = Shape(partner_id=True, country=True)


def contract(*, per: Per = Per.MESSAGE, prices: tuple[Price, ...] | None = PRICES) -> Contract:
    tariff = None
    if prices is not None:
        tariff = Tariff(1, "cost", ListKind.COST, "EUR", Basis.DELIVERED, per, prices)
    return Contract(Basis.DELIVERED, per, FIRST_DAY, LAST_DAY, tariff)


def prove(*rows: ClaimRow, agreed: Contract | None = None, facts: list[Fact] | None = None, **more) -> dict[Key, Row]:
    recounts = Recounts(facts or FACTS, agreed or contract(), SHAPE, **more)
    return {row.key: row for row in split(summed(rows, SHAPE), recounts)}


def of_finland(quantity: int, micro: int | None = 65_000, amount: int | None = None, **more) -> Row:
    """Prove an invoice whose row of Finland is wrong; the others are right."""
    rows = [
        ClaimRow("shop", "FI", "", quantity, micro, amount),
        ClaimRow("shop", "SE", "", 101, 41_200, 4_160_000),
        ClaimRow("shop", "AX", "", 37),
    ]
    return prove(*rows, **more)[Key("shop", "FI", "")]


@pytest.mark.parametrize(
    ("quantity", "kind", "rule"),
    [
        (OURS - 3, Kind.MONTH_BORDER, Rule.UTC_MONTH),
        (OURS + 11, Kind.PARTS_OR_MESSAGES, Rule.OTHER_UNIT),
        (OURS - 13, Kind.LATE_REPORTS, Rule.AT_CLOSE),
        (OURS + 4, Kind.LATE_REPORTS, Rule.CARRIED),
        (OURS + 31, Kind.FAILED, Rule.FAILED_CHARGED),
        (OURS + 7, Kind.UNKNOWN_OUTCOME, Rule.UNKNOWN_CHARGED),
        (OURS + 37, Kind.COUNTRY, Rule.COUNTRY_OF_CALLING_CODE),
    ],
)
def test_a_quantity_is_explained_by_one_rule(quantity: int, kind: Kind, rule: Rule) -> None:
    row = of_finland(quantity)

    assert (row.quantity, row.outcome) == (OURS, Outcome.EXPLAINED)
    assert row.parts == (Part(kind, rule, quantity - OURS, None),)


def test_an_amount_is_split_in_the_sequence_of_the_rules() -> None:
    # 4,819 + 31 failed + 7 unknown = 4,857 at 0.0500, the price of September: 242.85
    row = of_finland(4_857, micro=50_000, amount=242_850_000)

    assert (row.quantity, row.amount) == (4_819, 313_240_000)  # 4,819 × 0.0650 = 313.235, half away from zero
    assert row.parts == (
        Part(Kind.FAILED, Rule.FAILED_CHARGED, 31, 2_010_000),
        Part(Kind.UNKNOWN_OUTCOME, Rule.UNKNOWN_CHARGED, 7, 460_000),
        Part(Kind.PRICE_VERSION, "earlier", 0, -72_860_000),
    )


def test_an_amount_that_is_rounded_otherwise_is_a_rounding() -> None:
    row = of_finland(OURS, amount=313_230_000)

    assert row.parts == (Part(Kind.ROUNDING, "line", 0, -10_000),)


def test_a_price_that_is_rounded_first_is_a_rounding() -> None:
    rows = prove(ClaimRow("shop", "SE", "", 101, 41_000, 4_140_000), facts=[FACTS[10]])

    assert rows[Key("shop", "SE", "")].parts == (Part(Kind.ROUNDING, "price_3", 0, -20_000),)


def test_another_price_is_not_explained() -> None:
    row = of_finland(OURS, micro=66_000, amount=318_050_000)

    assert (row.outcome, row.parts) == (Outcome.NOT_EXPLAINED, (Part(Kind.NOT_EXPLAINED, "", 0, 4_810_000),))


def test_two_rules_that_fit_are_both_named() -> None:
    facts = [fact("delivered", 100), fact("failed", 8), fact("unknown", 8)]

    row = prove(ClaimRow("shop", "FI", "", 108, 65_000, 7_020_000), facts=facts)[Key("shop", "FI", "")]

    assert (row.outcome, row.parts) == (Outcome.AMBIGUOUS, (Part(Kind.AMBIGUOUS, "", 8, 520_000),))
    assert [explanation.parts for explanation in row.explanations] == [
        (Part(Kind.FAILED, Rule.FAILED_CHARGED, 8, 520_000),),
        (Part(Kind.UNKNOWN_OUTCOME, Rule.UNKNOWN_CHARGED, 8, 520_000),),
    ]


def test_other_rows_decide_between_two_rules_that_fit() -> None:
    facts = [fact("delivered", 100), fact("failed", 8), fact("unknown", 8)]
    facts += [fact("delivered", 50, country="SE"), fact("failed", 4, country="SE"), fact("unknown", 1, country="SE")]

    rows = prove(ClaimRow("shop", "FI", "", 108), ClaimRow("shop", "SE", "", 54), facts=facts)

    assert [row.parts for row in rows.values()] == [
        (Part(Kind.FAILED, Rule.FAILED_CHARGED, 8, None),),
        (Part(Kind.FAILED, Rule.FAILED_CHARGED, 4, None),),
    ]


def test_a_partner_id_that_nobody_declared_is_named() -> None:
    row = prove(ClaimRow("trial", "FI", "", 19, 65_000, 1_240_000))[Key("trial", "FI", "")]

    assert row.parts == (Part(Kind.UNDECLARED, Rule.UNDECLARED_CHARGED, 19, 1_240_000),)


def test_rules_that_count_only_together_are_named() -> None:
    """Nothing of the account is declared, so failed messages can only be charged together with undeclared ones."""
    facts = [fact("delivered", 40, declared=False), fact("failed", 3, declared=False)]

    row = prove(ClaimRow("shop", "FI", "", 43), facts=facts)[Key("shop", "FI", "")]

    assert row.parts == (
        Part(Kind.UNDECLARED, Rule.UNDECLARED_CHARGED, 40, None),
        Part(Kind.FAILED, Rule.FAILED_CHARGED, 3, None),
    )


def test_a_row_that_the_invoice_lacks_is_compared_with_nothing() -> None:
    row = prove(ClaimRow("trial", "FI", "", 19))[Key("shop", "SE", "")]

    assert (row.theirs.quantity, row.quantity, row.outcome) == (0, 101, Outcome.NOT_EXPLAINED)
    assert row.parts == (Part(Kind.NOT_EXPLAINED, "", -101, -4_160_000),)


def test_without_prices_quantities_are_compared() -> None:
    row = of_finland(OURS + 31, amount=315_250_000, agreed=contract(prices=None))

    assert (row.amount, row.amount_difference) == (None, None)
    assert row.parts == (Part(Kind.FAILED, Rule.FAILED_CHARGED, 31, None),)


def test_a_rule_without_facts_is_not_presumed() -> None:
    row = of_finland(OURS - 3, without=frozenset({Rule.UTC_MONTH}))

    assert row.parts == (Part(Kind.NOT_EXPLAINED, "", -3, None),)


def test_an_invoice_without_partner_ids_is_compared_by_country() -> None:
    shape = Shape(partner_id=False, country=True)
    rows = split(summed([ClaimRow("", "FI", "", OURS + 19)], shape), Recounts(FACTS, contract(), shape))

    assert [(row.key, row.parts) for row in rows if row.key.country == "FI"] == [
        (Key("", "FI", ""), (Part(Kind.UNDECLARED, Rule.UNDECLARED_CHARGED, 19, None),))
    ]


@pytest.mark.parametrize(
    ("country", "main"), [("AX", "FI"), ("JE", "GB"), ("CA", "US"), ("FI", "FI"), ("XK", "XK"), ("ZZ", "ZZ")]
)
def test_main_country_of_a_calling_code(country: str, main: str) -> None:
    assert main_country(country) == main


def test_operators_are_compared_by_their_names() -> None:
    assert [operator_key(name) for name in ("fi.elisa", " Elisa", "FI.ELISA", "no.", "a.b")] == [
        *["ELISA"] * 3, "NO.", "A.B",
    ]  # fmt: skip

"""Drafts: a customer's month at its issuer's prices, corrected where an earlier month has changed since."""

from datetime import date

import pytest

from deliveries.counts.causes import close_month
from deliveries.models import DailyCount, PartnerMove
from deliveries.rederiving.moves import run_moves
from portal.common.periods import Month
from portal.tenants.models import PartnerId
from reports.billing.drafts import make_drafts
from reports.billing.issuing import credit, issue
from reports.models import ExchangeRate, Fee, Price, Statement, TierGroup
from tests.billing.conftest import CLOSED, OCTOBER, make_list, make_tenant, message, send
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

NOVEMBER = Month(2026, 11)


def drafts(issuer, customer, month=OCTOBER):
    return make_drafts(issuer=issuer, customer=customer, month=month, now=CLOSED).drafts


def lines(statement) -> list[tuple]:
    names = ("kind", "partner_id", "country", "operator", "quantity", "micro", "amount")
    return list(statement.lines.order_by("position").values_list(*names))


def issued(issuer, customer, month=OCTOBER) -> Statement:
    close_month(month)
    (draft,) = drafts(issuer, customer, month)
    return issue(draft.pk, actor="owner@example.com", now=CLOSED)


def test_draft_has_a_line_for_each_partner_id_country_operator_and_price(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    send(feed, 2, to="SE", ppid="shop-2")
    send(feed, 1, code=2104)  # failed, and charged as sent

    (draft,) = drafts(issuer, customer)

    assert lines(draft) == [
        ("usage", "shop-1", "FI", "fi.elisa", 6, 65_000, 39),
        ("usage", "shop-2", "SE", "se.telia", 4, 41_200, 16),
    ]
    assert (draft.net, draft.vat, draft.state, draft.number, draft.currency) == (55, 14, "draft", "", "EUR")


def test_price_that_changes_within_the_month_makes_two_lines(feed, issuer, customer, prices, profiles):
    Price.objects.filter(price_list=prices, country="FI").update(valid_to=date(2026, 10, 15))
    Price.objects.create(price_list=prices, country="FI", micro=70_000, valid_from=date(2026, 10, 15))
    send(feed, 3, day=14)
    send(feed, 2, day=15)

    (draft,) = drafts(issuer, customer)

    found = list(draft.lines.order_by("position").values_list("quantity", "micro", "version", "first", "last"))
    assert found == [
        (6, 65_000, date(2026, 1, 1), date(2026, 10, 1), date(2026, 10, 14)),
        (4, 70_000, date(2026, 10, 15), date(2026, 10, 15), date(2026, 10, 31)),
    ]


def test_fees_and_tiers_are_lines_of_their_own(feed, issuer, customer, profiles):
    made = make_list(issuer, {}, customer=customer)
    TierGroup.objects.create(
        price_list=made,
        name="Nordics",
        countries=["FI", "SE"],
        mode="graduated",
        tiers=[
            {"up_to": 4, "micro": 100_000, "flat_micro": 0},
            {"up_to": None, "micro": 50_000, "flat_micro": 0},
        ],
        valid_from=date(2026, 1, 1),
    )
    Fee.objects.create(price_list=made, name="Service", kind="monthly", minor=500, valid_from=date(2026, 1, 1))
    Fee.objects.create(price_list=made, name="Start", kind="one_off", minor=-100, valid_from=date(2026, 10, 2))
    send(feed, 3)
    send(feed, 1, to="SE", ppid="shop-2")

    (draft,) = drafts(issuer, customer)

    # 8 parts: 4 at 0.10 and 4 at 0.05 are 0.60, of which 6/8 and 2/8.
    assert lines(draft) == [
        ("tier", "shop-1", "FI", "fi.elisa", 6, None, 45),
        ("tier", "shop-2", "SE", "se.telia", 2, None, 15),
        ("monthly", "", "", "", 1, 5_000_000, 500),
        ("one_off", "", "", "", 1, -1_000_000, -100),
    ]
    assert [line.name for line in draft.lines.order_by("position")] == ["Nordics", "Nordics", "Service", "Start"]


def test_parent_pays_for_its_children_and_each_currency_has_its_statement(
    feed, issuer, customer, account, prices, profiles
):
    child = make_tenant("shop-child", "Shop's child", parent=customer)
    PartnerId.objects.create(account=account, value="child-1", tenant=child, declared_at=CLOSED)
    own = make_list(issuer, {"SE": 500_000}, customer=customer, currency="SEK")
    ExchangeRate.objects.create(issuer=issuer, day=date(2026, 10, 30), base="EUR", quote="SEK", rate=11_250_000_000)
    send(feed, 2, ppid="child-1")
    send(feed, 1, to="SE")

    euros, kronor = sorted(drafts(issuer, customer), key=lambda one: one.currency)

    assert lines(euros) == [("usage", "child-1", "FI", "fi.elisa", 4, 65_000, 26)]
    assert lines(kronor) == [("usage", "shop-1", "SE", "se.telia", 2, 500_000, 100)]
    assert kronor.lines.get().list_name == own.name
    assert kronor.exchange == {"currency": "EUR", "rate": 88_888_889, "day": "2026-10-30"}
    assert euros.exchange is None


def test_draft_is_made_anew_and_an_issued_statement_stays(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    (first,) = drafts(issuer, customer)
    send(feed, 1, first=3)
    (again,) = drafts(issuer, customer)
    statement = issue(again.pk, actor="owner@example.com", now=CLOSED)
    send(feed, 1, first=4)

    made = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED)

    assert (first.pk, made.drafts, made.kept) == (again.pk, [], [statement])
    assert lines(statement) == [("usage", "shop-1", "FI", "fi.elisa", 8, 65_000, 52)]


def test_messages_without_a_price_are_remarked(feed, issuer, customer, prices, profiles):
    Price.objects.filter(price_list=prices, country="SE").delete()
    send(feed, 2)
    send(feed, 3, to="SE")

    (draft,) = drafts(issuer, customer)

    assert draft.remarks == [{"kind": "unpriced", "messages": 3, "parts": 6}]


def test_traffic_without_any_price_is_an_empty_draft(feed, issuer, customer, profiles):
    send(feed, 2)

    (draft,) = drafts(issuer, customer)

    assert (lines(draft), draft.remarks) == ([], [{"kind": "unpriced", "messages": 2, "parts": 4}])


def test_immature_months_and_jumps_are_remarked(feed, issuer, customer, prices, profiles):
    send(feed, 1)
    before = issued(issuer, customer, OCTOBER)
    Statement.objects.filter(pk=before.pk).update(month=date(2026, 9, 1))
    send(feed, 3, day=13)
    send(feed, 1, day=14, code=1000)  # not final yet

    (draft,) = drafts(issuer, customer)

    assert draft.remarks == [{"kind": "immature", "share": 0.8}, {"kind": "jump", "before": 13}]


def test_late_reports_are_corrected_on_the_next_statement(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    first = issued(issuer, customer)
    Price.objects.filter(price_list=prices).update(micro=99_000)  # corrections have the old price all the same
    send(feed, 2, first=3)
    send(feed, 1, to="SE")

    (draft,) = drafts(issuer, customer, NOVEMBER)

    assert lines(draft) == [
        ("correction", "shop-1", "FI", "fi.elisa", 4, 65_000, 26),
        ("correction", "shop-1", "SE", "se.telia", 2, 99_000, 20),
    ]
    line = draft.lines.order_by("position").first()
    assert (line.corrects, line.month, line.counted["why"]) == (first, date(2026, 10, 1), [["late_reports", 2, 4]])
    issue(draft.pk, actor="owner@example.com", now=CLOSED)
    assert drafts(issuer, customer, Month(2026, 12)) == []  # corrected once


def test_move_of_a_partner_id_is_credited_on_the_next_statement(
    feed, issuer, customer, other_customer, prices, profiles
):
    send(feed, 3)
    issued(issuer, customer)
    PartnerId.objects.filter(value="shop-1").update(tenant=other_customer)
    PartnerMove.objects.create(tenant=other_customer, partner=PartnerId.objects.get(value="shop-1"))
    run_moves()
    assert {row.tenant_id for row in DailyCount.objects.filter(messages__gt=0)} == {other_customer.pk}

    (draft,) = drafts(issuer, customer, NOVEMBER)

    assert lines(draft) == [("correction", "shop-1", "FI", "fi.elisa", -6, 65_000, -39)]
    assert draft.lines.get().counted["why"] == [["partner_ids", -3, -6]]
    assert draft.remarks == [{"kind": "negative"}]


def test_credit_and_new_statement_name_the_first(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    first = issued(issuer, customer)
    note = credit(first.pk, actor="owner@example.com", now=CLOSED)
    send(feed, 1, first=3)
    second = issued(issuer, customer)
    note_of_second = credit(second.pk, actor="owner@example.com", now=CLOSED)
    (third,) = drafts(issuer, customer)

    first.refresh_from_db()
    assert (first.state, note.kind, note.refers_to) == ("credited", "credit_note", first)
    assert (note.net, note.vat, note.total) == (-first.net, -first.vat, -first.total)
    assert lines(note) == [("usage", "shop-1", "FI", "fi.elisa", -6, 65_000, -39)]
    assert [one.number for one in (first, note, second, note_of_second)] == ["G1001", "G1002", "G1003", "G1004"]
    assert (second.refers_to, third.refers_to) == (first, first)
    assert lines(third) == [("usage", "shop-1", "FI", "fi.elisa", 8, 65_000, 52)]


def test_correction_is_undone_when_its_month_is_replaced(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    first = issued(issuer, customer)
    send(feed, 1, first=3)
    issued(issuer, customer, NOVEMBER)  # corrects two parts
    credit(first.pk, actor="owner@example.com", now=CLOSED)
    issued(issuer, customer)  # counts them, too

    (draft,) = drafts(issuer, customer, Month(2026, 12))

    assert lines(draft) == [("correction", "shop-1", "FI", "fi.elisa", -2, 65_000, -13)]


def test_message_that_waits_counts_when_it_is_sent(feed, issuer, customer, profiles):
    make_list(issuer, {"FI": 65_000}, customer=customer, basis="delivered", per="message")
    apply(feed, message(1, code=1000))
    send(feed, 1, first=2)

    (draft,) = drafts(issuer, customer)

    assert lines(draft) == [("usage", "shop-1", "FI", "fi.elisa", 1, 65_000, 7)]


def test_price_changes_at_the_customers_midnight_on_the_day_when_clocks_change(
    feed, issuer, customer, prices, profiles
):
    """Helsinki is 3 hours from UTC until 04:00 on 25 October 2026, then 2 hours."""
    Price.objects.filter(price_list=prices, country="FI").update(valid_to=date(2026, 10, 25))
    for micro, first, last in ((70_000, date(2026, 10, 25), date(2026, 10, 26)), (80_000, date(2026, 10, 26), None)):
        Price.objects.create(price_list=prices, country="FI", micro=micro, valid_from=first, valid_to=last)
    sent = {
        "2026-10-24T20:59:59Z": 65_000,  # 23:59:59
        "2026-10-24T21:00:00Z": 70_000,  # 00:00 of a day of 25 hours
        "2026-10-25T21:59:59Z": 70_000,
        "2026-10-25T22:00:00Z": 80_000,
    }
    for number, at in enumerate(sent):
        apply(feed, message(number) | {"sentTimestamp": at, "timestamp": at})

    (draft,) = drafts(issuer, customer)

    assert [(row[4], row[5]) for row in sorted(lines(draft), key=lambda row: row[5])] == [
        (2, 65_000), (4, 70_000), (2, 80_000),
    ]  # fmt: skip

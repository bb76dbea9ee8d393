"""Closing a month: all of an issuer's statements, numbers without gaps, also beside others and after a kill -9."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.common import jobs
from portal.tenants.models import PartnerId, Tenant
from reports.billing.closing import IsOpen, TooEarly, customers_of, request_closing, run_closings
from reports.billing.issuing import issue
from reports.models import BillingTerms, ClosingRun, Fee, NumberSeries, Statement, StatementLine
from tests.billing.conftest import CLOSED, NOW, OCTOBER, make_list, make_profile, make_tenant, send
from tests.running import until

ACTOR = "owner@example.com"
HOLD = 4713


def close(issuer, *, is_issuing: bool = True) -> ClosingRun:
    run = request_closing(issuer=issuer, month=OCTOBER, is_issuing=is_issuing, actor=ACTOR, now=CLOSED)
    run_closings(run_id=run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.django_db
def test_closing_makes_the_statements_of_all_customers(
    feed, issuer, customer, other_customer, tenant, prices, profiles
):
    make_tenant("quiet", "Quiet Oy", parent=issuer)
    make_tenant("grandchild", "Grandchild", parent=customer)
    send(feed, 3)
    send(feed, 2, ppid="cafe-1")  # of a customer without a profile
    send(feed, 4, ppid="nr-fi")  # of the operator's customer

    run = close(issuer)

    assert (run.state, run.done, run.total) == ("done", 3, 3)
    assert run.result == {"without": 1, "issued": 1, "drafts": 1}
    found = Statement.objects.order_by("customer__slug").values_list("customer__slug", "state", "number", "net")
    assert list(found) == [("cafe", "draft", "", 26), ("shop", "issued", "G1001", 39)]
    assert AuditEntry.objects.get(action="closing.requested").subject == "2026-10"


@pytest.mark.django_db
def test_closing_again_keeps_what_is_issued_and_makes_drafts_anew(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    close(issuer)
    make_tenant("late", "Late Oy", parent=issuer)

    assert close(issuer).result == {"kept": 1, "without": 1}
    assert NumberSeries.objects.get(issuer=issuer).next_number == 1002


@pytest.mark.django_db
def test_odd_statements_stay_drafts(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    send(feed, 1, to="SE")
    prices.prices.filter(country="SE").delete()

    assert close(issuer).result == {"odd": 1, "drafts": 1}


@pytest.mark.django_db
def test_closing_waits_for_the_grace_and_for_the_running_one(issuer, customer):
    below = make_tenant("below", "Below", parent=customer)
    Tenant.objects.filter(pk=below.pk).update(timezone="America/Lima")
    late_enough = datetime(2026, 11, 4, 5, 0, tzinfo=UTC)  # 72 h after midnight in Lima

    with pytest.raises(TooEarly, match="2026-10 cannot be closed yet: delivery reports may arrive until 72 hours"):
        request_closing(
            issuer=issuer, month=OCTOBER, is_issuing=False, actor=ACTOR, now=late_enough - timedelta(seconds=1)
        )
    request_closing(issuer=issuer, month=OCTOBER, is_issuing=False, actor=ACTOR, now=late_enough)
    with pytest.raises(IsOpen, match="2026-10 is being closed already"):
        request_closing(issuer=issuer, month=OCTOBER, is_issuing=False, actor=ACTOR, now=late_enough)


@pytest.mark.django_db
def test_cancelled_closing_stops_and_continues_when_it_is_retried(feed, issuer, customer, prices, profiles):
    send(feed, 1)
    run = request_closing(issuer=issuer, month=OCTOBER, is_issuing=True, actor=ACTOR, now=CLOSED)
    jobs.cancel(ClosingRun, ids=[run.pk])
    run_closings()
    assert Statement.objects.count() == 0

    jobs.retry(ClosingRun, ids=[run.pk])
    run_closings()
    assert Statement.objects.get().number == "G1001"


@pytest.mark.django_db(transaction=True)
def test_fifty_closings_at_once_give_numbers_without_gaps(feed, account):
    """Fifty issuers' threads would not meet, so all are closings of one issuer, each for a month of its own."""
    issuer = make_tenant("group", "Group Oyj")
    make_profile(issuer, "1234567-1", iban="FI2112345600000785", bic="NDEAFIHH")
    BillingTerms.objects.create(issuer=issuer, valid_from=date(2000, 1, 1), vat_category="S", vat_rate=2550)
    fees = make_list(issuer, {})
    Fee.objects.create(price_list=fees, name="Service", kind="monthly", minor=500, valid_from=date(2000, 1, 1))
    for number in range(2):
        customer = make_tenant(f"shop-{number}", f"Shop {number}", parent=issuer)
        make_profile(customer, "7654321-2")
    months = [date(2020 + number // 12, number % 12 + 1, 1) for number in range(50)]
    runs = [
        ClosingRun.objects.create(issuer=issuer, month=month, is_issuing=True, requested_by=ACTOR).pk
        for month in months
    ]
    start = Barrier(50)

    def run(run_id: int) -> int:
        try:
            start.wait(60)
            return run_closings(run_id=run_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        done = list(pool.map(run, runs))

    assert done == [1] * 50
    numbers = sorted(Statement.objects.values_list("sequence", flat=True))
    assert numbers == list(range(1001, 1101))
    assert NumberSeries.objects.get(issuer=issuer).next_number == 1101
    assert {one["state"] for one in Statement.objects.values("state")} == {"issued"}


@pytest.mark.django_db(transaction=True)
def test_draft_that_is_issued_while_its_month_is_closed_again_stays_issued(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    close(issuer, is_issuing=False)
    draft = Statement.objects.get()
    again = request_closing(issuer=issuer, month=OCTOBER, is_issuing=False, actor=ACTOR, now=CLOSED)

    def run() -> int:
        try:
            return run_closings(run_id=again.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            issue(draft.pk, actor=ACTOR, now=CLOSED)
            done = pool.submit(run)
            until(closing_waits, "the closing waits")
        assert done.result() == 1
    draft.refresh_from_db()
    again.refresh_from_db()
    assert (draft.state, draft.number, draft.lines.count()) == ("issued", "G1001", 1)
    assert again.result == {"kept": 1}


def closing_waits() -> bool:
    """Return whether another connection waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@contextmanager
def held_at_the_second_number() -> Iterator[None]:
    """Let a transaction wait between taking its second number and the end of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({HOLD})")
        cursor.execute(
            "CREATE FUNCTION hold_number() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
        )
        cursor.execute(
            "CREATE TRIGGER hold_number AFTER UPDATE ON number_series FOR EACH ROW"
            " WHEN (NEW.next_number = 1003) EXECUTE FUNCTION hold_number()"
        )
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock({HOLD})")
            cursor.execute("DROP TRIGGER hold_number ON number_series")
            cursor.execute("DROP FUNCTION hold_number()")


@pytest.mark.django_db(transaction=True)
def test_killed_closing_loses_no_number_and_gives_none_twice(feed, account, issuer, customer, prices, profiles):
    for number in range(3):
        other = make_tenant(f"shop-{number}", f"Shop {number}", parent=issuer)
        PartnerId.objects.create(account=account, value=f"ppid-{number}", tenant=other, declared_at=NOW)
        make_profile(other, "7654321-2")
        send(feed, 2, ppid=f"ppid-{number}")
    send(feed, 1)
    run = request_closing(issuer=issuer, month=OCTOBER, is_issuing=True, actor=ACTOR, now=CLOSED)
    connection.close()
    begin, told = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.read(begin, 1)
            run_closings(run_id=run.pk)
        finally:
            os._exit(0)
    os.close(begin)

    def waiting() -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pid FROM pg_locks WHERE objid = {HOLD} AND NOT granted")
            return cursor.fetchall()

    with held_at_the_second_number(), os.fdopen(told, "wb", buffering=0) as pipe:
        pipe.write(b".")
        ((backend,),) = until(waiting, "the closing has taken its second number", within=120)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        until(lambda: not waiting(), "the killed process's session is over", within=60)

    left = list(Statement.objects.order_by("id").values_list("state", "number"))
    assert left == [("issued", "G1001")]
    assert NumberSeries.objects.get(issuer=issuer).next_number == 1002
    ClosingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_closings() == 1

    assert sorted(Statement.objects.values_list("number", flat=True)) == ["G1001", "G1002", "G1003", "G1004"]
    assert {one.customer_id for one in Statement.objects.all()} == set(
        customers_of(issuer).values_list("id", flat=True)
    )
    assert [line.quantity for line in StatementLine.objects.order_by("statement__customer_id")] == [2, 4, 4, 4]

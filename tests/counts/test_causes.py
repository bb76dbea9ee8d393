"""The ledger of causes explains each change of a closed month's counts, and leaves open months alone."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from campaigns.models import RefIdScheme
from deliveries.checks.reconcile import find_differences
from deliveries.counts.causes import close_month
from deliveries.messages import code_tables, partitions
from deliveries.models import CampaignCount, CountCause, DailyCount, PartnerMove, ResultCode
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.rederiving.refold import refold
from portal.common.periods import Month
from portal.tenants.models import PartnerId, Tenant
from tests.deliveries.helpers import NOW, apply, dlr

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
OF_CAUSE = ("tenant_id", "day", "account_id", "country", "operator", "status", "result_code")


@pytest.fixture(autouse=True)
def forgotten():
    partitions.forget()
    yield
    partitions.forget()
    code_tables._remembered = None  # nor read again here: the test's rows are rolled back later


def report(
    id_: str, code: int = 1001, *, partner: str = "nr-fi", day: int = 5, hour: int = 10, month: int = 10
) -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp=f"2026-{month}-{day:02}T{hour:02}:00:00Z",
        timestamp=f"2026-{month}-{day:02}T{hour:02}:00:05Z",
        gateCustomParameters={"platformPartnerId": partner},
        refId=f"sale-{id_}-A",
        segments=2,
        operator="fi.elisa",
        customParameters={"destination": "+358401234567"},
    )


def counts(model, *names: str) -> Counter:
    found: Counter = Counter()
    for *key, messages, parts in model.objects.values_list(*OF_CAUSE, *names, "messages", "parts"):
        found[(*key, "messages")] += messages
        found[(*key, "parts")] += parts
    return found


def ledger(model, *names: str) -> Counter:
    found: Counter = Counter()
    rows = CountCause.objects.filter(counted_in__in=["", model._meta.db_table])
    for *key, messages, parts in rows.values_list(*OF_CAUSE, *names, "messages", "parts"):
        found[(*key, "messages")] += messages
        found[(*key, "parts")] += parts
    return found


def changed(before: Counter, after: Counter) -> dict:
    return {key: after[key] - before[key] for key in {*before, *after} if after[key] != before[key]}


TABLES = ((DailyCount, "partner_id"), (CampaignCount, "campaign_id", "variant"))


def state() -> list[tuple[Counter, Counter]]:
    """Return the counts and what the ledger has of them, for each table."""
    return [(counts(*table), ledger(*table)) for table in TABLES]


def causes() -> set[str]:
    return set(CountCause.objects.exclude(messages=0, parts=0, timed=0).values_list("cause", flat=True))


@pytest.mark.parametrize("seed", range(5))
def test_causes_of_any_changes_sum_to_the_change_of_each_count(account, feed, tenant, other_tenant, seed):
    random = Random(seed)
    ResultCode.objects.create(dialect="link", code=1099, status="failed", final=True, reason="other", text_en="New")
    late = [
        (f"m{n}", random.choice(("nr-fi", "later")), random.randint(1, 28), random.choice((1, 12, 21)))
        for n in range(12)
    ]
    apply(feed, *(report(id_, 1000, partner=partner, day=day, hour=hour) for id_, partner, day, hour in late[:9]))
    close_month(OCTOBER)
    before = state()

    def arrive():
        id_, partner, day, hour = random.choice(late)
        apply(feed, report(id_, random.choice((1000, 1001, 1002, 1099)), partner=partner, day=day, hour=hour))

    def move():
        owner = random.choice((tenant, other_tenant))
        new = {"tenant": owner, "declared_at": NOW}
        partner, _is_new = PartnerId.objects.update_or_create(account=account, value="later", defaults=new)
        PartnerMove.objects.create(tenant=owner, partner=partner)
        run_moves()

    def change_zone():
        Tenant.objects.filter(id=tenant.id).update(timezone=random.choice(("Asia/Kolkata", "America/Lima", "UTC")))
        request_recount(tenant=tenant, reason="time zone", now=NOW)
        run_recounts()

    def change_scheme():
        RefIdScheme.objects.update_or_create(
            tenant=tenant,
            defaults={"delimiter": "-", "fields": random.choice((["campaign"], ["campaign", "x", "variant"]))},
        )
        request_recount(tenant=tenant, reason="refId scheme", now=NOW)
        run_recounts()

    def change_code():
        ResultCode.objects.filter(dialect="link", code=1099).update(status=random.choice(("failed", "rejected")))
        refold(dialect="link", code=1099)

    for _ in range(12):
        random.choice((arrive, arrive, arrive, move, change_zone, change_scheme, change_code))()

    for (counted, noted), (counted_now, noted_now) in zip(before, state(), strict=True):
        october = {key: n for key, n in changed(counted, counted_now).items() if key[1].month == 10}
        assert changed(noted, noted_now) == october
        assert noted == Counter()
    assert causes() <= {"late_reports", "partner_ids", "settings", "refold"}
    assert find_differences() == []


def test_each_writer_notes_its_cause(account, feed, tenant, other_tenant):
    apply(feed, report("a", 1000), report("b", partner="later", hour=19))
    close_month(OCTOBER)
    assert causes() == set()

    apply(feed, report("a"))
    assert causes() == {"late_reports"}

    PartnerId.objects.update_or_create(account=account, value="later", defaults={"tenant": tenant, "declared_at": NOW})
    PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(value="later"))
    run_moves()
    assert causes() == {"late_reports", "partner_ids"}

    Tenant.objects.filter(id=tenant.id).update(timezone="Asia/Kolkata")
    request_recount(tenant=tenant, reason="time zone", now=NOW)
    run_recounts()
    assert causes() == {"late_reports", "partner_ids", "settings"}

    ResultCode.objects.filter(dialect="link", code=1001).update(status="failed")
    refold(dialect="link", code=1001)
    assert causes() == {"late_reports", "partner_ids", "settings", "refold"}


def test_repair_is_noted_for_the_table_that_it_changes(feed):
    apply(feed, report("a"))
    close_month(OCTOBER)
    DailyCount.objects.update(messages=F("messages") + 3)

    with pytest.raises((SystemExit, CommandError)):
        call_command("reconcile", repair=True)

    assert list(CountCause.objects.values_list("cause", "counted_in", "partner_id", "messages", "parts")) == [
        ("reconcile", "daily_count", "nr-fi", -3, 0)
    ]


def test_change_of_an_open_month_sends_no_statement_for_the_ledger(feed):
    """A month without a final report costs one look at the list of closed months, the running month nothing."""
    newest = datetime.now(UTC) + timedelta(hours=14)  # where a month ends last it has begun by then
    with CaptureQueriesContext(connection) as running:
        apply(feed, report("a") | dict.fromkeys(("sentTimestamp", "timestamp"), newest.isoformat()), received_at=newest)
    with CaptureQueriesContext(connection) as ended:
        apply(feed, report("b"))

    def of_ledger(captured) -> list[str]:
        return [q["sql"] for q in captured if "closed_month" in q["sql"] or "count_cause" in q["sql"]]

    assert of_ledger(running) == []
    assert len(of_ledger(ended)) == 1
    assert not CountCause.objects.exists()

"""Writers of messages do work in proportion to them, whatever PostgreSQL's statistics of table sizes say.

Each executed statement is explained; `watched_plans.watched` defines the limit.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Count

from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_waiting
from deliveries.counts import rollups, segment_fold
from deliveries.erasure.erase import erase_number
from deliveries.messages.parameter_rows import replace_rows
from deliveries.models import Message, MessageParameter, PartnerMove
from deliveries.partner_ids.ownership import reassign
from deliveries.partner_ids.permissions import operator
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.rederiving.refold import refold
from deliveries.rederiving.rule_refold import request_rule_refold, run_rule_refolds
from deliveries.rederiving.segment_keys import run_segment_keys
from deliveries.retention.retention import apply_retention
from portal.common.bulk import bulk_cursor, plan_for_small_sets
from portal.tenants.models import EarlierOwner, PartnerId, Tenant
from tests.deliveries.helpers import NOW, apply, dlr, partitions, put
from tests.deliveries.watched_plans import BELIEFS, believe, watched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

N = 300
MOST = 5 * N
TABLES = (
    *("message_2026_11", "delivery_report_2026_11", "message_parameter_2026_11", "inbox_todo"),
    *("condensed_span", "tenants_partnerid", "tenants_earlierowner", "campaigns_campaign", "campaigns_segmentkey"),
    "segment_value",
)
NUMBER = "+358401234567"


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


@pytest.fixture(params=BELIEFS)
def belief(request, feed, tenant, settings) -> str:
    """N messages of a tenant, a campaign each, with a value each of two chosen keys, and an empty month beside them."""
    settings.NEW_PARTNER_IDS_PER_DAY = settings.NEW_CAMPAIGNS_PER_DAY = 10 * N
    for key in ("color", "who"):
        position = SegmentKey.BEGINNING
        SegmentKey.objects.create(tenant=tenant, key=key, created_at=NOW, state="done", position=position)
    partitions.ensure_months([date(2026, 12, 1)])
    apply(feed, *map(report, range(N)))
    segment_fold.fold_waiting()
    believe(request.param, *TABLES)
    return request.param


def report(number: int, code: int = 1001, *, partner: str = "nr-fi", day: int = 20) -> dict:
    return dlr(
        f"m{number}",
        code,
        sentTimestamp=f"2026-11-{day:02}T09:59:00Z",
        timestamp=f"2026-11-{day:02}T10:00:{code % 60:02}Z",
        refId=f"c{number}",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters={"color": f"c{number}", "who": f"w{number}"},
    )


def test_second_reports(belief, feed, monkeypatch):
    put(feed, *(report(n, 1006) for n in range(N)))
    with watched(monkeypatch, most=MOST) as statements:
        assert apply_waiting(now=NOW).changed_messages == N
    assert len(statements) > 10


def test_new_messages_of_known_campaigns(belief, feed, monkeypatch):
    put(feed, *(report(n) | {"id": f"new{n}"} for n in range(N)))
    with watched(monkeypatch, most=MOST):
        assert apply_waiting(now=NOW).new_messages == N


def test_partner_ids_of_their_own(belief, feed, monkeypatch):
    apply(feed, *(report(n, partner=f"pp{n}") | {"id": f"new{n}"} for n in range(N)))
    believe(belief, *TABLES)
    put(feed, *(report(n, 1006, partner=f"pp{n}") | {"id": f"new{n}"} for n in range(N)))
    with watched(monkeypatch, most=MOST):
        assert apply_waiting(now=NOW).changed_messages == N


def test_messages_that_come_to_another_day(belief, feed, monkeypatch):
    put(feed, *(report(n, 1006, day=18) for n in range(N)))
    with watched(monkeypatch, most=MOST):
        apply_waiting(now=NOW)
    assert Message.objects.filter(day=date(2026, 11, 18)).count() == N


def test_move(belief, tenant, other_tenant, monkeypatch):
    PartnerId.objects.filter(value="nr-fi").update(tenant=other_tenant)
    PartnerMove.objects.create(partner=PartnerId.objects.get(value="nr-fi"), tenant=other_tenant)
    with watched(monkeypatch, most=MOST):
        run_moves()
    assert Message.objects.filter(tenant=other_tenant).count() == N


def test_move_from_a_date(belief, feed, tenant, other_tenant, monkeypatch):
    apply(feed, *(report(n, day=10) | {"id": f"stays{n}"} for n in range(N)))
    partner = PartnerId.objects.get(value="nr-fi")
    with watched(monkeypatch, most=MOST):
        reassign(
            partner_id=partner.id, tenant=other_tenant, permissions=operator("x"), now=NOW, from_day=date(2026, 11, 15)
        )
        run_moves()
    assert Message.objects.filter(tenant=other_tenant).count() == N
    put(feed, *(report(n, 1006) for n in range(N)), *(report(n, day=10) | {"id": f"new{n}"} for n in range(N)))
    with watched(monkeypatch, most=MOST):
        apply_waiting(now=NOW)
    assert Message.objects.filter(tenant=tenant).count() == 2 * N


def test_owners_of_many_partner_ids_handed_over(belief, feed, tenant, other_tenant, monkeypatch):
    partners = [PartnerId(account_id=feed.account_id, value=f"p{n}", tenant=other_tenant) for n in range(N)]
    at = datetime(2026, 11, 15, tzinfo=UTC)
    EarlierOwner.objects.bulk_create(
        EarlierOwner(partner=partner, tenant=tenant, until_at=at, until_day=at.date())
        for partner in PartnerId.objects.bulk_create(partners)
    )
    days = {0: 10, 1: 20}
    put(feed, *(report(n, partner=f"p{n}", day=days[n % 2]) | {"id": f"new{n}"} for n in range(N)))
    with watched(monkeypatch, most=MOST):
        apply_waiting(now=NOW)
    counted = Message.objects.filter(message_id__startswith="new").values_list("tenant__slug").annotate(Count("day"))
    assert dict(counted) == {"nordic-retail": N // 2, "baltic-parcel": N // 2}


def test_recount(belief, tenant, monkeypatch):
    Tenant.objects.filter(id=tenant.id).update(timezone="Pacific/Auckland")
    request_recount(tenant=tenant, reason="tests", now=NOW)
    with watched(monkeypatch, most=MOST):
        assert run_recounts() == 1


def test_refold(belief, monkeypatch):
    with watched(monkeypatch, most=MOST):
        assert refold(dialect="link")[0] == N


def test_refold_by_the_rules(belief, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_report SET result_code = 1007")
        cursor.execute("UPDATE message SET result_code = 1006, status = 'failed'")
    request_rule_refold()
    with watched(monkeypatch, most=MOST):
        assert run_rule_refolds() == 1
    assert Message.objects.filter(result_code=1007).count() == N


def test_retention_of_messages(belief, tenant, monkeypatch):
    Tenant.objects.filter(id=tenant.id).update(message_days=1, number_days=1)
    with watched(monkeypatch, most=MOST):
        assert apply_retention(now=NOW + timedelta(days=10)).messages == {"nordic-retail": N}
    assert MessageParameter.objects.count() == 0


def test_retention_of_numbers(belief, tenant, monkeypatch):
    Tenant.objects.filter(id=tenant.id).update(number_days=1)
    with connection.cursor() as cursor:  # a number of its own for each, which `who` tells too
        cursor.execute(
            "UPDATE message SET destination = '+35840' || lpad(substr(message_id, 2), 7, '0'), custom_parameters ="
            " jsonb_build_object('color', 'red', 'who', '+35840' || lpad(substr(message_id, 2), 7, '0'))"
        )
        cursor.execute(
            "UPDATE message_parameter SET value = '+35840' || lpad(substr(message_id, 2), 7, '0') WHERE key = 'who'"
        )
    most = 10 * N  # each message is folded with its earlier and its present value of two keys
    with watched(monkeypatch, most=most):
        assert apply_retention(now=NOW + timedelta(days=10)).numbers == {"nordic-retail": N}
    assert not MessageParameter.objects.filter(value__startswith="+35840").exists()


def test_erasing_one_number(belief, tenant, monkeypatch):
    Message.objects.update(destination=NUMBER)
    with watched(monkeypatch, most=MOST):
        assert erase_number(number=NUMBER, tenant=tenant, actor="tests") == N


def test_walk_for_a_chosen_key(belief, tenant, monkeypatch):
    """Taken up again in the middle: all rows are there."""
    SegmentKey.objects.filter(key="color").update(state="queued", position=SegmentKey.NOTHING)
    with watched(monkeypatch, most=MOST):
        assert run_segment_keys() == 1
    assert MessageParameter.objects.count() == 2 * N


def test_rows_of_chosen_keys_are_taken_away_one_by_one(belief, monkeypatch):
    columns = ("tenant_id", "day", "key", "value", "sent_at", "account_id", "message_id")
    rows = list(MessageParameter.objects.values_list(*columns))
    plan_for_small_sets()
    with watched(monkeypatch, most=MOST), bulk_cursor() as cursor:
        replace_rows(cursor, rows[:N], [])
    assert MessageParameter.objects.count() == N


def test_spans_that_are_forgotten(belief, tenant, monkeypatch):
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(N)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO condensed_span (tenant_id, span, day, is_ready) SELECT %s, 'day', day, true"
            " FROM unnest(%s::date[]) AS day",
            [tenant.id, days],
        )
    believe(belief, "condensed_span")
    plan_for_small_sets()
    with watched(monkeypatch, most=MOST):
        rollups.invalidate_rollups([(tenant.id, day) for day in days])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM condensed_span WHERE tenant_id = %s AND day < '2026-01-01'", [tenant.id])
        assert cursor.fetchone() == (0,)


def test_statements_are_planned_each_time():
    """A plan that is kept would be one for tables that were empty when the connection was new."""
    connection.ensure_connection()
    assert connection.connection.prepare_threshold is None

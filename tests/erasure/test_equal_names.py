"""Names that become equal once their numbers are masked: they stay apart, and the same in every later batch."""

from datetime import timedelta

import pytest
from django.db import connection

from campaigns.models import RefIdScheme
from deliveries.applying.apply import apply_waiting
from deliveries.checks.reconcile import find_differences
from deliveries.counts.changes import TABLES
from deliveries.counts.rollups import roll_up
from deliveries.erasure.equal_names import told_apart
from deliveries.erasure.erase import erase_number
from deliveries.models import CampaignCount, ErasedMonth, ErasedName, Message
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.retention.retention import apply_retention
from portal.common.jobs import JobState
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.runs.erased_files import delete_erased_files
from reports.schedules.erased import delete_files_of_month
from tests.conftest import NOW
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db

ONE, OTHER = "+358401234567", "+358507654367"
MASKED = "+358 •••••••67"  # both of them
OLD = NOW - timedelta(days=181)


@pytest.fixture
def scheme(tenant) -> RefIdScheme:
    return RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "group"])


def send(feed, *messages: tuple[str, str, str], at=NOW - timedelta(days=20)) -> None:
    """Let a report of each (message id, recipient, the number in its names) come in."""
    put(
        feed,
        *(
            dlr(
                id_, sentTimestamp=f"{at:%Y-%m-%dT%H:%M:%SZ}", timestamp=f"{at:%Y-%m-%dT%H:%M:%SZ}",
                refId=f"sale|{number}|{number}", gateCustomParameters={"platformPartnerId": "nr-fi"},
                customParameters={"destination": to},
            )
            for id_, to, number in messages
        ),
        received_at=NOW,
    )  # fmt: skip
    apply_waiting(now=NOW)


def names() -> dict[str, tuple[str, str, str]]:
    """Return variant, group and refId of each message."""
    rows = Message.objects.values_list("message_id", "variant", "labels", "ref_id")
    return {id_: (variant, labels["group"], ref_id) for id_, variant, labels, ref_id in rows}


FIRST = (MASKED, MASKED, f"sale|{MASKED}|{MASKED}")
SECOND = (f"{MASKED} (2)", f"{MASKED} (2)", f"sale|{MASKED}|{MASKED} (2)")


def test_two_variants_that_become_equal_stay_two(feed, tenant, scheme):
    send(feed, ("a", ONE, ONE), ("b", OTHER, OTHER), ("c", OTHER, OTHER))
    erase_number(number=ONE, tenant=tenant, actor="tests")
    erase_number(number=OTHER, tenant=tenant, actor="tests")

    assert names() == {"a": FIRST, "b": SECOND, "c": SECOND}
    counts = CampaignCount.objects.filter(messages__gt=0).values_list("variant", "messages")
    assert sorted(counts) == [(FIRST[0], 1), (SECOND[0], 2)]
    assert find_differences() == []


def test_names_erased_together_stay_two(feed, tenant, scheme):
    send(feed, ("a", ONE, ONE), ("b", OTHER, OTHER), at=OLD)
    apply_retention(now=NOW)

    assert sorted(names().values()) == [FIRST, SECOND]
    assert find_differences() == []


def test_name_that_is_masked_in_several_batches_is_the_same_each_time(feed, tenant, scheme):
    send(feed, ("a", ONE, ONE), ("b", OTHER, OTHER))
    erase_number(number=ONE, tenant=tenant, actor="tests")
    erase_number(number=OTHER, tenant=tenant, actor="tests")
    send(feed, ("later", OTHER, OTHER), ("friend", "+358505555555", OTHER))
    erase_number(number=OTHER, tenant=tenant, actor="tests")

    assert names() == {"a": FIRST, "b": SECOND, "later": SECOND, "friend": SECOND}
    assert find_differences() == []


def test_late_report_and_recount_leave_the_names(feed, tenant, scheme):
    send(feed, ("a", ONE, ONE), ("b", OTHER, OTHER))
    erase_number(number=ONE, tenant=tenant, actor="tests")
    erase_number(number=OTHER, tenant=tenant, actor="tests")

    send(feed, ("b", OTHER, OTHER))
    request_recount(tenant=tenant, reason="time zone", now=NOW)
    run_recounts()

    assert names() == {"a": FIRST, "b": SECOND}
    assert find_differences() == []


def test_variants_of_deleted_messages_stay_two(feed, tenant, scheme):
    Tenant.objects.filter(id=tenant.id).update(message_days=31, number_days=31)
    send(feed, ("a", "+358505555555", ONE), ("b", "+358505555555", OTHER), at=NOW - timedelta(days=40))
    roll_up(now=NOW)
    apply_retention(now=NOW)
    assert Message.objects.count() == 0
    before = _variants()

    erase_number(number=ONE, tenant=tenant, actor="tests")
    erase_number(number=OTHER, tenant=tenant, actor="tests")

    assert before == {"campaign_count": {ONE, OTHER}, "latency_count": before["latency_count"]}
    assert _variants()["campaign_count"] == {FIRST[0], SECOND[0]}
    assert _variants()["latency_count"] == ({FIRST[0], SECOND[0]} if before["latency_count"] else set())


def _variants() -> dict[str, set[str]]:
    found = {}
    with connection.cursor() as cursor:
        for table in (table for table in TABLES if "variant" in table.keys):
            cursor.execute(f"SELECT DISTINCT variant FROM {table.name} WHERE messages <> 0")
            found[table.name] = {variant for (variant,) in cursor.fetchall()}
    return found


def test_names_are_numbered_within_their_scope_and_tenant(tenant, other_tenant):
    first = {("variant 1", "x 1"): "x •", ("variant 1", "x 2"): "x •", ("variant 2", "x 2"): "x •"}
    found = {("variant 1", "x 1"): "x •", ("variant 1", "x 2"): "x • (2)", ("variant 2", "x 2"): "x •"}

    assert told_apart(tenant.id, first) == found
    assert told_apart(tenant.id, first | {("variant 1", "x 3"): "x •"}) == found | {("variant 1", "x 3"): "x • (3)"}
    assert told_apart(other_tenant.id, {("variant 1", "x 2"): "x •"}) == {("variant 1", "x 2"): "x •"}
    assert ErasedName.objects.count() == 5


def test_names_keep_their_numbers_while_the_secret_key_is_changed(tenant, settings):
    before = told_apart(tenant.id, {("variant 1", "x 1"): "x •", ("variant 1", "x 2"): "x •"})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of the tests", [settings.SECRET_KEY]

    after = told_apart(tenant.id, {("variant 1", "x 2"): "x •", ("variant 1", "x 3"): "x •"})

    assert after == {("variant 1", "x 2"): before["variant 1", "x 2"], ("variant 1", "x 3"): "x • (3)"}


def test_long_name_is_cut_for_its_number_alone(tenant):
    text = "x" * 256
    found = told_apart(tenant.id, {("refId", "a"): text, ("refId", "b"): text})

    assert found == {("refId", "a"): text, ("refId", "b"): text[:252] + " (2)"}


def test_deletion_of_older_workbooks_waits_for_a_report_that_is_being_made(tenant):
    month = (NOW - timedelta(days=20)).date().replace(day=1)
    row = ErasedMonth.objects.create(tenant=tenant, month=month)
    run = ReportRun.objects.create(
        tenant=tenant, month=month, kind="final", revision=1, requested_by="tests", state="running", started_at=NOW
    )

    assert delete_erased_files(now=NOW, also=delete_files_of_month) == 0
    row.refresh_from_db()
    assert (row.state, row.attempts, row.seen_at, row.not_before is not None) == (JobState.QUEUED, 0, NOW, True)

    ReportRun.objects.filter(id=run.id).update(state="failed")
    ErasedMonth.objects.update(not_before=None)
    delete_erased_files(now=NOW, also=delete_files_of_month)
    assert not ErasedMonth.objects.exists()

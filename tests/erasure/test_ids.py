"""Message ids and partner IDs that hold an erased number: what they become, and what comes in under the old ones."""

from datetime import timedelta

import pytest

from deliveries.applying.apply import apply_waiting
from deliveries.checks.reconcile import find_differences
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.messages.number_hashes import hashed
from deliveries.messages.slices import slice_of
from deliveries.models import (
    DailyCount,
    DeliveryReport,
    ErasedId,
    IdentityFilter,
    InboxRow,
    Message,
    RuleRefold,
    TenantRecount,
)
from deliveries.retention.retention import apply_retention
from portal.accounts.models import AuditEntry
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import NOW, apply, dlr, hand_in, put, submission
from tests.erasure.places import places_with_number

pytestmark = pytest.mark.django_db

NUMBER = "+358401234567"
MASKED = "+358 •••••••67"


@pytest.fixture(autouse=True)
def forgotten():
    partitions.forget()
    yield
    partitions.forget()


def to(id_: str, number: str = NUMBER, *, partner: str = "nr-fi", **more) -> dict:
    parameters = {"destination": number}
    return dlr(id_, gateCustomParameters={"platformPartnerId": partner}, customParameters=parameters, **more)


def test_message_keeps_its_slice_and_its_reports_under_the_masked_id(feed, account, tenant):
    apply(feed, to(f"a {NUMBER}$0", segments=2), to(f"a {NUMBER}$1"), to("358401234567"), to("plain"), to("40123456"))

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    ids = sorted(Message.objects.values_list("message_id", flat=True))
    assert [id_.partition(" (")[0] for id_ in ids] == [MASKED, "40123456", f"a {MASKED}", "plain"]
    assert {slice_of(account.id, id_) for id_ in ids if MASKED in id_} == {
        slice_of(account.id, id_) for id_ in (f"a {NUMBER}", "358401234567")
    }
    assert DeliveryReport.objects.filter(message_id=ids[2]).count() == 2
    assert find_differences() == []


def test_what_comes_under_the_old_id_reaches_the_message(feed, account, tenant):
    apply(feed, to(f"a {NUMBER}", resultCode=1000))
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    put(feed, to(f"a {NUMBER}"), to(f"a {NUMBER}"))
    hand_in(account, submission(f"a {NUMBER}", destination=NUMBER, ref_id="sale"))
    done = apply_waiting(now=NOW)

    assert (done.reports, done.duplicates, done.submissions, done.new_messages) == (1, 1, 1, 0)
    message = Message.objects.get()
    assert (message.status, message.ref_id) == ("delivered", "sale")
    assert message.message_id.startswith(f"a {MASKED}")
    assert places_with_number() == set()
    assert find_differences() == []


def test_ids_that_would_be_equal_are_told_apart(feed, tenant):
    apply(feed, *(to(id_) for id_ in (f"{NUMBER}", "00358401234567", "0401234567", "040 123 4567")))

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    ids = set(Message.objects.values_list("message_id", flat=True))
    assert len(ids) == 4
    assert {id_.partition(" (")[0] for id_ in ids} == {MASKED}


def test_month_is_looked_into_again_for_the_masked_id(feed, tenant):
    apply(feed, to(f"a {NUMBER}"))
    day = Message.objects.get().day
    IdentityFilter.objects.create(month=day.replace(day=1), made_with="x", bits=b"x", messages=1)

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert IdentityFilter.objects.count() == 0


def test_running_recount_and_refold_are_queued_again_as_their_order_has_changed(feed, tenant):
    apply(feed, to(f"a {NUMBER}"))
    TenantRecount.objects.create(tenant=tenant, reason="time zone", state="running")
    TenantRecount.objects.create(tenant=tenant, reason="refId scheme", state="done", after_message_id="x")
    RuleRefold.objects.create(state="running")

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert list(TenantRecount.objects.order_by("id").values_list("reason", "state", "after_message_id")) == [
        ("time zone", "running", ""),
        ("refId scheme", "done", ""),
        ("time zone", "queued", ""),
    ]
    assert list(RuleRefold.objects.order_by("id").values_list("state", flat=True)) == ["running", "queued"]


def test_partner_id_keeps_owner_messages_and_counts_under_the_masked_value(feed, account, tenant, other_tenant):
    partner = PartnerId.objects.create(account=account, value=f"shop {NUMBER}", tenant=tenant, declared_at=NOW)
    same = PartnerId.objects.create(account=account, value="shop 0401234567", tenant=tenant, declared_at=NOW)
    theirs = PartnerId.objects.create(account=account, value=f"theirs {NUMBER}", tenant=other_tenant, declared_at=NOW)
    apply(feed, to("a", partner=partner.value), to("b", "+358505555555", partner=partner.value), to("c"))
    AuditEntry.objects.create(
        action="partner_id.declared", actor="x", tenant=tenant, subject=f"link-main/{partner.value}"
    )

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert dict(PartnerId.objects.values_list("id", "value")).items() >= {
        partner.id: f"shop {MASKED}", same.id: f"shop {MASKED} (2)", theirs.id: f"theirs {NUMBER}",
    }.items()  # fmt: skip
    counts = DailyCount.objects.order_by("partner_id").values_list("partner_id", "tenant_id", "messages")
    assert list(counts) == [("nr-fi", tenant.id, 1), (f"shop {MASKED}", tenant.id, 2)]
    entries = AuditEntry.objects.filter(action__startswith="partner_id").order_by("id")
    assert list(entries.values_list("action", "actor", "subject")) == [
        ("partner_id.declared", "x", f"link-main/shop {MASKED}"),
        ("partner_id.number_erased", "tests", f"link-main/shop {MASKED}"),
        ("partner_id.number_erased", "tests", f"link-main/shop {MASKED} (2)"),
    ]
    assert find_differences() == []


def test_reports_under_the_old_value_are_the_renamed_partner_ids(feed, account, tenant):
    partner = PartnerId.objects.create(account=account, value=NUMBER, tenant=tenant, declared_at=NOW)
    apply(feed, to("a", partner=NUMBER))
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    apply(feed, to("a", partner=NUMBER, resultCode=1000), to("new", "+358505555555", partner=NUMBER))

    assert dict(Message.objects.values_list("message_id", "partner_id")) == {"a": MASKED, "new": MASKED}
    assert set(Message.objects.values_list("tenant_id", flat=True)) == {tenant.id}
    assert Message.objects.get(message_id="a").flags & 2 == 0  # the two do not contradict each other
    assert PartnerId.objects.filter(account=account).exclude(value="nr-fi").get() == partner


def test_old_value_that_is_declared_again_is_a_partner_id_of_its_own(feed, account, tenant, other_tenant):
    PartnerId.objects.create(account=account, value=NUMBER, tenant=tenant, declared_at=NOW)
    apply(feed, to("a", partner=NUMBER))
    erase_number(number=NUMBER, tenant=tenant, actor="tests")
    PartnerId.objects.create(account=account, value=NUMBER, tenant=other_tenant, declared_at=NOW)

    apply(feed, to("new", "+358505555555", partner=NUMBER))

    assert Message.objects.get(message_id="new").tenant_id == other_tenant.id


def test_new_message_of_an_old_day_loses_its_ids_too(feed, account, tenant):
    """The applier masks the message id, the next run of retention the partner ID: that needs every slice."""
    old = NOW - timedelta(days=181)
    partner = PartnerId.objects.create(account=account, value=NUMBER, tenant=tenant, declared_at=NOW)
    apply_retention(now=NOW)

    apply(feed, to(f"a {NUMBER}", partner=NUMBER, sentTimestamp=f"{old:%Y-%m-%dT%H:%M:%SZ}"), received_at=NOW)
    in_between = Message.objects.get()
    apply_retention(now=NOW)

    assert in_between.message_id.startswith(f"a {MASKED}")
    assert ErasedId.objects.filter(waiting="").count() == 2
    partner.refresh_from_db()
    assert (partner.value, Message.objects.get().partner_id) == (MASKED, MASKED)
    assert places_with_number() == set()
    assert find_differences() == []


def test_ids_that_an_older_version_left_are_masked_by_the_next_run_of_retention(feed, account, tenant):
    old = NOW - timedelta(days=181)
    PartnerId.objects.create(account=account, value=NUMBER, tenant=tenant, declared_at=NOW)
    apply(feed, to(NUMBER, partner=NUMBER, sentTimestamp=f"{old:%Y-%m-%dT%H:%M:%SZ}"), received_at=NOW)
    message = Message.objects.get()
    Message.objects.filter(message_id=message.message_id).update(
        destination=hashed(NUMBER, tenant_id=tenant.id), flags=message.flags | 2048
    )

    apply_retention(now=NOW)

    assert places_with_number() == set()


def test_retention_keeps_raw_rows_of_messages_that_keep_their_numbers(feed, account, tenant, other_tenant):
    """Of an old message the duplicate and the submission leave the inbox, whatever else of the account stays."""
    old = NOW - timedelta(days=181)
    times = {"sentTimestamp": f"{old:%Y-%m-%dT%H:%M:%SZ}"}
    other_tenant.number_days = 200
    other_tenant.save()
    theirs = to("theirs", partner="baltic-ee", **times)
    put(feed, to("a", **times), to("a", **times), to("new"), to("new"), theirs, theirs, received_at=NOW)
    handed = {"destination": NUMBER, "submitted_at": f"{old:%Y-%m-%dT%H:%M:%SZ}"}
    hand_in(account, submission("a", **handed), submission("theirs", **handed), received_at=NOW)
    apply_waiting(now=NOW)

    apply_retention(now=NOW)

    bodies = [bytes(body) for body in InboxRow.objects.values_list("body", flat=True)]
    assert sum(b'"new"' in body for body in bodies) == 2
    assert sum(b'"theirs"' in body for body in bodies) == 3
    assert len(bodies) == 5

"""Erasing a number: what is masked and what stays, late reports, names, older versions' rows (reach: test_reach.py)."""

import re
from datetime import datetime, timedelta

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Campaign, RefIdScheme, SegmentKey
from deliveries.applying.accounting import balances_between
from deliveries.applying.apply import apply_waiting
from deliveries.checks.reconcile import find_differences
from deliveries.counts.changes import TABLES
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.messages.number_hashes import hashed
from deliveries.models import DeliveryReport, ImportRun, IngestCount, Message, QuarantinedRow
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.retention.retention import apply_retention
from portal.tenants.models import Tenant
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission
from tests.erasure.places import places_with_number

pytestmark = pytest.mark.django_db

NUMBER = "+358401234567"
OWN = {"platformPartnerId": "nr-fi"}
NOTATIONS = (
    "+358401234567",
    "00358 40 123 4567",
    "040-1234567",
    "+358 (0)40 123 45 67",
    "tel:+358-40-1234567",
    "３５８４０１２３４５６７",
    "401234567",
    "358.40.123.4567",
)
SENT = NOW - timedelta(days=20)


@pytest.fixture(autouse=True)
def forgotten(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        }
    }
    partitions.forget()
    yield
    partitions.forget()


def report(id_: str, text: str, to: str = NUMBER, *, at: datetime = SENT, code: int = 1001, **more) -> dict:
    """Return a report to `to` with `text` in every field that takes one."""
    return (
        dlr(
            id_,
            code,
            sentTimestamp=f"{at:%Y-%m-%dT%H:%M:%SZ}",
            timestamp=f"{at + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}",
            refId=f"{text}|{text}|{text}",
            operator="fi.elisa",
            operatorResultCode=f"refused {text}",
            gateCustomParameters=OWN,
            customParameters={
                "destination": to,
                "source": text,
                "customer": text,
                "store": "7",
                f"bought for {text}": "yes",
                f"bought for {NOTATIONS[2]}": "no",
                text: "also a key",
            },
        )
        | more
    )


def totals() -> dict[str, list[tuple]]:
    """Return all counts, summed over the names that an erasure may change."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            keys = ", ".join(key for key in table.keys if key != "variant")
            values = ", ".join(f"sum({value})" for value in table.values)
            cursor.execute(
                f"SELECT {keys}, {values} FROM {table.name} GROUP BY {keys} HAVING sum(messages) <> 0 ORDER BY {keys}"
            )
            found[table.name] = cursor.fetchall()
    return found


def by_name() -> list[tuple]:
    """Return what statements say by campaign and variant, without their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT campaign_id, sum(messages), sum(parts), count(DISTINCT variant) FILTER (WHERE messages <> 0)"
            " FROM campaign_count GROUP BY 1 ORDER BY 1"
        )
        return cursor.fetchall()


def agrees() -> bool:
    problems = [
        text
        for balance in balances_between(NOW - timedelta(days=9), NOW + timedelta(days=9))
        for text in balance.problems
    ]
    assert (find_differences(), problems) == ([], [])
    return True


@pytest.fixture
def scheme(tenant) -> RefIdScheme:
    SegmentKey.objects.create(tenant=tenant, key="customer", state="done")
    return RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "group"])


@pytest.fixture
def planted(feed, account, tenant, scheme) -> list[dict]:
    """The number in every place, in many notations; the reports."""
    reports = [report(f"m{n}", text, code=1000) for n, text in enumerate(NOTATIONS)]
    reports += [report(f"m{n}", text) for n, text in enumerate(NOTATIONS)]
    reports += [
        report("friend", f"invited by {NOTATIONS[1]}", to="+358507654321"),
        report("plain", "sale", "+358505555555"),
    ]
    put(feed, *reports, *reports[:3], received_at=NOW)
    put(feed, b'{"broken": "+358401234567"', b'{"id": "x", "resultCode": "to 040 123 4567"}', received_at=NOW)
    put(feed, b'{"id": "y", "resultCode": "\\u0034\\u0030 123 4567"}', received_at=NOW)
    hand_in(
        account, submission("handed", destination=NUMBER, ref_id=f"a {NUMBER}|b", partner_id="nr-fi"), received_at=NOW
    )
    apply_waiting(now=NOW)
    assert QuarantinedRow.objects.count() == 3
    ImportRun.objects.create(feed=feed, file_name=f"of {NUMBER}.json", problem=f"of {NUMBER}.json has changed")
    return reports


def test_nothing_is_left_of_six_digits_in_the_persons_own_messages(tenant, planted):
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    message = Message.objects.get(message_id="m1")
    assert message.destination[0] == "#"
    # Of names that become equal, which one gets a number follows the order in which the messages are read.
    assert re.fullmatch(r"\+358 •••••••67\|\+358 •••••••67\|\+358 •••••••67( \(\d\))?", message.ref_id)
    assert message.variant == "+358 •••••••67"
    assert re.fullmatch(r"\+358 •••••••67( \(\d\))?", message.labels["group"])
    parameters = message.custom_parameters
    # Two keys of the same name once masked: which of them gets the number follows their order in the row.
    assert sorted(parameters.pop(f"bought for +358 •••••••67{suffix}") for suffix in ("", " (2)")) == ["no", "yes"]
    assert re.fullmatch(r"\+358 •••••••67( \(\d\))?", parameters.pop("customer"))  # a segment key: its values are names
    assert parameters == {"store": "7", "+358 •••••••67": "also a key"}
    assert message.source == "+358 •••••••67"
    assert set(DeliveryReport.objects.filter(message_id="m1").values_list("operator_result_code", flat=True)) == {
        "refused +358 •••••••67"
    }
    assert Message.objects.get(message_id="friend").destination == "+358507654321"
    assert Message.objects.get(message_id="friend").ref_id.startswith("invited by +358 •••••••67|")


def test_campaigns_that_would_be_called_the_same_are_told_apart(tenant, planted):
    ids = dict(Campaign.objects.values_list("id", "name"))
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    after = dict(Campaign.objects.values_list("id", "name"))
    assert after.keys() == ids.keys()
    masked = sorted(name for name in after.values() if name.startswith("+358"))
    assert masked == ["+358 •••••••67", *(f"+358 •••••••67 ({n})" for n in range(2, len(masked) + 1))]
    assert {"sale", "tel:+358 •••••••67", "a +358 •••••••67"} <= set(after.values())


def test_late_reports_and_submissions_do_not_bring_it_back(feed, account, tenant, planted):
    erase_number(number=NUMBER, tenant=tenant, actor="tests")
    before, names, campaigns = totals(), by_name(), set(Campaign.objects.values_list("id", "name"))
    flags = list(Message.objects.order_by("message_id").values_list("message_id", "flags"))

    own = [item for item in planted if item["id"].startswith("m")]
    put(
        feed,
        *own,
        *(
            item | {"customParameters": {"phone": NUMBER}, "operatorResultCode": NUMBER, "resultCode": 1003}
            for item in own
        ),
        received_at=NOW,
    )
    hand_in(
        account,
        submission("m1", destination=NUMBER, ref_id=f"{NUMBER}|x", custom_parameters={"who": NUMBER, "tier": "1"}),
        received_at=NOW,
    )
    apply_waiting(now=NOW)

    assert list(QuarantinedRow.objects.filter(state="waiting").values_list("reason", "detail", "body")) == []
    assert places_with_number() == set()
    assert set(Campaign.objects.values_list("id", "name")) == campaigns
    assert by_name() == names
    assert Message.objects.get(message_id="m1").custom_parameters["tier"] == "1"
    after = dict(Message.objects.values_list("message_id", "flags"))
    assert [id_ for id_, old in flags if (after[id_] ^ old) & 2] == []
    assert agrees()
    assert totals()["daily_count"] != []
    assert before["daily_count"] != []


def test_recount_leaves_the_counts_by_campaign(tenant, planted):
    erase_number(number=NUMBER, tenant=tenant, actor="tests")
    names = by_name()

    request_recount(tenant=tenant, reason="time zone", now=NOW)
    run_recounts()

    assert (by_name(), places_with_number()) == (names, set())
    assert agrees()


def test_late_report_of_an_old_day_is_written_without_the_number(feed, account, tenant, scheme):
    old = NOW - timedelta(days=181)
    apply_retention(now=NOW)

    put(feed, report("late", NOTATIONS[2], at=old), report("m0", NOTATIONS[0], at=old, code=1003), received_at=NOW)
    apply_waiting(now=NOW)

    assert places_with_number() == set()
    assert agrees()
    assert Message.objects.filter(flags__gt=2047).count() == 2


def test_names_are_masked_before_messages_of_the_same_age_are_deleted(feed, tenant, scheme):
    Tenant.objects.filter(id=tenant.id).update(message_days=31, number_days=31)
    put(feed, report("m", NOTATIONS[1], at=NOW - timedelta(days=40)), received_at=NOW)
    apply_waiting(now=NOW)

    taken = apply_retention(now=NOW)

    assert (taken.messages, taken.numbers, places_with_number()) == ({"nordic-retail": 1}, {"nordic-retail": 1}, set())


def test_quarantined_rows_lose_their_bodies_when_numbers_do(feed, tenant):
    put(feed, orjson.dumps({"broken": NUMBER}), received_at=NOW - timedelta(days=181))
    apply_waiting(now=NOW)

    assert apply_retention(now=NOW, dry_run=True).quarantined == {"link-main": 1}
    assert apply_retention(now=NOW).quarantined == {"link-main": 1}
    assert apply_retention(now=NOW).quarantined == {}

    row = QuarantinedRow.objects.get()
    assert (bytes(row.body), row.state, row.resolved_by) == (b"", "discarded", "retention")
    assert IngestCount.objects.get().quarantined == 1


def test_names_that_many_share_are_nobodys_for_six_digits(feed, tenant, scheme):
    put(
        feed,
        report("a", "202611", "+358401202611"),
        report("b", "202611", "+358505555555"),
        report("c", "20261031", "+4520261031"),
        received_at=NOW,
    )
    apply_waiting(now=NOW)

    erase_number(number="+358401202611", tenant=tenant, actor="tests")

    assert Campaign.objects.filter(name="202611").count() == 1
    assert Message.objects.get(message_id="a").variant == "202611"
    assert Message.objects.get(message_id="a").ref_id == "+358 •••••••11|+358 •••••••11|+358 •••••••11"


def test_another_tenants_messages_keep_their_rows(feed, tenant, other_tenant, planted):
    theirs = report("theirs", "sale") | {"gateCustomParameters": {"platformPartnerId": "baltic-ee"}}
    put(feed, theirs, received_at=NOW)
    apply_waiting(now=NOW)

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert Message.objects.get(message_id="theirs").destination == NUMBER
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox WHERE position('theirs'::bytea IN body) > 0")
        assert cursor.fetchone() == (1,)


def test_waiting_rows_stay_and_the_command_says_so(feed, tenant):
    put(feed, report("m", NUMBER), received_at=NOW)
    with pytest.raises(CommandError, match="1 raw rows that hold the number wait"):
        call_command("erase_number", NUMBER, tenant=tenant.slug)
    apply_waiting(now=NOW)
    call_command("erase_number", NUMBER, tenant=tenant.slug)
    assert places_with_number() == set()


def test_numbers_that_an_older_version_left_in_names_go_at_the_next_run(feed, tenant, scheme):
    """Retention had hashed the destination, and left the refId and what was made of it."""
    put(feed, report("m", "a +358401234567", at=NOW - timedelta(days=181)), received_at=NOW)
    put(feed, report("n", "order 1234567890", at=NOW - timedelta(days=181)), received_at=NOW)
    apply_waiting(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE message SET destination = %s, flags = flags | 2048, source = NULL, custom_parameters = NULL",
            [hashed(NUMBER, tenant_id=tenant.id)],
        )
        cursor.execute("DELETE FROM message_parameter")
        cursor.execute("UPDATE delivery_report SET operator_result_code = NULL")
        cursor.execute("TRUNCATE inbox")
    before, names = totals(), by_name()

    apply_retention(now=NOW)

    assert places_with_number() == set()
    assert set(Campaign.objects.values_list("name", flat=True)) == {"a +358 •••••••67", "order 1234567890"}
    assert (totals(), by_name(), find_differences()) == (before, names, [])

"""normalise_numbers: numbers stored before their notation could be read, with their countries and counts."""

import pytest
from django.core.management import call_command
from django.db import connection

from deliveries.checks.reconcile import find_differences
from deliveries.erasure.erase import erase_number
from deliveries.models import DailyCount, Message, RuleRefold
from deliveries.rederiving.normalise_numbers import normalise_numbers
from deliveries.tasks import resume_rule_refolds
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

NUMBER = "+358401239999"


def report(id_: str, number: str, **fields) -> dict:
    return dlr(
        id_,
        customParameters={"destination": number},
        sentTimestamp="2026-11-01T00:30:00Z",
        gateCustomParameters={"platformPartnerId": "nr-fi"},
        **fields,
    )


def store_as_before(message_id: str, destination: str) -> None:
    """Make the only message of Finland one as it was stored when its number could not be read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE message SET destination = %s, country = 'ZZ' WHERE message_id = %s", [destination, message_id]
        )
        for table in ("daily_count", "campaign_count", "hour_count", "latency_count"):
            cursor.execute(f"UPDATE {table} SET country = 'ZZ' WHERE country = 'FI'")


@pytest.mark.parametrize("stored", ["+358.40.1239999", "\u202a+358401239999\u202c", "tel:+358401239999"])
def test_number_country_and_counts_are_mended_once(feed, tenant, stored):
    apply(feed, report("a", NUMBER), report("b", "+46701234567"), report("c", "NO-2333"))
    store_as_before("a", stored)
    assert find_differences() == []

    seen = []
    assert normalise_numbers(progress=seen.append) == (3, 1)
    assert normalise_numbers() == (3, 0)

    assert sorted(Message.objects.values_list("message_id", "destination", "country")) == [
        ("a", NUMBER, "FI"),
        ("b", "+46701234567", "SE"),
        ("c", "NO-2333", "NO"),
    ]
    counted = DailyCount.objects.filter(messages__gt=0).values_list("country", "messages")
    assert (sorted(counted), find_differences(), seen) == ([("FI", 1), ("NO", 1), ("SE", 1)], [], [3])


def test_country_by_the_operator_stays_where_the_number_cannot_be_read(feed, tenant):
    apply(feed, report("a", "0400386588", operator="fi.elisa"))

    assert normalise_numbers() == (1, 0)
    assert Message.objects.values_list("destination", "country").get() == ("0400386588", "FI")


def test_erased_numbers_stay_erased(feed, tenant):
    apply(feed, report("a", NUMBER))
    assert erase_number(number=NUMBER, tenant=tenant, actor="tests") == 1
    before = Message.objects.values().get()

    assert normalise_numbers() == (1, 0)
    assert Message.objects.values().get() == before


def test_command_says_what_it_did(feed, tenant, capsys):
    apply(feed, report("a", NUMBER))
    store_as_before("a", "+358/40/1239999")

    call_command("normalise_numbers")

    assert capsys.readouterr().out == "1 messages checked\n1 of 1 messages have a new number or country\n"


def test_next_messages_are_read_by_an_index(feed, tenant):
    apply(feed, report("a", NUMBER))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT account_id, message_id FROM message WHERE (message_id, account_id) >"
            " ('' COLLATE \"C\", 0) ORDER BY message_id, account_id LIMIT 10"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Cond: (message_id >=" in plan, plan


def test_the_refold_that_an_upgrade_queues_brings_numbers_too(feed, tenant):
    apply(feed, report("a", NUMBER))
    store_as_before("a", "+358.40.1239999")
    RuleRefold.objects.create()

    assert resume_rule_refolds() == 1

    assert list(Message.objects.values_list("destination", "country")) == [(NUMBER, "FI")]
    assert (RuleRefold.objects.get().state, find_differences()) == ("done", [])

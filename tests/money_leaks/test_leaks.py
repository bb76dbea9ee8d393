"""Finds of each card, and the messages that it leaves alone."""

from itertools import groupby
from operator import itemgetter

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from deliveries.counts.changes import CAMPAIGN
from deliveries.messages.partitions import ensure_months
from deliveries.models import CampaignCount, Message, RetentionMark
from reports.leaks import parts
from reports.leaks.change_point import Minute, find_rise
from reports.leaks.countries import NewCountry, new_countries
from reports.leaks.listed import messages_page, of_number, of_repeats, of_rise
from reports.leaks.numbers import failing_numbers, newest_failures
from reports.leaks.parts import parts_rises
from reports.leaks.repeats import repeats
from reports.leaks.window import Window

pytestmark = pytest.mark.django_db

DAY = 24 * 60
A, B, C, D = (f"+35840111111{n}" for n in range(4))


@pytest.fixture
def window(tenant, now) -> Window:
    return Window.of_days(tenant, 7, now=now)


def ids_of(listed) -> list[str]:
    """Return the ids of all pages of a list."""
    found, cursor = [], ""
    while cursor is not None:
        page, cursor = messages_page(listed, cursor=cursor, size=2)
        found += [message.folded.message_id for message in page]
    return found


def test_number_counts_its_failures_since_the_last_delivery(send, window, other_tenant):
    for ago in (500, 400):
        send(A, ago, code=2104, parts=3)
    send(A, 300)  # delivered
    for ago in (200, 150, 100):
        send(A, ago, code=2106, parts=2)
    send(A, 90, code=1006)  # no code that says "for good"
    for ago in (50, 40, 30):
        send(B, ago, code=2104)
    send(B, 20)  # works again
    for ago in (50, 40):
        send(C, ago, code=2105)
    send(C, 8 * DAY, code=2105)  # before these days
    for ago in (50, 40, 30):
        send(D, ago, code=2105, of=other_tenant)

    found = failing_numbers(window)

    assert [(one.messages, one.parts) for one in found] == [(3, 6)]
    assert ids_of(of_number(window, found[0])) == ["m6", "m5", "m4"]
    assert [one.folded.destination for one in newest_failures(window, found)] == [A]


def test_rise_of_parts_is_found_in_the_variant_alone(send, window, now):
    for ago in range(120, 0, -1):
        send(A, ago, campaign="autumn", variant="a", parts=1)
        send(A, ago, campaign="autumn", variant="b", parts=1 + (ago <= 55))
        send(A, ago, parts=1 + (ago <= 55))  # of no campaign

    (found,) = parts_rises(window)

    assert (found.campaign_id, found.variant) == (Campaign.objects.get(name="autumn").pk, "b")
    assert (now - found.rise.at).total_seconds() == 55 * 60
    assert (found.rise.before, found.rise.after, found.rise.messages, found.rise.extra_parts) == (1.0, 2.0, 55, 55)
    assert len(ids_of(of_rise(window, found))) == 55


def test_repeats_are_those_of_the_same_campaign_or_ref_id_within_minutes(send, window):
    send(A, 100, campaign="autumn", variant="a", parts=2)
    send(A, 95, campaign="autumn", variant="b", parts=2)  # m2: repeats it
    send(A, 86, campaign="autumn", parts=2)  # m3: repeats m2
    send(A, 70, campaign="autumn", parts=2)  # later
    send(B, 95, campaign="autumn", parts=2)  # somebody else
    send(A, 100, ref_id="otp-1")
    send(A, 99, ref_id="otp-1")  # m7
    send(A, 99, ref_id="otp-2")
    send(C, 50)
    send(C, 50)  # nothing says that they are the same

    found = repeats(window)

    autumn = Campaign.objects.get(name="autumn").pk
    assert [(one.campaign_id, one.ref_id, one.messages, one.recipients, one.parts) for one in found] == [
        (autumn, "", 2, 1, 4),
        (0, "otp-1", 1, 1, 1),
    ]
    assert [ids_of(of_repeats(window, one)) for one in found] == [["m3", "m2"], ["m7"]]


def test_country_is_new_that_no_earlier_day_has(send, window):
    for ago in (70 * DAY, 60):
        send(A, ago)
    send(A, 30 * DAY, country="SE")
    send(A, 60, country="SE")
    send(A, 60, country="")
    assert new_countries(window) == []

    send(A, 2 * DAY, country="LV", parts=3)
    send(A, 1, country="LV", parts=2)

    found = new_countries(window)
    assert found == [NewCountry("LV", found[0].first, messages=2, parts=5)]
    assert (window.last - found[0].first).days == 2


def test_countries_are_not_judged_without_eight_weeks_of_history(send, window):
    for ago in (60 * DAY, 60):
        send(A, ago)
    assert new_countries(window) is None


def test_statement_leaves_out_no_rise(tenant, account, window, now):
    """A hundred campaigns whose texts become longer by more or less: those that a scan of all minutes reports."""
    ensure_months([window.first, window.last])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.4)")
        cursor.execute(
            "INSERT INTO message (tenant_id, day, account_id, message_id, partner_id, partner_rank, campaign_id,"
            " variant, destination, sender_type, country, operator, parts, status, result_code, final, flags, sent_at,"
            " sent_at_rank, received_at)"
            " SELECT %s, ((%s - n * interval '20 s') AT TIME ZONE %s)::date, %s, c || '-' || n, 'nr-fi', 1, c, '',"
            " '', 'text', 'FI', '', 1 + (random() < least(0.95,"
            " 0.1 + CASE WHEN n < 40 + c THEN c * 0.008 ELSE 0 END))::int, 'delivered', 1001, true, 0,"
            " %s - n * interval '20 s', 1, now() FROM generate_series(1, 100) c, generate_series(1, 240) n",
            [tenant.id, now, tenant.timezone, account.id, now],
        )
        cursor.execute(
            "INSERT INTO campaign_count (tenant_id, day, account_id, campaign_id, variant, country, operator,"
            f" sender_type, status, result_code, messages, parts) {CAMPAIGN.facts.format(where='true')}"
        )
        cursor.execute(
            "SELECT campaign_id, date_trunc('minute', sent_at) AS minute, count(*), sum(parts), sum(parts * parts)"
            " FROM message GROUP BY 1, 2 ORDER BY 1, 2"
        )
        rows = cursor.fetchall()
    scanned = {id_: find_rise([Minute(*row[1:]) for row in of_it]) for id_, of_it in groupby(rows, itemgetter(0))}
    expected = {id_: rise for id_, rise in scanned.items() if rise is not None}

    assert {one.campaign_id: one.rise for one in parts_rises(window)} == expected
    assert 20 < len(expected) < 80


def test_messages_are_read_of_campaigns_that_may_have_a_rise_alone(send, window, now):
    """The counts tell that the parts of "plain" never changed, and of "few" that there are too few messages."""
    for ago in range(120, 0, -1):
        send(A, ago, campaign="plain")
        send(A, ago, campaign="autumn", parts=1 + (ago <= 55))
    for ago in range(99, 0, -1):
        send(A, ago, campaign="few", parts=1 + (ago <= 50))
    assert parts._campaigns_that_may_rise(window) == [Campaign.objects.get(name="autumn").pk]

    Message.objects.filter(campaign_id=Campaign.objects.get(name="autumn").pk).update(parts=1)
    CampaignCount.objects.update(parts=F("messages"))
    with CaptureQueriesContext(connection) as queries:
        assert parts_rises(window) == []
    assert [query["sql"] for query in queries if "FROM message" in query["sql"]] == []


def test_counts_of_sealed_days_are_left_out(send, tenant, window):
    """Their messages are deleted."""
    for ago in range(120, 0, -1):
        send(A, 3 * DAY + ago, campaign="autumn", parts=1 + (ago <= 55))
    assert parts._campaigns_that_may_rise(window) == [Campaign.objects.get(name="autumn").pk]

    RetentionMark.objects.create(tenant=tenant, messages_before=window.last, hours_before=window.until)
    assert parts._campaigns_that_may_rise(window) == []

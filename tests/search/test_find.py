"""Message Search: filters, keyset pages, the wall, and that each filter's plan reaches an index as the web role."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from campaigns.selectors import campaign_names
from deliveries.checks.reconcile import find_differences, repair
from deliveries.message_pages.number_lists import MAX_NUMBERS
from deliveries.models import TenantRecount
from deliveries.search.find import BadFilter, MessageQuery, find_message, reports_of, search
from portal.common.keyset import BadCursor, decode, encode
from portal.common.masking import Masking
from portal.common.prefixes import after_prefix
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from portal.tenants.tokens import seal
from tests.deliveries.helpers import apply, dlr
from tests.messages.factory import copy_messages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated")]

# of copies of one message: ids, numbers and refIds of their own
COPIES = {
    "message_id": "'x' || n",
    "ref_id": "'c' || n",
    "campaign_id": "n % 50",
    "destination": "'+35840' || n",
    "status": "CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'delivered' END",
    "sent_at": "sent_at + n * interval '1 second'",
}


def report(number: int, code: int = 1001, partner: str = "nr-fi", **fields) -> dict:
    day = 1 + number % 20
    return dlr(
        f"m{number:03}",
        code,
        **{
            "sentTimestamp": f"2026-1{number % 2}-{day:02}T10:00:00Z",
            "timestamp": f"2026-1{number % 2}-{day:02}T10:00:05Z",
            "gateCustomParameters": {"platformPartnerId": partner},
        }
        | fields,
    )


def ids(page) -> list[str]:
    return [message.folded.message_id for message in page.messages]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_go_through_all_messages_once_and_back(feed, tenant, other_tenant, size):
    apply(feed, *(report(n) for n in range(20)), report(50, partner="baltic-ee"))
    query = MessageQuery(tenant_ids=frozenset([tenant.id]))
    whole = ids(search(query, size=100))
    assert len(whole) == 20
    sent = [m.folded.sent_at for m in search(query, size=100).messages]
    assert sent == sorted(sent, reverse=True)

    seen, page = [], search(query, size=size)
    assert page.previous_cursor is None
    while True:
        seen += ids(page)
        if page.next_cursor is None:
            break
        page = search(query, cursor=page.next_cursor, size=size)
    assert seen == whole
    back = ids(page)
    while page.previous_cursor is not None:
        page = search(query, cursor=page.previous_cursor, size=size)
        back = ids(page) + back
    assert back == whole
    assert page.next_cursor is not None


def test_messages_of_one_second_are_paged_by_their_ids(feed, tenant):
    same = {"sentTimestamp": "2026-11-05T10:00:00Z"}
    apply(feed, *(report(n, **same) for n in range(5)))
    query = MessageQuery(tenant_ids=frozenset([tenant.id]))
    first = search(query, size=2)
    second = search(query, cursor=first.next_cursor, size=2)
    third = search(query, cursor=second.next_cursor, size=2)
    assert [ids(page) for page in (first, second, third)] == [["m004", "m003"], ["m002", "m001"], ["m000"]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"number": "+358 40 1234567"}, ["m001"]),
        ({"number": "+35840123456"}, []),
        ({"ref_id": "autumn|A"}, ["m001", "m000"]),
        ({"ref_id_prefix": "autumn"}, ["m002", "m001", "m000"]),
        ({"message_id": "m002"}, ["m002"]),
        ({"message_id": "M002"}, []),
        ({"statuses": ("failed",)}, ["m003"]),
        ({"statuses": ("failed", "delivered")}, ["m003", "m002", "m001", "m000"]),
        ({"country": "FI"}, ["m001"]),
        ({"partner_id": "nr-fi"}, ["m003", "m002", "m001", "m000"]),
        ({"partner_id": "baltic-ee"}, []),
        ({"result_code": 1006}, ["m003"]),
        ({"first": date(2026, 11, 2), "last": date(2026, 11, 3)}, ["m002", "m001"]),
        ({"ref_id_prefix": "autumn", "first": date(2026, 11, 2), "statuses": ("delivered",)}, ["m002", "m001"]),
    ],
)
def test_filters_find_what_matches(feed, tenant, other_tenant, filters, found):
    def on(day: int) -> dict:
        return {"sentTimestamp": f"2026-11-0{day}T10:00:00Z", "timestamp": f"2026-11-0{day}T10:00:05Z"}

    apply(
        feed,
        report(0, refId="autumn|A", **on(1)),
        report(1, refId="autumn|A", customParameters={"destination": "+358401234567"}, **on(2)),
        report(2, refId="autumn|B", **on(3)),
        report(3, 1006, refId="winter", **on(4)),
        report(9, partner="baltic-ee", refId="autumn|A", customParameters={"destination": "+358401234567"}, **on(2)),
    )
    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), **filters))) == found


@pytest.mark.parametrize(("tenants", "found"), [(1, ["m002", "m001"]), (2, ["m004", "m003", "m002", "m001"])])
def test_days_begin_and_end_by_each_tenants_clock(feed, tenant, other_tenant, tenants, found):
    """In Helsinki 5 November lasts from 22:00 UTC to 22:00 UTC, in Stockholm, the other's zone, an hour later each."""
    Tenant.objects.filter(id=other_tenant.id).update(timezone="Europe/Stockholm")
    apply(
        feed,
        report(0, sentTimestamp="2026-11-04T21:59:59Z"),
        report(1, sentTimestamp="2026-11-04T22:00:00Z"),
        report(2, sentTimestamp="2026-11-05T21:59:59Z"),
        report(9, sentTimestamp="2026-11-05T22:00:00Z"),
        report(8, partner="baltic-ee", sentTimestamp="2026-11-04T22:59:59Z"),
        report(3, partner="baltic-ee", sentTimestamp="2026-11-05T22:00:00Z"),
        report(4, partner="baltic-ee", sentTimestamp="2026-11-05T22:59:59Z"),
    )
    tenant_ids = frozenset([tenant.id, other_tenant.id][:tenants])
    day = date(2026, 11, 5)
    assert ids(search(MessageQuery(tenant_ids=tenant_ids, first=day, last=day))) == found


def test_message_under_another_zones_day_is_found_while_it_is_counted_anew(feed, tenant):
    apply(feed, report(1, sentTimestamp="2026-11-04T22:30:00Z"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE message SET day = '2026-11-04'")  # as it was counted in UTC
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), first=date(2026, 11, 4), last=date(2026, 11, 4))
    TenantRecount.objects.create(tenant=tenant, reason="time zone changed")
    assert ids(search(query)) == ["m001"]


def test_the_wall_holds_whatever_is_asked_for(feed, tenant, other_tenant):
    apply(feed, report(1), report(2, partner="baltic-ee"))
    both = frozenset([tenant.id, other_tenant.id])
    with web_scope([tenant.id]):
        assert ids(search(MessageQuery(tenant_ids=both))) == ["m001"]
        assert find_message(tenant_ids=both, account_id=feed.account_id, message_id="m002") is None
    assert ids(search(MessageQuery(tenant_ids=both))) == ["m001", "m002"]


def test_message_comes_with_its_reports_in_order(feed, tenant):
    apply(
        feed,
        report(1, timestamp="2026-11-02T10:00:09Z"),
        report(1, 1000, timestamp="2026-11-02T10:00:01Z"),
        report(1, 1005, timestamp=None),
    )
    message = find_message(tenant_ids=frozenset([tenant.id]), account_id=feed.account_id, message_id="m001")
    assert [line.result_code for line in reports_of(message)] == [1000, 1001, 1005]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzAsMV0", encode((1, "a", 2)), (1, "a", 2), ("2026-99-01", "a", 2), "é"]
)
def test_strange_cursors_are_refused(tenant, cursor):
    if isinstance(cursor, tuple):  # as one of ours
        cursor = seal(encode(cursor), purpose="message-cursor")
    with pytest.raises(BadCursor):
        search(MessageQuery(tenant_ids=frozenset([tenant.id])), cursor=cursor)


def test_cursor_says_where_and_which_way():
    assert decode(encode(("a", 1), backwards=True), length=2) == (["a", 1], True)


@pytest.mark.parametrize(
    ("filters", "field"), [({"statuses": ("lost",)}, "status"), ({"ref_id": "a\0"}, "ref_id"), ({"size": 501}, "size")]
)
def test_impossible_filters_are_named(tenant, filters, field):
    size = filters.pop("size", 50)
    with pytest.raises(BadFilter) as error:
        search(MessageQuery(tenant_ids=frozenset([tenant.id]), **filters), size=size)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("prefix", "end"), [("ab", "ac"), ("a\U0010ffff", "b"), ("\ud7ff", "\ue000"), ("\U0010ffff", None)]
)
def test_end_of_a_prefix(prefix, end):
    assert after_prefix(prefix) == end


PLANS = [
    ("", "tenant_id_sent_at"),
    ("AND m.destination = '+358401234567'", "tenant_id_destination"),
    ("AND m.ref_id >= 'c777' AND m.ref_id < 'c778'", "tenant_id_ref_id_sent_at"),
    ("AND m.message_id = 'x7' AND m.account_id = 1", "message_id_idx"),
    ("AND m.status = 'failed' AND m.status <> 'delivered'", "tenant_id_status_sent_at"),
    ("AND m.campaign_id = 7", "tenant_id_campaign_id_sent_at"),
]


def test_plans_reach_an_index_as_the_web_role(feed, tenant):
    apply(feed, report(1))
    copy_messages(20_000, **COPIES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE message")
    plans = {}
    with web_scope([tenant.id]), connection.cursor() as cursor:
        for condition, _index in PLANS:
            cursor.execute(
                "EXPLAIN SELECT found.* FROM unnest(ARRAY[%s]) AS t (id) CROSS JOIN LATERAL (SELECT * FROM message m"
                f" WHERE m.tenant_id = t.id {condition} ORDER BY sent_at DESC, message_id DESC LIMIT 51) AS found",
                [tenant.id],
            )
            plans[condition] = "\n".join(row[0] for row in cursor.fetchall())
    assert {condition: plans[condition] for condition, index in PLANS if index not in plans[condition]} == {}


def explained(run, *, of: str = "FROM message") -> str:
    """Return the plans, as whoever the transaction is now, of the statements by which `run` reads messages."""
    with CaptureQueriesContext(connection) as asked:
        run()
    plans = []
    for query in asked.captured_queries:
        if "LATERAL" in query["sql"] and of in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
                plans += [row[0] for row in cursor.fetchall()]
    return "\n".join(plans)


INDEXES = [
    ({}, "tenant_id_sent_at"),
    ({"operator": "fi.elisa"}, "tenant_id_sent_at"),
    ({"country": "FI", "operator": "fi.elisa", "result_code": 1001}, "tenant_id_sent_at"),
    ({"statuses": ("failed", "expired")}, "tenant_id_status_sent_at"),
    ({"statuses": ("failed",), "operator": "fi.elisa"}, "tenant_id_status_sent_at"),
    ({"result_code": 1006}, "tenant_id_status_sent_at"),
    ({"statuses": ("failed", "delivered"), "operator": "fi.elisa"}, "tenant_id_sent_at"),
    ({"number": "+35840777"}, "tenant_id_destination"),
    ({"ref_id": "c777"}, "tenant_id_ref_id_sent_at"),
    ({"ref_id_prefix": "c777"}, "tenant_id_ref_id_sent_at"),
    ({"message_id": "x777"}, "message_id_idx"),
    ({"campaign": "c7"}, "tenant_id_campaign_id_sent_at"),
    ({"campaign": "c7", "variant": "B"}, "tenant_id_campaign_id_sent_at"),
]


def test_every_filter_of_the_page_reaches_an_index_as_the_web_role(feed, tenant, other_tenant):
    apply(feed, report(1))
    Campaign.objects.create(id=7, tenant=tenant, name="c7")
    Campaign.objects.create(id=8, tenant=other_tenant, name="c7")
    copy_messages(20_000, **COPIES)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE message SET operator = 'fi.elisa', country = 'FI' WHERE campaign_id < 30")
        cursor.execute("UPDATE message SET result_code = 1006 WHERE status = 'failed'")
        cursor.execute("ANALYZE message")
    repair(find_differences())
    both = frozenset([tenant.id, other_tenant.id])
    for filters, index in INDEXES:
        query = MessageQuery(tenant_ids=both, **filters)
        with web_scope(both):
            plan = explained(lambda query=query: search(query, seconds=5))

        # the partition with the messages; those without any may be read as they are
        assert (filters, index in plan, "Seq Scan on message_2026_11" in plan) == (filters, True, False), plan


def test_longest_list_of_numbers_reaches_its_index_in_each_tenant_as_the_web_role(feed, tenant, other_tenant):
    apply(feed, report(1))
    copy_messages(20_000, **COPIES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE message")
    both = frozenset([tenant.id, other_tenant.id])
    numbers = tuple(f"+35840{n}" for n in range(7000, 7000 + MAX_NUMBERS))
    of_november = {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}
    wanted = [({}, "destination", 500), (of_november, "destination", 500), ({"statuses": ("failed",)}, "status", 10)]
    for filters, index, matches in wanted:
        query = MessageQuery(tenant_ids=both, numbers=numbers, **filters)
        with web_scope(both):
            plan = explained(lambda query=query: search(query, seconds=5))
            found = search(query, size=500)

        parts = [part in plan for part in (f"tenant_id_{index}", "Seq Scan on message_2026_11")]
        assert parts == [True, False], plan
        assert len(found.messages) == matches


@pytest.mark.parametrize(("prefix", "index"), [("c7", "campaign_name_per_tenant"), ("", "campaign_by_age")])
def test_campaign_names_are_found_through_an_index_as_the_web_role(tenant, other_tenant, prefix, index):
    Campaign.objects.bulk_create(
        Campaign(tenant_id=owner.id, name=f"c{n}") for n in range(5000) for owner in (tenant, other_tenant)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_campaign")
    with web_scope([tenant.id]):
        plan = explained(
            lambda: campaign_names(tenant_ids=frozenset([tenant.id]), prefix=prefix, masking=Masking(in_full=True)),
            of="FROM campaigns_campaign",
        )

    assert (index in plan, "Seq Scan on campaigns" in plan) == (True, False), plan


def test_names_that_may_hold_a_number_are_not_offered_where_numbers_are_masked(tenant):
    for name in ("sale-20261031", "to-0407654398", "+358407654398", "week 48"):
        Campaign.objects.create(tenant=tenant, name=name)
    ids = frozenset([tenant.id])

    assert campaign_names(tenant_ids=ids, masking=Masking(in_full=False)) == ["sale-20261031", "week 48"]
    assert campaign_names(tenant_ids=ids, masking=Masking(in_full=True)) == [
        "+358407654398",
        "sale-20261031",
        "to-0407654398",
        "week 48",
    ]


def test_campaign_is_asked_for_by_its_name_in_each_tenant(feed, tenant, other_tenant):
    apply(feed, report(1, refId="sale"), report(2, partner="baltic-ee", refId="sale"), report(3, refId="news"))
    both = frozenset([tenant.id, other_tenant.id])

    assert ids(search(MessageQuery(tenant_ids=both, campaign="sale"))) == ["m001", "m002"]
    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), campaign="sale"))) == ["m001"]
    assert ids(search(MessageQuery(tenant_ids=both, campaign="sal"))) == []


def test_refids_over_the_limit_are_found_as_the_other_campaign(feed, tenant):
    apply(feed, report(1, refId="sale"), report(2, refId="news"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE message SET campaign_id = -1 WHERE message_id = 'm002'")

    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), campaign="(other)"))) == ["m002"]

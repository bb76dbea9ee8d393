"""Message Search by chosen custom parameters: what is found, at any depth, by which plan, and what is refused."""

from datetime import date
from itertools import product

import pytest
from django.db import connection
from django.db.models import Sum

from campaigns.models import RefIdScheme, SegmentKey
from deliveries.counts import segment_values
from deliveries.models import SegmentCount
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from deliveries.search.find import BadFilter, MessageQuery, search
from deliveries.search.segment_keys import rarest_key
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import NOW, apply, dlr
from tests.messages.factory import copy_messages, store_parameters
from tests.search.test_find import COPIES, explained, ids

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated")]


def report(
    id_: str, code: int = 1001, partner: str = "nr-fi", day: int = 5, ref_id: str = "sale", **parameters
) -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp=f"2026-11-{day:02}T10:00:00Z",
        timestamp=f"2026-11-{day:02}T10:00:05Z",
        refId=ref_id,
        gateCustomParameters={"platformPartnerId": partner},
        customParameters=parameters,
    )


def chosen(tenant, *keys: str) -> None:
    for key in keys:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
    run_segment_keys()


@pytest.fixture
def messages(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier", "note")
    chosen(other_tenant, "store")
    apply(
        feed,
        report("a", day=1, store="7", tier="gold", note="ä" * 200, destination="+358401234567"),
        report("b", 1006, day=2, store="7", tier="silver"),
        report("c", day=3, store="7", tier="gold", ref_id="autumn"),
        report("d", day=4, store="70", tier="gold"),
        report("e", day=5, store="7 ", tier="gold"),
        report("f", day=6, tier="gold"),
        report("other", day=7, partner="baltic-ee", store="7", tier="gold"),
    )


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"parameters": {"store": "7"}}, ["c", "b", "a"]),
        ({"parameters": {"store": "7 "}}, ["e"]),
        ({"parameters": {"store": "8"}}, []),
        ({"parameters": {"tier": "gold"}}, ["f", "e", "d", "c", "a"]),
        ({"parameters": {"store": "7", "tier": "gold"}}, ["c", "a"]),
        ({"parameters": {"note": "ä" * 200}}, ["a"]),
        ({"parameters": {"note": "ä" * 201}}, []),
        ({"parameters": {"store": "7"}, "statuses": ("failed",)}, ["b"]),
        ({"parameters": {"store": "7"}, "number": "+358401234567"}, ["a"]),
        ({"parameters": {"store": "7"}, "ref_id": "autumn"}, ["c"]),
        ({"parameters": {"store": "7"}, "campaign": "sale"}, ["b", "a"]),
        ({"parameters": {"store": "7"}, "first": date(2026, 11, 2), "last": date(2026, 11, 2)}, ["b"]),
        ({"parameters": {"tier": "gold"}, "first": date(2026, 11, 4)}, ["f", "e", "d"]),
        ({"parameters": {"store": "(none)"}}, ["f"]),
        ({"parameters": {"note": "(none)"}}, ["f", "e", "d", "c", "b"]),
        ({"parameters": {"note": "(none)", "store": "7"}}, ["c", "b"]),
        ({"parameters": {"note": "(none)", "store": "7", "tier": "gold"}}, ["c"]),
        ({"parameters": {"note": "(none)"}, "statuses": ("failed",)}, ["b"]),
        ({"parameters": {"note": "(none)"}, "campaign": "sale"}, ["f", "e", "d", "b"]),
        ({"parameters": {"note": "(none)"}, "ref_id": "autumn"}, ["c"]),
    ],
)
def test_messages_are_found_by_chosen_parameters(tenant, messages, filters, found):
    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), **filters))) == found


def test_values_beyond_the_monthly_limit_are_found_together(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_values, "MAX_VALUES", 2)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "city"])
    chosen(tenant, "store", "ref:city")
    apply(feed, report("a", day=1, store="1"), report("b", day=2, store="2", ref_id="sale|Turku"))
    apply(feed, report("c", day=3, store="3"), report("d", day=4, store="(other)"), report("e", day=5))
    apply(feed, report("f", day=6, store="ä" * 200, ref_id="sale|Turku"))
    found = {
        value: ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), parameters={"store": value})))
        for value in ("1", "3", "(other)", "(none)")
    }
    assert found == {"1": ["a"], "3": ["c"], "(other)": ["f", "d", "c"], "(none)": ["e"]}
    counted = SegmentCount.objects.filter(tenant=tenant, key="store").values_list("value").annotate(n=Sum("messages"))
    assert dict(counted) == {"1": 1, "2": 1, "(other)": 3, "(none)": 1}
    both = {"ref:city": "Turku", "store": "(other)"}
    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), parameters=both))) == ["f"]
    cities = {"ref:city": "(none)"}
    assert ids(search(MessageQuery(tenant_ids=frozenset([tenant.id]), parameters=cities))) == ["e", "d", "c", "a"]


def test_several_tenants_are_searched_where_they_have_chosen_the_keys(tenant, other_tenant, messages):
    both = frozenset([tenant.id, other_tenant.id])

    assert ids(search(MessageQuery(tenant_ids=both, parameters={"store": "7"}))) == ["other", "c", "b", "a"]
    assert ids(search(MessageQuery(tenant_ids=both, parameters={"store": "7", "tier": "gold"}))) == ["c", "a"]
    with web_scope([other_tenant.id]):
        assert ids(search(MessageQuery(tenant_ids=both, parameters={"store": "7"}))) == ["other"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {"language": "fi"},
            "custom_parameters[language]: this key cannot be searched: choose it in the settings, under Segments",
        ),
        ({"store": ""}, "custom_parameters[store]: enter a value"),
        ({"store": "a\0"}, "custom_parameters[store]: a text without the character U+0000"),
        ({"gate": "1", "note": "x"}, "custom_parameters: no tenant has chosen all of these keys"),
    ],
)
def test_what_cannot_be_searched_is_named(tenant, other_tenant, messages, parameters, said):
    chosen(other_tenant, "gate")
    both = frozenset([tenant.id, other_tenant.id])
    with pytest.raises(BadFilter) as error:
        search(MessageQuery(tenant_ids=both, parameters=parameters))
    assert str(error.value) == said


def test_key_that_is_still_being_made_is_not_searched_by_halves(tenant, messages):
    SegmentKey.objects.filter(tenant=tenant, key="tier").update(state="running", done=2, total=6)

    with pytest.raises(BadFilter) as error:
        search(MessageQuery(tenant_ids=frozenset([tenant.id]), parameters={"tier": "gold"}))

    assert str(error.value) == (
        "custom_parameters[tier]: stored messages are being indexed for this key, 33 % of the messages are"
        " done; try again later"
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_go_through_all_that_is_found_once_and_back(tenant, messages, size):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), parameters={"tier": "gold"})
    seen, page = [], search(query, size=size)
    while True:
        seen += ids(page)
        if page.next_cursor is None:
            break
        page = search(query, cursor=page.next_cursor, size=size)
    back = ids(page)
    while page.previous_cursor is not None:
        page = search(query, cursor=page.previous_cursor, size=size)
        back = ids(page) + back

    assert (seen, back) == (["f", "e", "d", "c", "a"], ["f", "e", "d", "c", "a"])


@pytest.fixture
def many(feed, tenant, other_tenant) -> list[str]:
    """20,000 messages, each with one of 400 stores and three tiers; the ids of store 7, newest first."""
    chosen(tenant, "store", "tier")
    chosen(other_tenant, "store")
    apply(feed, report("one", store="none", tier="none"))
    parameters = "jsonb_build_object('store', (n % 400)::text, 'tier', (ARRAY['gold', 'silver', 'bronze'])[1 + n % 3])"
    copy_messages(20_000, **COPIES, custom_parameters=parameters)
    store_parameters("store", "tier")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE message; ANALYZE message_parameter")
    return [f"x{n}" for n in range(20_000, 0, -1) if n % 400 == 7]


SEARCHES = [
    {"parameters": {"store": "7"}},
    {"parameters": {"tier": "gold"}},
    {"parameters": {"store": "7", "tier": "gold"}},
    {"parameters": {"store": "7"}, "statuses": ("delivered",)},
    {"parameters": {"store": "7"}, "first": date(2026, 11, 1), "last": date(2026, 11, 30)},
]


def test_every_search_reaches_the_index_of_values_as_the_web_role(tenant, other_tenant, many):
    for filters, depth in product(SEARCHES, ("first", "deep")):
        tenants = frozenset([tenant.id] if "tier" in filters["parameters"] else [tenant.id, other_tenant.id])
        query = MessageQuery(tenant_ids=tenants, **filters)
        with web_scope(tenants):
            cursor = search(query, size=10).next_cursor if depth == "deep" else None
            plan = explained(lambda query=query, cursor=cursor: search(query, cursor=cursor, size=10, seconds=5))

        wanted = ("tenant_id_key_value_sent_at", "message_id_idx")
        assert (filters, depth, [part in plan for part in wanted]) == (filters, depth, [True, True]), plan
        # nothing is gathered as a whole before it is sorted
        assert ("Seq Scan on message_2026_11" in plan, "Hash" in plan, "Presorted Key: p.sent_at" in plan) == (
            False,
            False,
            True,
        ), plan


def test_filter_that_finds_few_leads_in_place_of_a_value(tenant, many):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), number="+35840407", parameters={"tier": "bronze"})
    with web_scope([tenant.id]):
        plan = explained(lambda: search(query, seconds=5))

    assert (ids(search(query)), "tenant_id_destination" in plan) == (["x407"], "message_parameter" not in plan), plan


def test_rarest_value_leads(tenant, many):
    both = {"tier": "gold", "store": "7"}

    assert rarest_key([tenant.id], both) == "store"
    assert rarest_key([tenant.id], {"tier": "nobody's", "store": "7"}) == "tier"


def test_deep_pages_are_those_of_one_list(tenant, many, django_assert_num_queries):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), parameters={"store": "7"})
    first = search(query, size=20)
    with django_assert_num_queries(3):  # the keys, the messages, their campaigns' names
        second = search(query, cursor=first.next_cursor, size=20)
    third = search(query, cursor=second.next_cursor, size=20)

    assert [ids(page) for page in (first, second, third)] == [many[:20], many[20:40], many[40:]]
    assert third.next_cursor is None

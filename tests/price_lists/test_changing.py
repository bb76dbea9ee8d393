"""Changes of stored price lists: all or nothing, with history and the audit log."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from portal.accounts.models import AuditEntry
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.prices import changing
from reports.billing.prices.reading import content_of, traffic_of
from reports.billing.prices.rows import Content, PriceRow, from_json
from reports.models import Price, PriceChange, PriceList
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr
from tests.price_lists.conftest import JANUARY, fill

pytestmark = pytest.mark.django_db
TERMS = changing.Terms("New", "sent", "part")


def test_content_comes_back_as_it_was_stored(family, full):
    fill(family.to_child, full)

    assert content_of(family.to_child) == full


def test_change_keeps_other_rows_and_writes_history_and_audit_log(family, full):
    fill(family.to_child, full)
    ids = set(Price.objects.filter(price_list=family.to_child).values_list("pk", flat=True))
    AuditEntry.objects.all().delete()

    fill(family.to_child, full.with_row(PriceRow(45_000, date(2027, 1, 1), None, "FI")))

    kept = set(Price.objects.filter(price_list=family.to_child).values_list("pk", flat=True)) & ids
    assert len(kept) == 2  # of three: one got a last day
    changes = PriceChange.objects.filter(price_list=family.to_child).order_by("revision")
    assert [(one.revision, one.summary) for one in changes] == [
        (1, {}), (2, {"added": 1}), (3, {"changed": 1, "added": 7}), (4, {"ended": 1, "added": 1}),
    ]  # fmt: skip
    assert from_json(changes.last().content) == content_of(family.to_child)
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.tenant, entry.subject) == ("price_list.prices", family.parent, "Child's prices")
    assert entry.details == {
        "price_list": family.to_child.pk,
        "cause": "edited",
        "revision": 4,
        "rows": 2,
        "before": "FI/*/* 0.043000 from 2026-07-01",
        "after": "FI/*/* 0.043000 2026-07-01 – 2026-12-31; FI/*/* 0.045000 from 2027-01-01",
    }


def test_nothing_is_stored_of_a_content_with_an_error(family, full):
    wrong = full.with_row(PriceRow(1, date(2026, 2, 1), date(2026, 3, 1), "FI"))

    with pytest.raises(changing.Refused, match="overlap"):
        fill(family.to_child, wrong)

    assert content_of(family.to_child) == Content((PriceRow(47_000, JANUARY, None, "FI"),))
    assert family.to_child.changes.count() == 2


def test_same_content_is_no_change(family):
    fill(family.to_child, content_of(family.to_child))

    assert (family.to_child.revision, family.to_child.changes.count()) == (2, 2)


def test_content_for_an_older_revision_is_outdated(family, full):
    stale = PriceList.objects.get(pk=family.to_child.pk)
    fill(family.to_child, full)

    with pytest.raises(changing.Outdated):
        fill(stale, Content())
    changing.archive(family.to_child, actor="tests", now=NOW)
    with pytest.raises(changing.Outdated):
        fill(PriceList.objects.get(pk=family.to_child.pk), Content())


def test_list_is_for_an_own_account_or_a_customer_directly_below(family, account, tenant):
    wrong = [
        ({"account": account}, "account"), ({"customer": tenant}, "customer"),
        ({"account": family.account, "customer": family.child}, "account"), ({"customer": family.parent}, "customer"),
        ({"customer": family.child}, "exists"), ({"account": family.account}, "exists"), ({}, "exists"),
    ]  # fmt: skip
    codes = []
    for values, _code in wrong:
        with pytest.raises(changing.NoList) as raised:
            changing.create_list(issuer=family.parent, terms=TERMS, currency="EUR", actor="t", now=NOW, **values)
        codes.append(raised.value.code)

    assert codes == [code for _values, code in wrong]


def test_operator_has_lists_for_those_without_a_parent_and_for_shared_accounts(family, account, tenant):
    made = [
        changing.create_list(issuer=None, terms=TERMS, currency="EUR", actor="t", now=NOW, **values)
        for values in ({}, {"customer": tenant}, {"account": account})
    ]

    assert [(one.kind, one.customer, one.account) for one in made] == [
        ("sale", None, None), ("sale", tenant, None), ("cost", None, account),
    ]  # fmt: skip
    for values in ({"customer": family.child}, {"account": family.account}):
        with pytest.raises(changing.NoList):
            changing.create_list(issuer=None, terms=TERMS, currency="EUR", actor="t", now=NOW, **values)


@pytest.mark.parametrize(
    ("terms", "currency", "field"),
    [
        (changing.Terms("of 0401234567", "sent", "part"), "EUR", "name"),
        (changing.Terms("x", "guessed", "part"), "EUR", "basis"),
        (changing.Terms("x", "sent", "kilo"), "EUR", "per"),
        (TERMS, "euro", "currency"),
    ],
)
def test_terms_that_cannot_be_are_refused(tenant, terms, currency, field):
    with pytest.raises(ValidationError) as raised:
        changing.create_list(issuer=tenant, terms=terms, currency=currency, actor="t", now=NOW)

    assert list(raised.value.message_dict) == [field]


def test_archived_list_makes_room_for_another(family):
    assert changing.archive(family.default, actor="tests", now=NOW)
    assert not changing.archive(family.default, actor="tests", now=NOW)

    changing.create_list(issuer=family.parent, terms=TERMS, currency="SEK", actor="t", now=NOW)

    lists = PriceList.objects.filter(issuer=family.parent, customer=None, account=None).order_by("id")
    assert list(lists.values_list("currency", "archived_at")) == [("EUR", NOW), ("SEK", None)]


def test_terms_are_changed_with_an_entry_in_the_audit_log(family):
    new = changing.Terms("Child's prices", "delivered", "message")

    assert changing.change_terms(family.to_child, new, actor="tests", now=NOW)
    assert not changing.change_terms(family.to_child, new, actor="tests", now=NOW)

    entry = AuditEntry.objects.get(action="price_list.changed")
    assert entry.details == {
        "price_list": family.to_child.pk, "before": "basis sent; per part", "after": "basis delivered; per message",
    }  # fmt: skip


def test_traffic_is_that_of_whom_the_list_is_for(family, tenant, feed, account):
    own = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}}
    to_sweden = own | {"customParameters": {"destination": "+46701234567"}}
    apply(feed, dlr("m1", operator="fi.Elisa ", **own), dlr("m2", operator="", **to_sweden))
    operators = {}
    for name, values in {
        "its own": {"customer": tenant},
        "another's": {"customer": family.parent},
        "the account's": {"account": account},
        "all": {},
    }.items():
        made = changing.create_list(issuer=None, terms=TERMS, currency="EUR", actor="t", now=NOW, **values)
        traffic = traffic_of(made, NOW.date())
        operators[name] = (sorted(traffic.countries), sorted(traffic.operators))

    seen = (["FI", "SE"], ["", "FI.ELISA"])
    assert operators == {"its own": seen, "another's": ([], []), "the account's": seen, "all": seen}
    old = traffic_of(PriceList.objects.get(issuer=None, customer=None, account=None), date(2027, 11, 1))
    assert old.countries == frozenset()


@pytest.mark.parametrize("n", [1, 30])
def test_change_of_many_rows_needs_few_queries(family, n, django_assert_max_num_queries):
    rows = tuple(PriceRow(1, JANUARY, None, "FI", f"o{number}") for number in range(n))

    with django_assert_max_num_queries(25):
        fill(family.default, content_of(family.default).with_row(rows[0]) if n == 1 else Content(rows))


def test_prices_may_begin_on_any_day_and_tiers_may_not(family, full):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'tier_group'::regclass AND contype = 'c'")
        assert {"tier_group_from_first_of_month", "tier_group_to_first_of_month"} <= {name for (name,) in cursor}
    fill(family.default, Content((PriceRow(1, date(2026, 3, 17), date(2026, 3, 18), "FI"),)))
    assert content_of(family.default).prices[0].valid_from == date(2026, 3, 17)


def test_accounts_of_others_are_no_choice(family):
    other = Tenant.objects.create(slug="x", name="x")
    pool = Tenant.objects.create(slug="pool-x", name="Pool", kind="pool")
    account = GatewayAccount.objects.create(name="x", platform_id="X", pool=pool, owner=other, owner_since=NOW)

    with pytest.raises(changing.NoList, match="account"):
        changing.create_list(issuer=family.parent, terms=TERMS, currency="EUR", actor="t", now=NOW, account=account)

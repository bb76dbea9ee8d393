"""Our side of a check, read from counts and messages, is what the gateway's messages say, under every set of rules."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deliveries.models import RetentionMark
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.billing.checks import late
from reports.billing.checks.facts import read_facts
from reports.billing.checks.scope import NotChecked, read_scope
from reports.billing.proof.claims import Key, Shape
from reports.billing.proof.recounts import Lines, Recounts
from reports.billing.proof.rules import Rule, Rules
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

SHAPE = Shape(partner_id=True, country=True, operator=True)
# A message of a day that UTC counts to the month before may be known late there: the reader looks at whole days.
TOGETHER = {Rule.UTC_MONTH, Rule.CARRIED}


def recounted(carried, facts=None, without=frozenset()) -> dict[Rules, dict[Key, Lines]]:
    scope = read_scope(carried.check())
    read = facts or read_facts(scope).facts
    recounts = Recounts(read, scope.contract, SHAPE, without=without)
    return {
        rules: {key: lines for key, lines in recounts.under(rules).items() if sum(lines.values())}
        for rules in recounts.possible
        if not set(rules) >= TOGETHER
    }


@pytest.mark.parametrize(
    ("zone", "zones"),
    [
        ("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki")),
        ("Pacific/Auckland", ("Europe/Helsinki", "America/New_York")),
        ("America/Los_Angeles", ("Pacific/Kiritimati", "UTC")),
    ],
)
def test_counts_and_messages_are_the_gateways_messages(carried, zone, zones) -> None:
    of = carried(zone, zones)

    found = recounted(of)

    # nr-se is in the pool as it is at the gateway undeclared
    assert found == recounted(of, of.gateway.facts())
    recounted_rules = {rule for rules in found for rule in rules}
    assert recounted_rules >= {Rule.OTHER_UNIT, Rule.AT_CLOSE, Rule.FAILED_CHARGED, Rule.UNDECLARED_CHARGED}
    assert (Rule.UTC_MONTH in recounted_rules) == (zone != "Europe/Helsinki")  # where the border is at night


def test_prices_are_those_of_the_day(carried) -> None:
    of = carried("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki"), priced=True)

    found = recounted(of)

    assert found == recounted(of, of.gateway.facts())
    prices = {price.agreed for lines in found[()].values() for price in lines}
    assert None not in prices and len(prices) > 10


def test_reading_takes_as_many_queries_for_one_customer_as_for_a_month(carried) -> None:
    of = carried("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki"))
    scope = read_scope(of.check())

    with CaptureQueriesContext(connection) as queries:
        read_facts(scope)

    # the marks; by tenant (2 and the pool) the days and the cut days; late messages of two closes, their feeds,
    # reports and codes, and their rows
    assert len(queries) <= 1 + 3 * 2 + 2 + 4


def test_deleted_messages_leave_out_the_rules_that_need_them(carried) -> None:
    of = carried("Pacific/Auckland", ("Pacific/Auckland", "Pacific/Auckland"))
    scope = read_scope(of.check())
    whole = {
        key: sum(lines.values())
        for key, lines in Recounts(read_facts(scope).facts, scope.contract, SHAPE).under(()).items()
    }
    RetentionMark.objects.create(tenant=of.owner, messages_before="2026-11-10", hours_before=NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM delivery_report; DELETE FROM message WHERE tenant_id = %s", [of.owner.pk])

    facts = read_facts(scope)

    assert facts.without == {Rule.UTC_MONTH, Rule.AT_CLOSE, Rule.CARRIED}
    # the tenant's days are the account's: the month itself is counted as before
    found = Recounts(facts.facts, scope.contract, SHAPE, without=facts.without).under(())
    assert {key: sum(lines.values()) for key, lines in found.items()} == whole


def test_too_many_late_messages_leave_out_the_states_at_the_close(carried, monkeypatch) -> None:
    of = carried("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki"))
    monkeypatch.setattr(late, "MAX_LATE", 3)

    assert read_facts(read_scope(of.check())).without == {Rule.AT_CLOSE, Rule.CARRIED}


def test_an_account_of_another_customer_is_not_read(carried) -> None:
    of = carried("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki"))
    stranger = Tenant.objects.create(slug="stranger", name="Stranger")
    check = of.check()
    read_scope(check)

    PartnerId.objects.create(account=of.account, value="theirs", tenant=stranger, declared_at=NOW)
    with pytest.raises(NotChecked):
        read_scope(check)
    PartnerId.objects.filter(value="theirs").delete()
    GatewayAccount.objects.update(owner=stranger)
    with pytest.raises(NotChecked):
        read_scope(check)
    GatewayAccount.objects.update(owner=None, owner_since=None)
    with pytest.raises(NotChecked):
        read_scope(check)

"""Checks of definitions before they are saved."""

from datetime import date

import pytest

from campaigns.models import Campaign
from portal.accounts.access import access_of
from portal.accounts.models import Membership, Role
from reports.models import ReportDefinition
from reports.schedules.checking import WrongDefinition, check_definition

pytestmark = pytest.mark.django_db

GOOD = {"name": "Weekly", "kind": "volumes", "period": "last_week", "formats": ["xlsx"], "parameters": {}}


FIRST = date(2026, 2, 1)


def check(person, tenant, **values) -> None:
    check_definition(ReportDefinition(tenant=tenant, **GOOD | values), access_of(person, slug=tenant.slug))


def test_good_definitions(person, tenant, other_tenant):
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    check(person, tenant)
    check(person, tenant, parameters={"group_by": ["day", "country"], "filters": {"campaign": ["sale"]}})
    check(person, tenant, kind="campaign", parameters={"campaign": campaign.id, "columns": ["parts", "p95"]})
    check(person, tenant, kind="ab_test", parameters={"campaign": campaign.id, "metric": "within", "within": 30})
    search = {"statuses": ["failed"], "country": "FI"}
    columns = ["sent_at", "number", "custom_parameters[shop]"]
    check(person, tenant, kind="messages", formats=["csv"], parameters={"columns": columns, "search": search})
    check(person, tenant, kind="monthly", period="custom", first=date(2026, 2, 1), last=date(2026, 2, 28))


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "for +358401234567"}, "name", "number"),
        ({"kind": "billing"}, "kind", "unknown"),
        ({"formats": []}, "formats", "required"),
        ({"kind": "messages", "formats": ["pdf"]}, "formats", "unknown"),
        ({"kind": "monthly", "period": "yesterday"}, "period", "unknown"),
        ({"period": "custom"}, "first", "required"),
        ({"period": "custom", "first": date(2026, 2, 2), "last": date(2026, 2, 1)}, "last", "combination"),
        ({"kind": "monthly", "period": "custom", "first": FIRST, "last": date(2026, 2, 27)}, "first", "not_a_month"),
        ({"parameters": {"search": {}}}, "parameters", "unknown"),
        ({"parameters": {"columns": ["price"]}}, "columns", "unknown"),
        ({"parameters": {"filters": {"hour": [1]}}}, "filters", "unknown"),
        ({"parameters": {"filters": {"campaign": ["+358 40 123 4567"]}}}, "campaign", "number"),
        ({"parameters": {"group_by": ["day", "week", "month", "country", "operator"]}}, "group_by", "too_many"),
        ({"parameters": {"group_by": ["partner_id", "campaign"]}}, "group_by", "combination"),
        ({"kind": "campaign"}, "campaign", "required"),
        ({"kind": "campaign", "parameters": {"campaign": 999}}, "campaign", "unknown"),
        ({"kind": "segment", "parameters": {"key": "shop"}}, "key", "unknown"),
        ({"kind": "account", "parameters": {"account": 1}}, "account", "unknown"),
        ({"kind": "messages", "formats": ["csv"], "parameters": {"search": {"number": "x"}}}, "search", "unknown"),
    ],
)  # fmt: skip
def test_wrong_definition(values, field, code, person, tenant):
    with pytest.raises(WrongDefinition) as wrong:
        check(person, tenant, **values)
    assert (wrong.value.field, wrong.value.code) == (field, code)


def test_role_and_campaign_of_others(person, tenant, other_tenant):
    theirs = Campaign.objects.create(tenant=other_tenant, name="theirs")
    with pytest.raises(WrongDefinition, match="campaign"):
        check(person, tenant, kind="campaign", parameters={"campaign": theirs.id})
    Membership.objects.filter(user=person).update(role=Role.VIEWER)
    with pytest.raises(WrongDefinition, match="role"):
        check(person, tenant)

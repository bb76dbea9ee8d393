"""GET /api/v1/delivery-reports/stream/: what its parameters mean, and the forms in which it answers."""

import pytest
from django.http import QueryDict

from campaigns.models import Campaign
from deliveries.gates_outbox.matching import Filter
from deliveries.stream.api import StreamView, read_asked
from deliveries.stream.reading import Asked
from portal.accounts.access import access_of_key
from portal.api.parameters import Parameters
from portal.api.problems import BadParameter
from portal.common.masking import Masking
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PATH = "delivery-reports/stream/"


def asked_by(caller, query: str) -> Asked:
    """Return what the caller's key asks for with this query."""
    return read_asked(
        Parameters(QueryDict(query), StreamView.operations["GET"].takes),
        access_of_key(caller.key),
    )


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("", {}),
        ("final=true", {"final_only": True}),
        ("final=false", {}),
        ("status=delivered&status=failed", {"statuses": frozenset({"delivered", "failed"})}),
        ("country=FI&country=SE", {"countries": frozenset({"FI", "SE"})}),
        ("partner_id=nr-fi&partner_id=nr-se", {"partner_ids": frozenset({"nr-fi", "nr-se"})}),
        ("partner_id=nr-fi,nr-se", {"partner_ids": frozenset({"nr-fi", "nr-se"})}),
        ("ref_id_prefix=october-", {"ref_id_prefix": "october-"}),
        ("custom_parameters[shop]=7", {"parameter_key": "shop", "parameter_value": "7"}),
        ("custom_parameters[shop]=", {"parameter_key": "shop"}),
        (
            "country=FI&final=true&custom_parameters[shop]=7",
            {"countries": frozenset({"FI"}), "final_only": True, "parameter_key": "shop", "parameter_value": "7"},
        ),
    ],
)
def test_query_chooses_reports(mine, tenant, query, filters):
    assert asked_by(mine, query) == Asked(frozenset({tenant.id}), None, Filter(**filters), Masking(in_full=True))


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ("custom_parameters[shop]=7&custom_parameters[till]=2", "custom_parameters", "at most one"),
        ("custom_parameters=7", "custom_parameters", "needs a key, such as custom_parameters[key]=value"),
        ("final=yes", "final", "one of true, false"),
        ("final=true&final=false", "final", "given more than once"),
        ("campaign_id=sale", "campaign_id", "a whole number from -1 to 2147483647"),
        ("account=unknown", "account", "no account of this name that the key may see"),
        ("tenant=baltic-media", "tenant", "no tenant of this name that the key may see"),
    ],
)
def test_query_that_is_no_filter_is_refused(mine, other_tenant, query, parameter, detail):
    with pytest.raises(BadParameter) as refused:
        asked_by(mine, query)

    assert str(refused.value.detail) == f"{parameter}: {detail}"


def test_campaigns_include_those_merged_into_them(mine, tenant, other_tenant):
    spring, summer = (Campaign.objects.create(tenant=tenant, name=name) for name in ("spring", "summer"))
    merged = Campaign.objects.create(tenant=tenant, name="spring too", merged_into=spring)
    Campaign.objects.create(tenant=tenant, name="summer too", merged_into=summer)

    assert asked_by(mine, f"campaign_id={spring.id}").filter.campaign_ids == {spring.id, merged.id}
    assert asked_by(mine, f"campaign_id={merged.id}").filter.campaign_ids == {merged.id}
    assert asked_by(mine, f"campaign_id={spring.id}&campaign_id=-1").filter.campaign_ids == {spring.id, merged.id, -1}


def test_account_and_tenant_narrow_what_is_read(call, mine, whole_account, account, tenant, messages):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    both = frozenset({tenant.id, child.id})

    def place(caller, query: str) -> tuple[frozenset[int], int | None]:
        asked = asked_by(caller, query)
        return asked.tenant_ids, asked.account_id

    assert place(mine, "") == (both, None)
    assert place(mine, "account=link-main") == (both, account.id)
    assert place(mine, "tenant=child") == ({child.id}, None)
    assert place(mine, "tenant=nordic-retail&account=link-main") == ({tenant.id}, account.id)
    assert place(whole_account, "tenant=nordic-retail") == ({tenant.id}, account.id)  # never what it has elsewhere


def test_numbers_are_masked_without_their_scope(call, tenant):
    assert asked_by(call(tenant, "read"), "").masking == Masking(in_full=False)


@pytest.mark.parametrize("accepted", ["text/csv", "application/x-ndjson", "application/json", "*/*"])
def test_page_is_json_whatever_else_is_accepted(mine, messages, accepted):
    """Its events may come later than its headers, outside of Django."""
    answer = mine.client.get(f"/api/v1/{PATH}?after=oldest&size=1", headers=mine.headers | {"Accept": accepted})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json().keys() == {"data", "next_cursor", "has_more"}


@pytest.mark.parametrize("path", [PATH, "statistics/stream/"])
@pytest.mark.parametrize(("name", "value"), [("timezone", "Europe/Helsinki"), ("lang", "fi"), ("cursor", "x")])
def test_streams_have_no_parameters_of_lists(mine, path, name, value):
    answer = mine.get(path, **{name: value})

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["detail"][:27]) == (name, "unknown parameter; allowed:")


@pytest.mark.parametrize("path", [PATH, "statistics/stream/"])
def test_streams_have_no_links_to_pages(mine, messages, path):
    """A page of a stream is followed by its `next_cursor` as `after`."""
    answer = mine.get(path)

    assert (answer.status_code, "Link" in answer.headers) == (200, False)
    assert mine.get(path, after=answer.json()["next_cursor"]).status_code == 200

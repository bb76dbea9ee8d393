"""A tenant's Partner IDs page."""

import pytest

from deliveries.models import PartnerMove
from portal.tenants.models import PartnerId
from tests.conftest import NOW

URL = "/t/nordic-retail/partner-ids/"


@pytest.mark.parametrize("values", (["nr-fi"], ["nr-fi", "nr-no", "nr-se"]))
def test_partner_ids_list_needs_as_many_queries_for_one_as_for_three(
    client, account, tenant, other_tenant, viewer, values, django_assert_num_queries
):
    for value in values[1:]:
        PartnerId.objects.create(account=account, value=value, tenant=tenant, declared_at=NOW)
    for partner in PartnerId.objects.all():  # one of them the other tenant's
        PartnerMove.objects.create(tenant=partner.tenant, partner=partner, total=8, moved=2)
    client.force_login(viewer)

    with django_assert_num_queries(17):
        response = client.get(URL)

    assert [(row.partner.value, row.percent) for row in response.context["rows"]] == [(value, 25) for value in values]


@pytest.mark.parametrize(
    ("state", "moved", "text", "loads_anew"),
    [
        ("queued", 0, "About to move", True),
        ("running", 4711, "4,711 of 12,345", True),
        ("done", 12345, "12,345 messages moved", False),
        ("done", 1, "1 message moved", False),
    ],
)
def test_move_is_shown_with_its_progress(client, tenant, viewer, state, moved, text, loads_anew):
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state=state, total=12345, moved=moved)
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert (text in page, "http-equiv" in page) == (True, loads_anew)


def test_move_of_more_than_was_counted_stays_at_a_hundred(client, tenant, viewer):
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state="running", total=10, moved=12)
    client.force_login(viewer)

    assert '<progress max="100" value="100"' in client.get(URL).content.decode()


def test_page_without_partner_ids_says_how_they_come(client, tenant, viewer):
    PartnerId.objects.filter(tenant=tenant).delete()
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert ("No partner IDs yet" in page, "<table" in page) == (True, False)


def test_stranger_finds_nothing(client, tenant, stranger):
    client.force_login(stranger)

    assert client.get(URL).status_code == 404

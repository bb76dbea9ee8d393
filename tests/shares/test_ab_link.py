"""Shared links to an A/B test: made from its page, opened without an account, ended."""

from urllib.parse import parse_qs

import pytest
from django.http import QueryDict

from campaigns.models import Campaign, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from portal.shares.models import ShareLink
from reports.campaigns import ab_views
from tests.attributing.sample import event, message
from tests.deliveries.helpers import apply, dlr
from tests.shares.conftest import LINKS, make_link, opened


@pytest.fixture
def sale(feed, tenant) -> Campaign:
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    codes = {"A": [1001] * 40 + [1006] * 20, "B": [1001] * 65 + [1006] * 2}
    apply(
        feed,
        *(
            dlr(
                f"{name}{n}",
                code,
                refId=f"sale|{name}",
                sentTimestamp="2026-11-02T10:00:00Z",
                timestamp="2026-11-02T10:00:05Z",
                gateCustomParameters={"platformPartnerId": "nr-fi"},
            )
            for name, found in codes.items()
            for n, code in enumerate(found)
        ),
    )
    return Campaign.objects.get(name="sale")


def test_page_leads_to_a_link_that_shows_the_same_sentence(client, manager, tenant, sale):
    client.force_login(manager)
    page = client.get(f"/t/nordic-retail/campaigns/{sale.id}/ab/?split=50:50&metric=within&within=30")
    offered = client.get(f"{LINKS}?{page.context['share']}")
    assert offered.context["offered"] == ["A/B test of sale"]
    ab = parse_qs(page.context["share"])["ab"][0]

    answer = client.post(LINKS, {"name": "Agency", "days": "30", "ab": ab})

    assert answer.status_code == 302
    link = ShareLink.objects.get()
    assert (link.kind, QueryDict(link.query).dict()) == (
        "ab",
        {"campaign": str(sale.id), "metric": "within", "within": "30", "split": "50:50"},
    )
    token = client.get(LINKS).context["made"][1].rstrip("/").rpartition("/")[2]
    shown = opened(token)
    html = shown.content.decode()
    assert (shown.status_code, shown.context["headline"]) == (200, page.context["headline"])
    assert ("/t/nordic-retail/" in html, "<form" in html) == (False, False)


@pytest.mark.parametrize(
    ("ab", "text"),
    [
        ("campaign={other}", "There is no such campaign."),
        ("campaign=x", "There is no such campaign."),
        ("metric=within", "There is no such campaign."),
        ("campaign={sale}&within=0", "greater than or equal to 1"),
        ("campaign={sale}&a=mon", "Give refIds for two variants or more."),
        ("campaign={sale}&a=%2B358401234567&b=tue", "phone number"),
    ],
)
def test_link_that_could_not_be_followed_is_refused(client, manager, other_tenant, sale, ab, text):
    other = Campaign.objects.create(tenant=other_tenant, name="theirs")
    client.force_login(manager)

    answer = client.post(LINKS, {"name": "Agency", "days": "30", "ab": ab.format(sale=sale.id, other=other.id)})

    assert (answer.status_code, text in answer.content.decode(), ShareLink.objects.count()) == (422, True, 0)


def test_numbers_in_names_are_masked(tenant, manager, sale):
    Campaign.objects.filter(id=sale.id).update(name="to +358401234567")
    _link, token = make_link(tenant, manager, kind="ab", query=f"campaign={sale.id}")

    html = opened(token).content.decode()

    assert ("1234567" in html, "A/B test of to +358 •••••••67" in html) == (False, True)


def test_campaign_of_another_customer_closes_the_link(tenant, manager, other_tenant, sale):
    other = Campaign.objects.create(tenant=other_tenant, name="theirs")
    _link, token = make_link(tenant, manager, kind="ab", query=f"campaign={other.id}")

    assert opened(token).status_code == 404


def test_conversions_of_a_large_campaign_are_loaded_after_the_page(
    tenant, manager, feed, monkeypatch, django_capture_on_commit_callbacks
):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    apply(feed, *(message(f"m{n}", 0, f"+3584000000{n:02}", campaign=f"autumn|{'AB'[n % 2]}") for n in range(60)))
    event(tenant, "one", 3, "+358400000001")
    attribute_due()
    campaign = Campaign.objects.get(name="autumn")
    link, token = make_link(tenant, manager, kind="ab", query=f"campaign={campaign.id}&within=60")
    monkeypatch.setattr(ab_views, "MAX_AT_ONCE", 59)

    with django_capture_on_commit_callbacks(execute=True):
        page, part, whole = (
            opened(token, query_params=given, headers=headers)
            for given, headers in (
                ({}, {}),
                ({"conversions": "yes"}, {"HX-Request": "true"}),
                ({"conversions": "yes"}, {}),
            )
        )
    shown = [(answer.status_code, "No sure difference in conversions" in answer.text) for answer in (page, part, whole)]
    assert shown == [(200, False), (200, True), (200, True)]
    assert 'hx-get="?conversions=yes" hx-trigger="load"' in page.text
    assert ["<h1" in answer.text for answer in (page, part, whole)] == [True, False, True]
    assert part.headers["Cache-Control"] == "no-store, private"
    link.refresh_from_db()
    assert link.openings == 2

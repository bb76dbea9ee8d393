"""GET /api/v1/conversions/figures/: the numbers of the page, and of the list with the same parameters."""

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.attributing.attribute import attribute_due
from tests.api.conftest import call, mine, whole_account
from tests.attributing.sample import event, kind
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.pages.conftest import family
from tests.segments.sample import message, number_of

__all__ = ["call", "family", "mine", "whole_account"]

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
LATER = 24 * 60 + 30  # minutes after the start of the sample's events: half an hour after the messages
M = 1_000_000


@pytest.fixture
def events(tenant, other_tenant, family, feed, monkeypatch) -> None:
    """Four attributed events of the tenant in two campaigns, one without a message, one of its customer."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    apply(
        feed,
        *(message(f"m{n}", number=number_of(n), ref_id="sale" if n < 3 else "news") for n in range(4)),
        message("theirs", number=number_of(0), partner="baltic-ee"),
    )
    for n in range(3):
        event(tenant, f"e{n}", LATER, number_of(n), value=5 * M, currency="EUR")
    event(tenant, "e3", LATER, number_of(3), kind=kind(tenant, "sign-up"))
    event(tenant, "lost", LATER, number_of(9))
    event(family, "child", LATER, number_of(9))
    event(other_tenant, "canary-of-another", LATER, number_of(0), kind=kind(other_tenant, "canary"))
    attribute_due()


def test_numbers_are_those_of_the_page(mine, client, tenant, events):
    client.force_login(make_user("mari@example.com", tenant, "manager"))
    shown = client.get(f"/t/{tenant.slug}/conversions/", DAYS).context

    answer = mine.get("conversions/figures/", **DAYS).json()

    assert [(row["kind"], row["events"], row["attributed"], row["unattributed"]) for row in answer["kinds"]] == [
        (row.name, row.events, row.attributed, row.unattributed) for row, _values in shown["kinds"]
    ]
    assert [(row["reason"], row["text"], row["events"]) for row in answer["reasons"]] == [
        (row.code, row.text, row.events) for row in shown["reasons"]
    ]
    assert [(row["tenant"], row["events"], row["unattributed"]) for row in answer["tenants"]] == [
        (row.tenant.slug, row.events, row.unattributed) for row in shown["customers"]
    ]
    assert answer["events"] == shown["total"] == 6
    assert answer["kinds"][0]["values"] == [{"currency": "EUR", "total": "15.00"}]
    assert "canary" not in mine.get("conversions/figures/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"tenant": "nr-norge"},
        {"kind": "purchase"},
        {"campaign": "sale"},
        {"campaign": "news", "kind": "sign-up"},
        {"campaign": "none"},
        {"attributed": "yes"},
        {"attributed": "no"},
        {"reason": "no_message"},
        {"from": "2026-01-01", "to": "2026-01-02"},
    ],
)
def test_numbers_are_those_of_the_list(mine, events, query):
    listed = mine.get("conversions/", **query).json()["data"]

    answer = mine.get("conversions/figures/", **query).json()

    assert answer["events"] == len(listed) == sum(row["events"] for row in answer["tenants"])
    assert sum(row["events"] for row in answer["kinds"]) == len(listed)
    assert sum(row["events"] for row in answer["reasons"]) == sum(one["reason"] is not None for one in listed)


def test_name_of_a_merged_campaign_stands_for_the_one_that_it_is_shown_as(mine, tenant, events):
    news, sale = (Campaign.objects.get(tenant=tenant, name=name) for name in ("news", "sale"))
    assert [len(mine.get("conversions/", campaign=name).json()["data"]) for name in ("news", "sale")] == [1, 3]

    merge(campaign=news, into=sale, actor="test")

    assert [mine.get("conversions/figures/", campaign=name).json()["events"] for name in ("news", "sale")] == [4, 4]


def test_reasons_are_told_in_finnish(mine, events):
    english, finnish = (mine.get("conversions/figures/", lang=lang).json()["reasons"] for lang in ("en", "fi"))
    assert [one["reason"] for one in english] == [one["reason"] for one in finnish]
    assert {one["text"] for one in english}.isdisjoint(one["text"] for one in finnish)


def test_key_of_an_account_has_no_conversions(whole_account, events):
    assert whole_account.get("conversions/figures/").status_code == 403


def test_number_of_queries_does_not_depend_on_the_events(mine, tenant, events, django_assert_num_queries):
    for n in range(20):
        event(tenant, f"more{n}", LATER, number_of(n), kind=kind(tenant, f"kind {n}"))
    with django_assert_num_queries(18):
        mine.get("conversions/figures/", **DAYS)

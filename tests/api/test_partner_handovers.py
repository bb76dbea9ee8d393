"""/api/v1/partner-ids/ with `from`: handed over from a date, and what each side's key sees of it."""

import pytest

from deliveries.models import InboxRow
from deliveries.rederiving.moves import run_moves
from portal.accounts.models import AuditEntry
from portal.tenants.models import EarlierOwner, PartnerId, Tenant
from tests.conftest import NOW
from tests.deliveries.helpers import submission
from tests.provisioning.provisioning_helpers import from_pool

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def path() -> str:
    return f"partner-ids/{PartnerId.objects.get(value='nr-fi').id}/"


def pointers(answer) -> tuple[int, list[str]]:
    return answer.status_code, [error["pointer"] for error in answer.json()["errors"]]


def test_move_from_a_date_says_whose_it_is_when_and_what_moves(whole_account, feed, tenant, other_tenant):
    from_pool(feed, "nr-fi", messages=2)  # on 20 November

    moved = whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": "2026-11-15"})

    answer = moved.json()
    assert (moved.status_code, answer["tenant"], answer["periods"]) == (
        200,
        "baltic-parcel",
        [
            {"tenant": "nordic-retail", "from": None, "until": "2026-11-14T22:00:00Z"},
            {"tenant": "baltic-parcel", "from": "2026-11-14T22:00:00Z", "until": None},
        ],
    )
    assert answer["move"] == {"state": "queued", "total": 2, "moved": 0, "sealed": 0}
    entry = AuditEntry.objects.get(action="partner_id.declared")
    assert (entry.tenant, entry.details) == (other_tenant, {"messages": 2, "from": "2026-11-15"})


def test_date_to_come_leaves_the_tenant_of_now(whole_account, tenant, other_tenant):
    answer = whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": "2026-12-01"}).json()

    assert (answer["tenant"], answer["move"]) == ("nordic-retail", None)
    assert [period["tenant"] for period in answer["periods"]] == ["nordic-retail", "baltic-parcel"]


def test_each_key_sees_its_own_period_alone(whole_account, call, mine, tenant, other_tenant):
    whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": "2026-12-01"})
    theirs = call(other_tenant)

    seen = [key.get(path()).json() for key in (mine, theirs)]
    listed = [{row["value"] for row in key.get("partner-ids/").json()["data"]} for key in (mine, theirs)]

    assert [(row["tenant"], row["periods"]) for row in seen] == [
        ("nordic-retail", [{"tenant": "nordic-retail", "from": None, "until": "2026-11-30T22:00:00Z"}]),
        ("baltic-parcel", [{"tenant": "baltic-parcel", "from": "2026-11-30T22:00:00Z", "until": None}]),
    ]
    assert listed == [{"nr-fi"}, {"nr-fi", "baltic-ee"}]
    assert mine.post(f"{path()}move/", {"tenant": "nordic-retail", "from": "2026-11-01"}).status_code == 404


def test_partner_id_is_declared_from_a_date(whole_account, feed, tenant):
    from_pool(feed, "later", messages=2)
    body = {"value": "later", "tenant": "nordic-retail", "from": "2026-11-20"}

    first, second = (whole_account.post("partner-ids/", body) for _ in range(2))
    run_moves()

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["periods"] == [
        {"tenant": "pool-link-main", "from": None, "until": "2026-11-19T22:00:00Z"},
        {"tenant": "nordic-retail", "from": "2026-11-19T22:00:00Z", "until": None},
    ]
    assert first.json()["move"]["total"] == 2


@pytest.mark.parametrize("day", ["2026-13-01", "2026-11-1", "01.11.2026", 20261101, "", "1999-12-31", "2030-01-01"])
def test_date_that_cannot_be_is_refused_by_field(whole_account, tenant, other_tenant, day):
    move = whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": day})
    declared = whole_account.post("partner-ids/", {"value": "x", "tenant": "nordic-retail", "from": day})

    assert [pointers(answer) for answer in (move, declared)] == [(422, ["#/from"])] * 2
    assert not EarlierOwner.objects.exists()


def test_nothing_else_than_what_was_there_is_asked_without_a_date(whole_account, tenant, other_tenant):
    moved = whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": None})

    assert moved.json()["periods"] == [{"tenant": "baltic-parcel", "from": None, "until": None}]


def test_submissions_are_taken_for_the_time_of_ownership(whole_account, call, mine, tenant, other_tenant):
    whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": "2026-11-15"})
    theirs = call(other_tenant, "submit")
    old = submission("old", partner_id="nr-fi", submitted_at="2026-11-14T21:59:59Z")
    new = submission("new", partner_id="nr-fi", submitted_at="2026-11-14T22:00:00Z")

    answers = [
        key.post("messages/", body).status_code for key in (call(tenant, "submit"), theirs) for body in (old, new)
    ]

    assert answers == [202, 422, 422, 202]
    assert InboxRow.objects.count() == 2


def test_account_of_earlier_owners_is_still_known_to_their_keys(mine, whole_account, tenant, other_tenant):
    Tenant.objects.filter(id=tenant.id).update(timezone="UTC")
    whole_account.post(f"{path()}move/", {"tenant": "baltic-parcel", "from": "2026-11-15"})

    answers = [key.get("messages/?account=link-main").status_code for key in (mine, whole_account)]

    assert answers == [200, 200]

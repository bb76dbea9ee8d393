"""Campaigns described, archived, merged and separated by the REST API."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(tenant) -> Campaign:
    return Campaign.objects.create(tenant=tenant, name="sale", note="of spring", tags=["old"])


@pytest.fixture
def key(call, tenant):
    return call(tenant, "read", "campaigns")


def ask(caller, method: str, path: str, body: object = None):
    return getattr(caller.client, method)(
        f"/api/v1/campaigns/{path}", body, content_type="application/json", headers=caller.headers
    )


def test_given_fields_change_and_others_stay(key, tenant, campaign):
    make_user("manager@example.com", tenant, "manager")
    body = {
        "title": "October sale", "tags": [" news  letter", "Autumn", "NEWS LETTER"], "owner": "Manager@example.com",
        "planned_start": "2026-10-05", "planned_split": {"A": 50, "B": 25},
        "day_notes": {"2026-10-07": "b", "2026-10-06": "a"}, "archived": True, "conversion_window": 90,
    }  # fmt: skip
    changed = ask(key, "patch", f"{campaign.pk}/", body)
    answer = changed.json()
    assert changed.status_code == 200
    assert answer == {
        "id": campaign.pk, "tenant": "nordic-retail", "name": "sale", "title": "October sale", "note": "of spring",
        "tags": ["news letter", "Autumn"], "owner": "manager@example.com", "planned_start": "2026-10-05",
        "planned_split": {"A": 50, "B": 25}, "day_notes": {"2026-10-06": "a", "2026-10-07": "b"},
        "conversion_window": 90, "archived_at": answer["archived_at"], "merged_into": None,
        "created_at": answer["created_at"],
        "url": f"/api/v1/campaigns/{campaign.pk}/",
    }  # fmt: skip
    assert key.get("campaigns/").json()["data"] == [answer]

    again = ask(key, "patch", f"{campaign.pk}/", {"owner": None, "archived": False, "tags": []}).json()
    assert again == answer | {"owner": None, "archived_at": None, "tags": []}
    entries = AuditEntry.objects.filter(action="campaign.changed").order_by("id")
    assert [entry.details["fields"][-1] for entry in entries] == ["archived", "archived"]
    assert {entry.actor for entry in entries} == {str(key.key)}


REFUSED = (
    ({"title": "x" * 201}, "#/title"),
    ({"note": "call +358 40 123 4567"}, "#/note"),
    ({"tags": ["one, two"]}, "#/tags/0"),
    ({"tags": ["ok", "+358401234567"]}, "#/tags/1"),
    ({"owner": "stranger@example.com"}, "#/owner"),
    ({"planned_start": "soon"}, "#/planned_start"),
    ({"planned_split": {"A": 1}}, "#/planned_split"),
    ({"planned_split": {"A": "1", "B": 1}}, "#/planned_split/A"),
    ({"planned_split": {" ": 1, "B": 1}}, "#/planned_split/ "),
    ({"day_notes": {"6.10.2026": "x"}}, "#/day_notes/6.10.2026"),
    ({"archived": "yes"}, "#/archived"),
    ({"conversion_window": 0}, "#/conversion_window"),
    ({"conversion_window": 129_601}, "#/conversion_window"),
    ({"colour": "red"}, "#/colour"),
)


def test_what_is_refused_names_its_field(key, campaign):
    for body, pointer in REFUSED:
        answer = ask(key, "patch", f"{campaign.pk}/", body)
        assert answer.status_code == 422, body
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert not AuditEntry.objects.filter(action="campaign.changed").exists()


def test_campaign_is_merged_and_separated(key, tenant, campaign):
    into = Campaign.objects.create(tenant=tenant, name="autumn")
    path = f"{campaign.pk}/merge/"

    assert ask(key, "post", path, {"into": into.pk}).json()["merged_into"] == into.pk
    refused = ask(key, "patch", f"{campaign.pk}/", {"conversion_window": 60}).json()["errors"]
    text = f"Merged: set the window of campaign {into.pk}."
    assert refused == [{"pointer": "#/conversion_window", "detail": text}]
    assert ask(key, "post", path, {"into": into.pk}).status_code == 409
    assert ask(key, "post", f"{into.pk}/merge/", {"into": campaign.pk}).status_code == 409
    for _ in range(2):
        assert ask(key, "delete", path).json()["merged_into"] is None
    actions = AuditEntry.objects.filter(actor=str(key.key)).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["campaign.merged", "campaign.separated"]


def test_another_window_is_a_change_of_the_campaign(key, campaign):
    for minutes in (60, None):
        until = key.get("campaigns/", updated_since="2020-01-01T00:00:00Z").json()["data_as_of"]
        changed = ask(key, "patch", f"{campaign.pk}/", {"conversion_window": minutes}).json()
        assert changed["conversion_window"] == minutes
        assert [row["id"] for row in key.get("campaigns/", updated_since=until).json()["data"]] == [campaign.pk]
    actions = AuditEntry.objects.filter(actor=str(key.key)).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["campaign.window_changed", "campaign.window_removed"]


def test_keys_of_others_of_accounts_and_without_the_scope_change_nothing(
    call, key, tenant, other_tenant, account, campaign
):
    foreign = Campaign.objects.create(tenant=other_tenant, name="theirs")
    assert ask(key, "post", f"{campaign.pk}/merge/", {"into": foreign.pk}).status_code == 422
    callers = (call(other_tenant), call(account.pool, account=account), call(tenant, "read", "admin"))
    for caller, status in zip(callers, (404, 403, 403), strict=True):
        asked = [
            ask(caller, "patch", f"{campaign.pk}/", {"title": "x"}),
            ask(caller, "post", f"{campaign.pk}/merge/", {"into": campaign.pk}),
            ask(caller, "delete", f"{campaign.pk}/merge/"),
        ]
        assert [answer.status_code for answer in asked] == [status] * 3
    campaign.refresh_from_db()
    assert (campaign.title, campaign.merged_into_id) == ("", None)

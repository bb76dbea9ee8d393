"""The page on which managers describe, archive and merge a campaign."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

FILLED = {
    "title": "Autumn sale",
    "note": "To members only.",
    "tags": "newsletter,  Autumn , NEWSLETTER",
    "planned_start": "2.11.2026",
    "planned_split": "A: 50\nB: 50 %",
    "day_notes": "3.11.2026: Sent twice.\n2.11.2026: Began late.",
    "archived": "on",
}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def campaign(tenant) -> Campaign:
    return Campaign.objects.create(tenant=tenant, name="autumn-2026")


@pytest.fixture
def address(campaign) -> str:
    return f"/t/nordic-retail/campaigns/{campaign.id}"


def test_manager_saves_what_the_team_says(client, manager, campaign, address):
    client.force_login(manager)

    answer = client.post(f"{address}/details/", FILLED | {"owner": manager.id}, follow=True)

    campaign.refresh_from_db()
    assert answer.redirect_chain == [(f"{address}/details/", 302)]
    assert (campaign.title, campaign.note, campaign.tags) == (
        "Autumn sale",
        "To members only.",
        ["newsletter", "Autumn"],
    )
    assert (campaign.owner, campaign.planned_start) == (manager, date(2026, 11, 2))
    assert campaign.planned_split == {"A": 50, "B": 50}
    assert campaign.day_notes == {"2026-11-02": "Began late.", "2026-11-03": "Sent twice."}
    assert campaign.archived_at == NOW
    page = answer.content.decode()
    for text in ("The campaign was saved.", 'value="Autumn sale"', 'value="newsletter, Autumn"', "A: 50\nB: 50"):
        assert text in page
    (entry,) = AuditEntry.objects.filter(action="campaign.changed")
    assert sentence(entry) == (
        "manager@example.com changed the campaign autumn-2026. Fields: Title, Note, Tags, Owner, Planned start,"
        " Planned split, Notes on days, Archived"
    )


def test_page_saves_what_it_shows(client, manager, campaign, address):
    client.force_login(manager)
    client.post(f"{address}/details/", FILLED | {"owner": manager.id})
    form = client.get(f"{address}/details/").context["form"]
    shown = {
        field.name: field.field.widget.format_value(field.value()) or "" for field in form if field.name != "owner"
    }

    again = client.post(f"{address}/details/", shown | {"owner": manager.id, "archived": "on"}, follow=True)

    assert "Nothing was changed." in again.content.decode()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"title": "call 0401234567"}, "Leave phone numbers"),
        ({"note": "call 0401234567"}, "Leave phone numbers"),
        ({"tags": "x" * 41}, "A tag has at most 40 characters."),
        ({"tags": ",".join(f"t{n}" for n in range(21))}, "At most 20 tags."),
        ({"planned_start": "soon"}, "Planned start: “soon” is not a date."),
        ({"planned_split": "A 50"}, "“A 50”: write a variant and a whole number, such as “A: 50”."),
        ({"planned_split": "A: 50"}, "A split has 2 to 26 variants."),
        ({"planned_split": "A: 50\nA: 50"}, "The variant A is given twice."),
        ({"planned_split": "A: 0\nB: 1"}, "“A: 0”: a share is from 1 to 10000, a variant has at most 256 characters."),
        ({"day_notes": "soon: hello"}, "“soon: hello”: begin with a day"),
        ({"day_notes": "2.11.2026:"}, "“2.11.2026:”: a note has 1 to 200 characters."),
        ({"day_notes": "2.11.2026: call 0401234567"}, "Leave phone numbers"),
        ({"day_notes": "2.11.2026: a\n2026-11-02: b"}, "2026-11-02 is given twice."),
        ({"owner": "99999"}, "Select a valid choice"),
        ({"title": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_wrong_input_is_named_and_nothing_is_saved(client, manager, campaign, address, wrong, text):
    client.force_login(manager)

    answer = client.post(f"{address}/details/", FILLED | wrong)

    assert (answer.status_code, text in answer.content.decode()) == (422, True)
    campaign.refresh_from_db()
    assert (campaign.title, campaign.tags) == ("", [])


def test_owner_is_a_member_of_the_customer(client, manager, stranger, campaign, address):
    client.force_login(manager)

    answer = client.post(f"{address}/details/", {"owner": stranger.id})

    assert answer.status_code == 422


@pytest.mark.parametrize("person", ["viewer", "analyst"])
@pytest.mark.parametrize("page", ["details", "merge", "separate"])
def test_others_are_told_who_may(client, request, campaign, address, person, page):
    client.force_login(request.getfixturevalue(person))

    answer = client.post(f"{address}/{page}/", FILLED)

    assert answer.status_code == 403
    assert "Managers and owners can do this." in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.title == ""


def test_campaigns_are_merged_and_separated_on_the_page(client, manager, tenant, campaign, address):
    into = Campaign.objects.create(tenant=tenant, name="autumn")
    client.force_login(manager)

    merged = client.post(f"{address}/merge/", {"campaign": "autumn"}, follow=True).content.decode()
    campaign.refresh_from_db()
    other = client.get(f"/t/nordic-retail/campaigns/{into.id}/details/").content.decode()

    assert campaign.merged_into == into
    assert "autumn-2026 is now shown as part of autumn." in merged
    assert "This campaign is shown as part of autumn." in merged
    assert f'action="{address}/separate/"' in other
    client.post(f"{address}/separate/")
    campaign.refresh_from_db()
    assert campaign.merged_into is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no such", "There is no campaign of this name."),
        ("a\x00b", "Null characters are not allowed."),
        ("autumn-2026", "A campaign cannot be merged into itself."),
        ("", "This field is required."),
    ],
)
def test_wrong_merges_are_explained(client, manager, campaign, address, name, text):
    client.force_login(manager)

    answer = client.post(f"{address}/merge/", {"campaign": name})

    assert (answer.status_code, text in answer.content.decode()) == (422, True)


def test_address_of_no_campaign_is_not_found(client, manager, other_tenant):
    theirs = Campaign.objects.create(tenant=other_tenant, name="x")
    client.force_login(manager)

    for id_ in (theirs.id, 999_999, 2**40):
        assert client.get(f"/t/nordic-retail/campaigns/{id_}/details/?{urlencode({'x': 1})}").status_code == 404

"""Results of the palette by reader, and texts that must not reach addresses, logs or browsers."""

import json
import logging

import pytest
from django.core.cache import cache
from django.utils import timezone

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry, Membership, Role
from portal.saved_views.models import SavedView
from portal.tenants.models import PartnerId, Tenant
from tests.deliveries.helpers import apply
from tests.pages.conftest import family, messages, plain_storages
from tests.pages.searched import DIGITS, NUMBER, sent

__all__ = ["family", "messages", "plain_storages"]

pytestmark = pytest.mark.django_db

GO = "/t/nordic-retail/go/"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def no_searches_yet(db):
    cache.clear()


def asked(client, text: str, **more):
    return client.post(GO, {"q": text, **more}, headers=JSON)


def found(client, text: str) -> dict[str, list[str]]:
    """Return the texts of the results by the name of their group."""
    answer = asked(client, text).json()
    return {group["name"]: [item["text"] for item in group["items"]] for group in answer["groups"]}


OF_VIEWER = [
    "Overview",
    "Campaigns",
    "Segments",
    "Messages",
    "Reports",
    "Money leaks",
    "Partner IDs",
    "Saved views",
    "Your account",
    "REST API",
]
OF_OWNER = [
    *(
        "Overview",
        "Campaigns",
        "Segments",
        "Conversions",
        "Messages",
        "List of numbers",
        "Reports",
        "Billing",
        "Money leaks",
        "Partner IDs",
    ),
    *(
        "Gates",
        "Create a gate",
        "Settings",
        "RefIds",
        "Keys of segments",
        "Members",
        "API keys",
        "Shared links",
        "Audit log",
        "Saved views",
    ),
    *("Your account", "REST API"),
]


@pytest.mark.parametrize(("who", "pages"), [("viewer", OF_VIEWER), ("owner", OF_OWNER)])
def test_pages_are_those_that_the_role_opens(client, request, tenant, who, pages):
    client.force_login(request.getfixturevalue(who))

    items = asked(client, "").json()["groups"][0]["items"]

    assert [item["text"] for item in items] == pages
    assert {client.get(item["url"]).status_code for item in items} == {200}


def test_one_text_finds_pages_views_customers_campaigns_and_partner_ids(client, tenant, viewer, messages, family):
    Campaign.objects.create(tenant=tenant, name="Nr spring")
    SavedView.objects.create(tenant=tenant, user=viewer, page="overview", name="My nr view", query="period=7d")
    client.force_login(viewer)

    assert found(client, "nr") == {
        "Saved views": ["My nr view"],
        "Customers": ["NR Norge"],
        "Campaigns": ["Nr spring"],
        "Partner IDs": ["nr-fi", "nr-no", "nr-se"],
    }
    assert found(client, "  ADDS NOTHING ") == {}
    assert found(client, "part") == {"Pages": ["Partner IDs"]}
    groups = asked(client, "sale").json()["groups"]
    assert [(item["text"], item["url"], item["is_kept"]) for item in groups[0]["items"]] == [
        ("sale", page_of("sale"), True)
    ]


def page_of(name: str) -> str:
    return f"/t/nordic-retail/campaigns/{Campaign.objects.get(tenant__slug='nordic-retail', name=name).pk}/"


def test_campaign_of_several_customers_leads_to_their_sum(client, tenant, viewer, messages, family):
    Campaign.objects.create(tenant=Tenant.objects.get(name="NR Norge"), name="sale")
    Campaign.objects.create(
        tenant=tenant, name="sale too", merged_into=Campaign.objects.get(tenant=tenant, name="sale")
    )
    client.force_login(viewer)

    groups = asked(client, "sale").json()["groups"]

    assert [(item["text"], item["hint"], item["url"]) for item in groups[0]["items"]] == [
        ("sale", "Overview", "/t/nordic-retail/overview/?campaign=sale")
    ]


def test_message_is_found_by_its_whole_id(client, tenant, viewer, messages):
    client.force_login(viewer)

    (group,) = asked(client, "e/1+").json()["groups"]

    assert (group["name"], [item["text"] for item in group["items"]]) == ("Messages", ["e/1+"])
    assert client.get(group["items"][0]["url"]).context["row"].message_id == "e/1+"
    assert found(client, "theirs") == {}


@pytest.fixture
def canaries(tenant, other_tenant, account, feed, stranger, messages) -> None:
    """Everything that could be found, of another tenant and of another person."""
    Campaign.objects.create(tenant=other_tenant, name="canary sale")
    PartnerId.objects.create(account=account, value="canary-id", tenant=other_tenant, declared_at=timezone.now())
    SavedView.objects.create(tenant=tenant, user=stranger, page="overview", name="canary view")
    Tenant.objects.filter(pk=other_tenant.pk).update(name="canary company")
    apply(feed, sent("canary", ago=3, partner="baltic-ee", refId="canary sale"))


def test_nothing_of_another_tenant_or_person_is_found(client, canaries, owner, stranger):
    client.force_login(owner)
    assert found(client, "canary") == {}

    client.force_login(stranger)
    answer = client.post("/t/baltic-parcel/go/", {"q": "canary"}, headers=JSON).json()
    assert [group["name"] for group in answer["groups"]] == ["Campaigns", "Partner IDs", "Messages"]


def test_staff_who_view_the_tenant_find_by_its_viewers_rights(
    client, tenant, other_tenant, staff_user, messages, canaries
):
    SavedView.objects.create(tenant=tenant, user=staff_user, page="overview", name="sale of staff")
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})

    assert found(client, "sale") == {"Campaigns": ["sale"]}
    customers = asked(client, "canary").json()["groups"]
    assert [(item["text"], item["url"]) for group in customers for item in group["items"]] == [
        ("canary company", f"/admin/tenants/tenant/{other_tenant.id}/view-as/")
    ]
    assert "Audit log" not in str(found(client, ""))
    assert client.post("/t/nordic-retail/reports/make/", {"month": "2026-09"}).status_code == 403


def test_typed_number_is_offered_and_not_looked_for(client, viewer, messages):
    client.force_login(viewer)

    (group,) = asked(client, "040 765 4398").json()["groups"]

    (item,) = group["items"]
    assert (item["is_number"], item["url"], item["is_kept"]) == (True, "", False)
    assert item["text"] == "Messages to +358 40 7654398"
    assert not AuditEntry.objects.filter(action="message.number_searched").exists()


def test_viewers_search_by_number_is_recorded_limited_and_masked(client, viewer, messages, settings):
    settings.NUMBER_SEARCHES_PER_HOUR = 1
    client.force_login(viewer)

    first = client.post(GO, {"q": NUMBER, "what": "number"})
    second = client.post(GO, {"q": "+358501112222", "what": "number"})

    assert [row.message_id for row in first.context["found"].rows] == ["a"]
    assert (first.status_code, second.status_code) == (200, 429)
    assert "at most 1 phone numbers an hour" in second.content.decode()
    shown = first.content.decode().replace(f'value="{NUMBER}"', "")  # the field has what was typed
    assert DIGITS not in shown.replace(" ", "")
    entries = AuditEntry.objects.filter(action__startswith="message.number_search").order_by("id")
    assert [(entry.action, DIGITS in str(entry.details)) for entry in entries] == [
        ("message.number_searched", False),
        ("message.number_searches_limited", False),
    ]


def test_managers_search_by_number_is_a_list_without_the_number_in_the_address(client, manager, messages):
    client.force_login(manager)

    answer = client.post(GO, {"q": NUMBER, "what": "number"})
    listed = client.get(answer.url)

    assert (answer.status_code, DIGITS in answer.url) == (302, False)
    assert [row.message_id for row in listed.context["rows"]] == ["a"]


def test_staff_who_view_the_tenant_search_by_number_on_record(
    client, tenant, staff_user, messages, django_capture_on_commit_callbacks
):
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(GO, {"q": NUMBER, "what": "number"})

    assert [row.message_id for row in answer.context["found"].rows] == ["a"]
    entry = AuditEntry.objects.get(action="message.number_searched")
    assert (entry.actor, entry.tenant) == (staff_user.email, tenant)


def test_what_is_no_number_is_not_searched_as_one(client, viewer, messages):
    client.force_login(viewer)

    answer = client.post(GO, {"q": "sale", "what": "number"})

    assert (answer.status_code, "This is no phone number." in answer.content.decode()) == (422, True)


NUMBERED = "358407654398"


@pytest.mark.parametrize("who", ["viewer", "owner"])
def test_nothing_like_a_number_is_in_an_address_kept_or_logged(
    client, request, account, tenant, feed, messages, who, caplog
):
    """Campaigns, partner IDs and message ids may hold one."""
    caplog.set_level(logging.DEBUG)
    Campaign.objects.create(tenant=tenant, name=f"to {NUMBERED}")
    PartnerId.objects.create(account=account, value=NUMBERED, tenant=tenant, declared_at=timezone.now())
    apply(feed, sent(NUMBERED, ago=3, customParameters={"destination": "+4915112345678"}))
    client.force_login(request.getfixturevalue(who))

    items = [
        item for text in (NUMBERED, "to") for group in asked(client, text).json()["groups"] for item in group["items"]
    ]

    assert [item["text"] for item in items if item["is_kept"]] == [] or all(
        NUMBERED not in json.dumps(item) for item in items if item["is_kept"]
    )
    assert "The partner ID that you typed" in [item["text"] for item in items]
    (message,) = [item for item in items if item["url"].startswith("/t/nordic-retail/messages/link-main/")]
    assert client.get(message["url"]).context["row"].message_id == NUMBERED
    assert [item["url"] for item in items if NUMBERED in item["url"]] == []
    assert [record.getMessage() for record in caplog.records if NUMBERED in record.getMessage()
            and record.name.startswith("portal")] == []  # fmt: skip


def test_id_that_tells_a_hidden_number_is_not_found_by_a_viewer(client, viewer, owner, feed, messages):
    apply(feed, sent(f"x{NUMBER}", ago=3, customParameters={"destination": NUMBER}))

    names = []
    for user in (viewer, owner):
        client.force_login(user)
        names.append("Messages" in found(client, f"x{NUMBER}"))

    assert names == [False, True]


@pytest.mark.parametrize(
    ("text", "status", "problem"),
    [
        ("x" * 257, 422, "At most 256 characters can be searched."),
        ("a\0b", 422, "The text holds a sign that cannot be searched."),
    ],
)
def test_text_that_cannot_be_searched_says_why(client, viewer, text, status, problem):
    client.force_login(viewer)

    answer, page = asked(client, text), client.post(GO, {"q": text})

    assert (answer.status_code, answer.json()) == (status, {"groups": [], "problem": problem})
    assert (page.status_code, problem in page.content.decode()) == (status, True)


def test_searches_are_limited_by_person_and_minute(client, viewer, analyst, settings, tenant):
    settings.PALETTE_PER_MINUTE = 2
    client.force_login(viewer)
    statuses = [asked(client, "sale").status_code for _n in range(3)]
    client.force_login(analyst)

    assert (statuses[:2], asked(client, "sale").status_code) == ([200, 200], 200)
    assert statuses[2] in (429, 200)  # a new minute may have begun
    assert client.get(GO).status_code == 200


def test_page_without_a_script_shows_the_same(client, viewer, messages):
    client.force_login(viewer)

    page, results, number = (client.get(GO), client.post(GO, {"q": "sale"}), client.post(GO, {"q": NUMBER}))

    assert ("<h1>Go to</h1>" in page.content.decode(), 'href="/t/nordic-retail/reports/"' in page.content.decode()) == (
        True,
        True,
    )
    assert f'href="{page_of("sale")}"' in results.content.decode()
    assert '<input type="hidden" name="what" value="number">' in number.content.decode()


@pytest.mark.parametrize("n", (1, 3))
def test_query_count_is_fixed(client, tenant, viewer, n, django_assert_num_queries):
    for number in range(n):
        Campaign.objects.create(tenant=tenant, name=f"sale {number}")
        SavedView.objects.create(tenant=tenant, user=viewer, page="overview", name=f"sale {number}")
    client.force_login(viewer)
    asked(client, "sale")

    with django_assert_num_queries(24):
        answer = asked(client, "sale")

    assert [len(group["items"]) for group in answer.json()["groups"]] == [n, n]


def test_stranger_and_nobody_get_nothing(client, tenant, stranger):
    assert asked(client, "a").status_code == 302
    client.force_login(stranger)
    assert asked(client, "a").status_code == 404


def test_membership_elsewhere_leads_to_the_customer(client, tenant, other_tenant, viewer):
    Membership.objects.create(user=viewer, tenant=other_tenant, role=Role.VIEWER)
    client.force_login(viewer)

    (group,) = asked(client, "BALTIC").json()["groups"]

    assert [(item["text"], item["url"]) for item in group["items"]] == [("Baltic Parcel", "/t/baltic-parcel/overview/")]

"""Searches by whole numbers by who sees them masked: recorded each, and limited by the hour on pages and API."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from campaigns.models import SegmentKey
from portal.accounts.models import AuditEntry
from portal.common import cache as steady
from portal.settings import NUMBER_SEARCHES_PER_HOUR as PER_HOUR
from portal.tenants import api_keys
from tests.pages.searched import DIGITS, NUMBER, URL, ask

SEARCHED, LIMITED = "message.number_searched", "message.number_searches_limited"


@pytest.fixture(autouse=True)
def two_an_hour(settings):
    settings.NUMBER_SEARCHES_PER_HOUR = 2
    cache.clear()


def entries(action: str) -> list[tuple]:
    return list(AuditEntry.objects.filter(action=action).order_by("id").values_list("actor", "subject", "details"))


def number(n: int) -> str:
    return f"+35840111000{n}"


def test_viewer_searches_so_many_numbers_an_hour_and_then_reads_why_not(client, messages, viewer):
    client.force_login(viewer)

    answers = [ask(client, number=number(n)) for n in (1, 1, 2, 3)]
    again = ask(client, number=NUMBER), ask(client, number=number(2)), ask(client, variant="A")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.status_code for answer in again] == [429, 200, 200]
    assert "at most 2 phone numbers an hour" in str(answers[-1].context["form"].errors["number"])
    assert (answers[-1].context["rows"], again[0].context["rows"], len(entries(LIMITED))) == ([], [], 1)


def test_every_search_by_number_is_in_the_audit_log_without_the_number(client, messages, viewer):
    client.force_login(viewer)

    ask(client, number="040 765 4398"), ask(client, number=NUMBER), ask(client, ref_id=f"to {NUMBER}")

    found = entries(SEARCHED)
    assert [(actor, details["filter"], details["number"]) for actor, _subject, details in found] == [
        ("viewer@example.com", "number", "+358 •••••••98"),
        ("viewer@example.com", "number", "+358 •••••••98"),
        ("viewer@example.com", "ref_id", "to +358 •••••••98"),
    ]
    assert found[0][1] == found[1][1] != found[2][1]
    assert found[0][1].startswith("#") and len(found[0][1]) == 13
    assert DIGITS not in str(found)


@pytest.mark.parametrize(
    "filters",
    [{"campaign": NUMBER}, {"variant": NUMBER}, {"operator": NUMBER}, {"partner_id": NUMBER}, {"ref_id": NUMBER}],
)
def test_other_filters_that_are_a_number_count_too(client, messages, viewer, filters):
    client.force_login(viewer)
    name = next(iter(filters))

    answers = [ask(client, **{name: number(n)}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert str(NUMBER) not in str(answers[-1].context["form"].errors)


def test_default_is_60_an_hour(client, messages, viewer, settings):
    settings.NUMBER_SEARCHES_PER_HOUR = PER_HOUR
    client.force_login(viewer)

    answers = [ask(client, number=f"+3584011100{n:02}").status_code for n in range(61)]

    assert answers == [200] * 60 + [429]
    assert len(entries(SEARCHED)) == 60


FILTERS = ("number", "ref_id", "campaign", "variant", "operator", "partner_id", "custom_parameters[shop]")


@pytest.mark.parametrize("name", FILTERS)
def test_every_search_is_in_the_audit_log_from_page_overview_and_api(client, messages, viewer, tenant, settings, name):
    settings.NUMBER_SEARCHES_PER_HOUR = 9
    SegmentKey.objects.create(tenant=tenant, key="shop", state="done")
    made = {"name": "x", "created_by": "o@example.com", "now": timezone.now()}
    key, text = api_keys.create_key(tenant=tenant, scopes=("read",), **made)
    headers = {"Authorization": f"Bearer {text}"}

    with_key = [client.get("/api/v1/messages/", {name: NUMBER}, headers=headers) for _twice in range(2)]
    asked = [str(key)] * 2
    if name in ("campaign", "operator", "partner_id"):
        with_key.append(client.get("/api/v1/statistics/", {"period": "7d", name: NUMBER}, headers=headers))
        asked.append(str(key))
    client.force_login(viewer)
    by_hand = [ask(client, **{name: NUMBER, "period": "all"}), client.get(f"{URL}download/", {name: NUMBER})]
    asked += ["viewer@example.com"] * 2
    if name in ("campaign", "operator"):
        by_hand.append(client.get("/t/nordic-retail/overview/", {name: NUMBER}))
        asked.append("viewer@example.com")

    assert {answer.status_code for answer in (*with_key, *by_hand)} <= {200, 302}
    assert [actor for actor, _subject, _details in entries(SEARCHED)] == asked
    assert DIGITS not in str(entries(SEARCHED))


def test_search_of_partner_ids_in_the_administration_counts_too(client, messages, staff_user):
    client.force_login(staff_user)
    url = "/admin/tenants/partnerid/"

    pages = [client.get(url, {"q": number(n)}).content.decode() for n in range(3)]

    assert ["at most 2 phone numbers an hour" in page for page in pages] == [False, False, True]
    assert [actor for actor, _subject, _details in entries(SEARCHED)] == ["staff@example.com"] * 2


def test_overview_counts_campaigns_and_operators_that_are_numbers(client, messages, viewer):
    client.force_login(viewer)
    overview = "/t/nordic-retail/overview/"

    answers = [client.get(overview, {"campaign": number(n)}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "at most 2 phone numbers an hour" in answers[-1].content.decode()


def test_people_are_counted_apart_and_who_sees_numbers_not_at_all(client, messages, viewer, analyst, owner):
    found = {}
    for person in (viewer, analyst, owner):
        client.force_login(person)
        found[person.email] = [ask(client, number=number(n)).status_code for n in range(4)]

    assert found == {
        "viewer@example.com": [200, 200, 429, 429],
        "analyst@example.com": [200, 200, 429, 429],
        "owner@example.com": [200, 200, 200, 200],
    }
    assert {actor for actor, _subject, _details in entries(SEARCHED)} == {"viewer@example.com", "analyst@example.com"}


def test_file_of_the_list_is_not_a_way_round(client, messages, viewer):
    client.force_login(viewer)
    for n in range(2):
        ask(client, number=number(n))

    answer = client.get(f"{URL}download/", {"number": NUMBER, "period": "all"})

    assert (answer.status_code, answer.headers["Location"].startswith(URL)) == (302, True)


def test_keys_without_numbers_are_limited_and_told_when_to_go_on(client, messages, tenant):
    made = {"name": "x", "created_by": "o@example.com", "now": timezone.now()}
    keys = {s: api_keys.create_key(tenant=tenant, scopes=s, **made)[1] for s in (("read",), ("read", "numbers"))}

    found = {}
    for scopes, text in keys.items():
        headers = {"Authorization": f"Bearer {text}"}
        found[scopes] = [client.get("/api/v1/messages/", {"number": number(n)}, headers=headers) for n in range(3)] + [
            client.get("/api/v1/statistics/", {"period": "7d", "operator": number(4)}, headers=headers)
        ]

    assert [answer.status_code for answer in found["read",]] == [200, 200, 429, 429]
    assert [answer.status_code for answer in found["read", "numbers"]] == [200] * 4
    refused = found["read",][2]
    assert "at most 2 phone numbers an hour" in refused.json()["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert len(entries(SEARCHED)) == 2


def test_staff_are_limited_and_recorded_too(client, messages, staff_user, tenant):
    client.force_login(staff_user)

    answers = [client.get("/admin/messages/", {"number": number(n), "tenant": tenant.slug}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert AuditEntry.objects.filter(action=SEARCHED, tenant=tenant).count() == 2


def test_view_as_searches_are_recorded_although_nothing_may_be_written(
    client, messages, staff_user, tenant, django_capture_on_commit_callbacks
):
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})

    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(client, number=NUMBER)

    assert (answer.status_code, [row[0] for row in entries(SEARCHED)]) == (200, ["staff@example.com"])


def test_losing_redis_locks_nobody_out(client, messages, viewer, settings, monkeypatch):
    away = {"BACKEND": "portal.common.cache.SteadyCache", "LOCATION": "unix:///nowhere/redis.sock"}
    settings.CACHES = {"default": away}
    monkeypatch.setattr(steady, "_away_until", {})
    client.force_login(viewer)
    cache.clear()

    answers = [ask(client, number=number(n)).status_code for n in range(3)]

    assert answers == [200, 200, 429]
    cache.clear()
    assert ask(client, number=number(3)).status_code == 200

"""Search by number: the same notations on the page, in the API and for staff, national ones in the tenant's country."""

import pytest
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.models import Message
from portal.tenants import api_keys
from tests.deliveries.helpers import apply
from tests.pages.searched import ask, ids, sent, text_of

pytestmark = pytest.mark.django_db

NOTATIONS = [
    "+358400386588",
    "+358.40.0386588",
    "+358/400/386588",
    "+358\u2013400\u2013386588",
    "+358\u2011400\u2011386588",
    "\u202a+358 400 386588\u202c",
    "+358\u200b400386588",
    "\uff0b\uff13\uff15\uff18\uff14\uff10\uff10\uff13\uff18\uff16\uff15\uff18\uff18",
    "tel:+358-400-386588",
    "00358 400 386588",
    "+358 (0)400 386588",
    "358400386588",
]


@pytest.fixture
def by_api(client, tenant):
    _key, text = api_keys.create_key(
        tenant=tenant, account=None, scopes=["read"], name="k", created_by="o", now=timezone.now()
    )

    def get(number: str):
        return client.get("/api/v1/messages/", {"number": number}, headers={"Authorization": f"Bearer {text}"}).json()

    return get


def said(id_: str, destination: str, **fields) -> dict:
    return sent(id_, customParameters={"destination": destination}, **fields)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_is_stored_alike(feed, tenant, notation):
    apply(feed, said("a", notation))

    stored = Message.objects.filter(message_id="a").values_list("destination", "country").get()
    assert stored == ("+358400386588", "FI")


def test_every_notation_finds_what_was_stored(client, feed, tenant, manager, by_api):
    apply(feed, said("a", "+358400386588"), said("b", "+358400386589"))
    client.force_login(manager)

    for typed in [*NOTATIONS, "0400386588", "0400 386 588"]:
        assert ids(ask(client, number=typed)) == ["a"], typed
        assert [one["id"] for one in by_api(typed)["data"]] == ["a"], typed


def test_national_number_says_how_it_is_read(client, feed, tenant, manager, by_api):
    apply(feed, said("a", "+358400386588"), said("b", "0400386588"))
    client.force_login(manager)

    page = ask(client, number="0400386588")

    # What came without a country code is stored as it came, and found by the same text.
    assert ids(page) == ["b", "a"]
    assert "Read as +358 40 0386588, Finland" in text_of(page)
    assert by_api("0400386588")["number_read_as"] == {"number": "+358400386588", "country": "FI"}
    assert "Read as" not in text_of(ask(client, number="+358400386588"))
    assert by_api("+358400386588")["number_read_as"] is None


def test_without_a_country_a_national_number_is_no_number(client, feed, tenant, manager, by_api):
    apply(feed, said("a", "+358400386588"), said("b", "0400386588"))
    tenant.country = ""
    tenant.save()
    client.force_login(manager)

    page = ask(client, number="0400386588")

    assert ids(page) == ["b"]
    assert "Read as" not in text_of(page)
    assert by_api("0400386588")["number_read_as"] is None


def test_another_country_reads_another_number(client, feed, tenant, manager, by_api):
    apply(feed, said("a", "+46701234567"), said("b", "+358701234567"))
    tenant.country = "SE"
    tenant.save()
    client.force_login(manager)

    assert ids(ask(client, number="070-123 45 67")) == ["a"]
    assert by_api("070-123 45 67")["number_read_as"] == {"number": "+46701234567", "country": "SE"}


def test_staff_find_a_national_number_within_a_tenant(client, feed, tenant, staff_user):
    apply(feed, said("a", "+358400386588"))
    client.force_login(staff_user)

    within = client.get("/admin/messages/", {"tenant": tenant.slug, "number": "0400386588"})
    everywhere = client.get("/admin/messages/", {"number": "0400386588"})

    assert ([row.message_id for row in within.context_data["rows"]], everywhere.context_data["rows"]) == (["a"], [])
    assert "Read as +358 40 0386588, Finland" in text_of(within)


@pytest.mark.parametrize("notation", ["0400386588", *NOTATIONS])
def test_erasure_reads_every_notation_and_the_number_still_finds_the_message(client, feed, tenant, manager, notation):
    apply(feed, said("a", "+358400386588"), said("b", "+358400386589"))
    client.force_login(manager)

    assert erase_number(number=notation, tenant=tenant, actor="tests") == 1
    assert ids(ask(client, number="0400 386588")) == ["a"]


def test_a_number_that_cannot_be_read_makes_no_country_worse(feed, tenant):
    apply(feed, said("a", "+358401239999"), said("a", "+358.40.1239999", code=1000), said("a", "hidden", code=1005))

    assert Message.objects.values_list("destination", "country").get() == ("+358401239999", "FI")

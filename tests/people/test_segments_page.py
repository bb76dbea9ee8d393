"""The Segments page of the settings: who may choose keys, what is offered, what is refused, what is on record."""

import pytest
from django.utils import timezone

from campaigns import segments
from campaigns.models import RefIdScheme, SegmentKey
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from portal.accounts.models import AuditEntry
from tests.deliveries.helpers import apply, dlr

URL = "/t/nordic-retail/settings/segments/"

pytestmark = pytest.mark.django_db


def sent(id_: str, hour: int = 10, partner: str = "nr-fi", **parameters) -> dict:
    return dlr(
        id_,
        sentTimestamp=f"2026-11-05T{hour}:00:00Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters=parameters,
    )


def keys() -> list[tuple]:
    return sorted(SegmentKey.objects.values_list("tenant__slug", "key", "removed", "state"))


@pytest.mark.parametrize("path", ["", "progress/"])
@pytest.mark.parametrize(
    ("who", "status"), [("analyst", 403), ("viewer", 403), ("stranger", 404), ("manager", 200), ("owner", 200)]
)
def test_segments_are_for_managers(client, request, tenant, path, who, status):
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(f"{URL}{path}").status_code]
    if status != 200:
        answers += [client.post(URL, {"key": "shop"}).status_code]

    assert (set(answers), keys()) == ({status}, [])


def test_manager_chooses_and_removes_a_key_and_it_is_on_record(client, tenant, manager):
    client.force_login(manager)

    chose = client.post(URL, {"key": "shop"}, follow=True)
    run_segment_keys()
    done = client.get(f"{URL}progress/")
    removed = client.post(f"{URL}{SegmentKey.objects.get().id}/remove/", follow=True)

    assert "shop was added. You can search by it when the stored messages are indexed." in said(chose)
    assert ("every 3s" in said(chose), "every 3s" in said(done), "You can search by this key" in said(done)) == (
        True,
        False,
        True,
    )
    assert ("shop was removed from the search." in said(removed), "Being removed" in said(removed)) == (True, True)
    assert keys() == [("nordic-retail", "shop", True, "queued")]
    assert list(AuditEntry.objects.order_by("id").values_list("action", "actor", "subject", "tenant__slug")) == [
        ("segment_key.chosen", "manager@example.com", "shop", "nordic-retail"),
        ("segment_key.removed", "manager@example.com", "shop", "nordic-retail"),
    ]


def said(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("", "This field is required."),
        ("  ", "Enter a key."),
        ("x" * 65, "The key has 65 characters. The limit is 64."),
        ("destination", "“destination” is not a custom parameter. Senders and numbers are stored separately."),
        ("eleventh", "At most 10 keys. Remove another key first."),
    ],
)
def test_key_that_cannot_be_is_refused_with_its_limit(client, tenant, manager, key, error):
    for n in range(10):
        choose(tenant=tenant, key=f"k{n}", actor="manager@example.com", now=timezone.now())
    client.force_login(manager)

    response = client.post(URL, {"key": key})

    assert (response.status_code, response.context["form"].errors, len(keys())) == (422, {"key": [error]}, 10)
    assert "All 10 keys are in use. Remove one to choose another." in said(response)


def test_keys_of_recent_messages_are_offered_with_masked_examples(client, feed, tenant, other_tenant, manager):
    choose(tenant=tenant, key="chosen", actor="manager@example.com", now=timezone.now())
    apply(
        feed,
        sent("a", shop="7", phone="+358401234567", chosen="1", note="x" * 61),
        sent("b", 11, shop="8", phone="call 040 123 4567 now", empty=""),
        sent("c", 12, shop="8"),
        sent("theirs", 13, "baltic-ee", secret="x"),
    )
    client.force_login(manager)

    seen = client.get(URL).context["seen"]

    assert [(one.key, one.messages, one.values, one.examples) for one in seen] == [
        ("shop", 3, 2, ["8", "7"]),
        ("phone", 2, 2, ["call ••••••• now", "+358 •••••••67"]),
        ("note", 1, 1, ["x" * 60 + "…"]),
    ]
    assert [one.share for one in seen] == [1.0, 2 / 3, 1 / 3]  # of this customer's messages
    assert "66.7" in said(client.get(URL))


def test_labels_of_the_scheme_are_offered_and_chosen(client, feed, tenant, manager):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "city", "variant"])
    ref_ids = ("sale|Turku|A", "sale|Oulu", "x")
    apply(feed, *(sent(f"m{n}", 10 + n) | {"refId": ref_id} for n, ref_id in enumerate(ref_ids)))
    client.force_login(manager)

    seen = client.get(URL).context["seen"]
    chose = client.post(URL, {"key": "ref:city"}, follow=True)
    run_segment_keys()
    done = client.get(URL)

    found = [(one.key, one.messages, one.values, one.examples) for one in seen]
    assert found == [("ref:city", 2, 2, ["Oulu", "Turku"])]
    assert "ref:city was added." in said(chose)
    assert 'href="/t/nordic-retail/segments/?key=ref%3Acity"' in said(done)


def test_key_without_figures_says_why(client, feed, tenant, manager):
    choose(tenant=tenant, key="order", actor="manager@example.com", now=timezone.now())
    run_segment_keys()
    SegmentKey.objects.update(figures="unique")
    client.force_login(manager)

    assert "Without figures: it has nearly as many values as messages." in said(client.get(URL))
    assert "?key=order" not in said(client.get(URL))


def test_key_that_would_get_no_figures_is_marked(client, feed, tenant, manager, monkeypatch):
    monkeypatch.setattr(segments, "JUDGED_MESSAGES", 3)
    apply(feed, *(sent(f"m{n}", 10 + n, order=str(n), shop="7") for n in range(4)))
    client.force_login(manager)

    seen = {one.key: one.is_nearly_unique for one in client.get(URL).context["seen"]}

    assert seen == {"order": True, "shop": False}
    assert said(client.get(URL)).count("no figures: nearly as many values as messages") == 1


def test_key_of_another_tenant_cannot_be_removed(client, tenant, other_tenant, manager):
    key = choose(tenant=other_tenant, key="shop", actor="stranger@example.com", now=timezone.now())
    client.force_login(manager)

    assert client.post(f"{URL}{key.id}/remove/").status_code == 404
    assert keys() == [("baltic-parcel", "shop", False, "queued")]


@pytest.mark.parametrize("n", (1, 3))
def test_page_needs_as_many_queries_for_one_key_as_for_three(client, tenant, manager, n, django_assert_num_queries):
    for number in range(n):
        choose(tenant=tenant, key=f"k{number}", actor="manager@example.com", now=timezone.now())
    client.force_login(manager)

    with django_assert_num_queries(15):
        response = client.get(URL)

    assert [row.key for row in response.context["keys"]] == [f"k{number}" for number in range(n)]

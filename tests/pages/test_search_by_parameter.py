"""Messages found by custom parameters on the page: fields for chosen keys, errors, links, the file, several tenants."""

import csv

import pytest
from django.utils import timezone

from campaigns.models import SegmentKey
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from tests.deliveries.helpers import apply
from tests.pages.searched import NUMBER, URL, ask, ids, sent, text_of

pytestmark = pytest.mark.django_db


def chosen(tenant, *keys: str) -> None:
    for key in keys:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=timezone.now())
    run_segment_keys()


@pytest.fixture
def messages(feed, tenant, other_tenant):
    chosen(tenant, "shop", "a tier", "phone")
    chosen(other_tenant, "secret", "shop")
    apply(
        feed,
        sent("a", ago=9, customParameters={"destination": NUMBER, "shop": "7", "a tier": "gold", "phone": NUMBER}),
        sent("b", ago=8, customParameters={"shop": "7", "a tier": "silver"}),
        sent("c", 1006, ago=7, customParameters={"shop": " 7", "a tier": "gold", "more": "<x>"}),
        sent("theirs", ago=7, partner="baltic-ee", customParameters={"shop": "7", "secret": "x"}),
    )


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"custom_parameters[shop]": "7"}, ["b", "a"]),
        ({"custom_parameters[shop]": " 7"}, ["c"]),
        ({"custom_parameters[shop]": "7", "custom_parameters[a tier]": "gold"}, ["a"]),
        ({"custom_parameters[a tier]": "gold", "counts_as": "failed"}, ["c"]),
        ({"custom_parameters[phone]": NUMBER}, ["a"]),
        ({"custom_parameters[shop]": "", "custom_parameters[a tier]": "silver"}, None),  # by its shorter address
    ],
)
def test_list_shows_what_custom_parameters_find(client, messages, viewer, query, found):
    client.force_login(viewer)

    response = ask(client, **query)

    if found is None:
        assert (response.status_code, response["Location"]) == (302, f"{URL}?custom_parameters%5Ba+tier%5D=silver")
        return
    assert (response.status_code, ids(response), response.context["total"]) == (200, found, None)
    chips = [(chip.label, chip.words) for chip in response.context["chips"]]
    assert chips[0] == (next(iter(query))[18:-1], next(iter(query.values())))


def test_page_has_a_field_for_each_chosen_key_and_opens_them(client, messages, viewer):
    client.force_login(viewer)

    page = text_of(ask(client, **{"custom_parameters[shop]": "7"}))

    assert '<label class="form-label" for="filter_parameter_2">shop</label>' in page
    assert 'name="custom_parameters[shop]" value="7"' in page
    assert 'name="custom_parameters[a tier]"' in page
    assert ("secret" in page, '<details class="search-more" open>' in page) == (False, True)


def test_wrong_custom_parameters_are_named(client, messages, manager):
    SegmentKey.objects.filter(key="phone").update(state="running", done=1, total=4)
    client.force_login(manager)

    unknown = ask(client, **{"custom_parameters[secret]": "x"})
    making = ask(client, **{"custom_parameters[phone]": "1"})
    long = ask(client, **{"custom_parameters[shop]": "x" * 1001})

    assert [answer.status_code for answer in (unknown, making, long)] == [422, 422, 422]
    assert errors(unknown) == {
        "__all__": [
            "You cannot search by “custom_parameters[secret]”. Choose the custom parameters to search by in the"
            " settings, under Segments."
        ]
    }
    assert errors(making) == {
        "custom_parameters[phone]": ["Stored messages are being indexed for this search: 25 % done. Try again later."]
    }
    assert errors(long) == {"custom_parameters[shop]": ["Ensure this value has at most 1000 characters (it has 1001)."]}
    assert "Indexing: 25 % done." in text_of(ask(client))


def test_parent_searches_the_keys_of_all_its_tenants(client, feed, tenant, family, manager):
    chosen(tenant, "shop")
    chosen(family, "shop", "region")
    apply(
        feed,
        sent("mine", ago=9, customParameters={"shop": "7"}),
        sent("child", ago=8, partner="nr-no", customParameters={"shop": "7", "region": "Oslo"}),
    )
    client.force_login(manager)

    both = ask(client, **{"custom_parameters[shop]": "7"})
    region = ask(client, **{"custom_parameters[region]": "Oslo"})
    elsewhere = ask(client, **{"custom_parameters[region]": "Oslo", "tenant": "nordic-retail"})

    assert (ids(both), ids(region)) == (["child", "mine"], ["child"])
    assert "Only in: NR Norge." in text_of(both)
    assert errors(elsewhere) == {"custom_parameters[region]": ["Nordic Retail Oy has not chosen this key."]}


def test_keys_that_no_tenant_has_together_are_refused(client, feed, tenant, family, manager):
    chosen(tenant, "shop")
    chosen(family, "region")
    client.force_login(manager)

    response = ask(client, **{"custom_parameters[region]": "Oslo", "custom_parameters[shop]": "7"})

    assert errors(response) == {"custom_parameters[shop]": ["No customer has chosen all of these keys."]}


def test_file_has_what_the_page_shows(client, messages, manager):
    client.force_login(manager)

    response = client.get(f"{URL}download/", {"custom_parameters[shop]": "7"})

    rows = list(csv.reader(response.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    column = rows[0].index("Message id")
    assert [row[column] for row in rows[1:]] == ["b", "a"]


def test_chosen_values_of_a_message_lead_to_their_search(client, messages, viewer, manager):
    client.force_login(viewer)
    masked, plain = (addresses(client.get(f"{URL}link-main/{id_}/")) for id_ in ("a", "c"))
    found = client.get(plain["shop"])
    client.force_login(manager)
    in_full = addresses(client.get(f"{URL}link-main/a/"))

    search = f"{URL}?custom_parameters%5B"
    assert masked == {
        "shop": f"{search}shop%5D=7&period=all",
        "a tier": f"{search}a+tier%5D=gold&period=all",
        "phone": "",  # it is the number
    }
    assert plain["more"] == ""  # nobody chose it
    assert in_full["phone"] == f"{search}phone%5D=%2B358407654398&period=all"
    assert ids(found) == ["c"]


def addresses(response) -> dict[str, str]:
    return {key: address for key, _text, address in response.context["message"].searchable}


def test_managers_without_keys_are_led_to_the_settings(client, tenant, feed, manager, viewer):
    apply(feed, sent("a"))
    pages = []
    for person in (manager, viewer):
        client.force_login(person)
        pages.append("/settings/segments/" in text_of(ask(client)))

    assert pages == [True, False]


@pytest.mark.parametrize("n", (1, 3))
def test_list_by_a_parameter_needs_as_many_queries_for_one_as_for_three(
    client, feed, tenant, manager, n, django_assert_num_queries
):
    chosen(tenant, "shop", "tier", "city")
    apply(feed, *(sent(f"m{i}", ago=9 - i, customParameters={"shop": "7"}) for i in range(n)))
    client.force_login(manager)

    with django_assert_num_queries(29):
        response = ask(client, **{"custom_parameters[shop]": "7"})

    assert ids(response) == ["m2", "m1", "m0"][3 - n :]


def test_stranger_to_a_tenant_sees_none_of_its_keys(client, messages, stranger):
    client.force_login(stranger)

    page = text_of(client.get("/t/baltic-parcel/messages/"))

    assert ("a tier" in page, "custom_parameters[secret]" in page) == (False, True)

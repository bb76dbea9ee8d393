"""Conversions on a campaign's page: loaded after the rest, figures that open their events, lists in pages."""

import re

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign, ConversionEvent, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from deliveries.models import ConversionDue
from reports.campaigns import ab_views, conversions, conversions_views
from tests.api.conftest import call, mine  # noqa: F401  fixtures
from tests.attributing.sample import OTHER, apply, at, event, kind, message

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def address(part: str = "conversions/", name: str = "autumn") -> str:
    return f"/t/nordic-retail/campaigns/{Campaign.objects.get(name=name).id}/{part}"


@pytest.fixture
def bought(feed, tenant):
    apply(feed, message("a", 0), message("b", 0, OTHER), message("spring", 0, "+358400000001", campaign="spring"))
    event(tenant, "one", 3, value=12_500_000, currency="EUR")
    event(tenant, "two", 9, value=7_500_000, currency="EUR")
    event(tenant, "code", 1, kind=kind(tenant, "code confirmed", is_otp=True))
    attribute_due()


def test_page_loads_its_conversions_afterwards(client, viewer, bought):
    client.force_login(viewer)
    page = client.get(address("")).content.decode()
    assert f'hx-get="{address()}" hx-trigger="later"' in page
    assert f'<a href="{address()}">Show conversions</a>' in page
    text = words(client.get(address(), headers=PART))
    for shown in (
        "code confirmed 50.00 % of the delivered codes were confirmed 1 1 of 2 50.00 %",
        "purchase 2 1 of 2 50.00 % 9.5 % – 90.5 % 6 min 20.00 EUR 10.0000 EUR 10.0000 EUR",
    ):
        assert shown in text
    whole = client.get(address())
    assert "<h1" in whole.content.decode()
    assert "purchase 2 1 of 2" in words(whole)


def test_page_of_a_large_campaign_counts_its_recipients_after_the_rest(client, viewer, bought, monkeypatch):
    monkeypatch.setattr(conversions, "MAX_AT_ONCE", 1)
    client.force_login(viewer)
    page = client.get(address()).content.decode()

    assert f'hx-get="{address()}" hx-trigger="load"' in page
    assert "purchase" not in page
    (link,) = re.findall(r'<a href="([^"]+)">Show conversions</a>', page)
    assert "purchase 2 1 of 2 50.00 %" in words(client.get(link))
    assert "purchase 2 1 of 2 50.00 %" in words(client.get(address(), headers=PART))


def test_number_of_events_opens_as_many_rows_and_each_opens_its_message(client, viewer, bought, monkeypatch):
    monkeypatch.setattr(conversions_views, "PAGE", 1)
    client.force_login(viewer)
    links = re.findall(r'href="([^"]+/conversions/\d+/)">(\d+)<', client.get(address()).content.decode())
    assert [n for _link, n in links] == ["1", "2"]
    for link, n in links:
        rows, following = 0, "?"
        while following:
            page = client.get(link + following).content.decode()
            messages = re.findall(r'<a href="(/t/nordic-retail/messages/[^"]+)"><time', page)
            assert all(client.get(one).status_code == 200 for one in messages)
            rows += len(messages)
            following = "".join(re.findall(r'rel="next" href="[^"?]+(\?[^"]+)"', page))
        assert rows == int(n)
    assert client.get(links[0][0] + "?cursor=nonsense").status_code == 422
    assert client.get(address("conversions/999999/")).status_code == 404


def test_merged_campaign_is_shown_by_the_one_it_is_part_of(client, viewer, bought):
    merge(campaign=Campaign.objects.get(name="autumn"), into=Campaign.objects.get(name="spring"), actor="test")
    client.force_login(viewer)
    attribute_due()
    assert client.get(address()).url == address(name="spring")
    assert "purchase 2 1 of 3" in words(client.get(address(name="spring")))


def test_campaign_without_events_says_so_and_old_data_say_how_old_they_are(client, viewer, bought, tenant):
    client.force_login(viewer)
    spring = address(name="spring")
    assert words(client.get(spring, headers=PART)) == "No event is attributed to this campaign yet."
    ConversionDue.objects.create(tenant=tenant, since=at(0))
    assert "Events are attributed as of 18 Nov 2026 10:00:00." in words(client.get(spring, headers=PART))


def test_list_of_campaigns_and_api_have_the_same_numbers(client, viewer, bought, tenant):
    client.force_login(viewer)
    table = words(client.get("/t/nordic-retail/campaigns/?from=2026-11-01&to=2026-11-30"))
    assert "Conversions" in table
    narrowed = words(client.get("/t/nordic-retail/campaigns/?from=2026-11-01&to=2026-11-30&country=FI"))
    rows = re.findall(r"autumn .*? spring", table), re.findall(r"autumn .*? spring", narrowed)
    assert ConversionEvent.objects.count() == 3
    assert rows[0][0].endswith(" 3 spring")
    assert not rows[1][0].endswith(" 3 spring")


def test_ab_test_compares_conversions_on_page_and_in_the_api(
    client,
    viewer,
    feed,
    tenant,
    mine,  # noqa: F811
    monkeypatch,
):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    numbers = [f"+3584000{n:05}" for n in range(80)]
    apply(feed, *(message(f"m{n}", n % 50, to, campaign=f"autumn|{'AB'[n % 2]}") for n, to in enumerate(numbers)))
    for n in range(1, 60, 2):
        event(tenant, f"e{n}", 100, numbers[n], value=2_000_000, currency="EUR")
    attribute_due()
    client.force_login(viewer)

    text = words(client.get(address("ab/"))).replace("\N{NO-BREAK SPACE}", " ")
    api = mine.get(f"campaigns/{Campaign.objects.get(name='autumn').id}/ab/").json()["conversions"]

    assert "B converted 75.0 % of the recipients that it addressed" in text
    assert api["sentences"][0].replace("\N{NO-BREAK SPACE}", " ") in text
    assert [(v["name"], v["addressed"], v["converted"], v["revenue_per_recipient"]) for v in api["variants"]] == [
        ("A", 40, 0, 0.0), ("B", 40, 30, 1.5),
    ]  # fmt: skip
    assert (api["currency"], api["comparisons"][0]["is_sure"]) == ("EUR", True)
    other_split = mine.get(f"campaigns/{Campaign.objects.get(name='autumn').id}/ab/", split="10:90").json()
    (inconclusive,) = other_split["conversions"]["sentences"]
    assert (other_split["outcome"], inconclusive in words(client.get(address("ab/?split=10:90")))) == ("split", True)

    for metric, said in (("converted", "B converted 75.0 % of the"), ("revenue", "B brought 1.5000 EUR for each")):
        text = words(client.get(address(f"ab/?metric={metric}"))).replace("\N{NO-BREAK SPACE}", " ")
        answer = mine.get(f"campaigns/{Campaign.objects.get(name='autumn').id}/ab/", metric=metric).json()
        assert said in answer["sentence"].replace("\N{NO-BREAK SPACE}", " ")
        assert answer["sentence"].replace("\N{NO-BREAK SPACE}", " ") in text
        beside = answer["conversions"]["comparisons" if metric == "converted" else "revenue_comparisons"]
        assert [one | {"recipients": one["messages"]} for one in answer["comparisons"]] == [
            one | {"messages": one["recipients"]} for one in beside
        ]
        assert (answer["outcome"], answer["window"], answer["is_running"]) == ("winner", 86_400, False)

    monkeypatch.setattr(ab_views, "MAX_AT_ONCE", 79)  # a campaign of 80 messages is large
    page = client.get(address("ab/?metric=revenue")).content.decode()
    assert ('hx-get="?metric=revenue&amp;conversions=yes"' in page, 'id="verdict"' in page) == (True, False)
    part = client.get(address("ab/?metric=revenue&conversions=yes"), headers=PART).content.decode()
    assert ("<h1" in part, 'id="verdict">B brought' in part) == (False, True)
    page = client.get(address("ab/?within=60")).content.decode()
    (link,) = re.findall(r'hx-get="(\?[^"]+)" hx-trigger="load"', page)
    assert (link, api["sentences"][0] in page) == ("?within=60&amp;conversions=yes", False)
    part = words(client.get(address("ab/?within=60&conversions=yes"), headers=PART))
    assert part.startswith("Conversions ")
    assert api["sentences"][0].replace("\N{NO-BREAK SPACE}", " ") in part.replace("\N{NO-BREAK SPACE}", " ")
    assert api["sentences"][0] in client.get(address("ab/?within=60&conversions=yes")).content.decode()


def test_recipients_with_an_event_are_a_list_and_a_file_of_as_many_rows(client, manager, bought, tenant):
    client.force_login(manager)
    links = re.findall(
        r'<a class="quiet-link" href="([^"]+/recipients/delivered/\?event=\d+)">(\d+)</a> of',
        client.get(address()).text,
    )
    assert [n for _link, n in links] == ["1", "1"]
    for link, _n in links:
        page = client.get(link)
        assert (page.status_code, len(page.context["recipients"])) == (200, 1)
        assert "with the event “" in words(page)
        (save,) = re.findall(r'href="([^"]+/exports/table/recipients/[^"]+)"', page.text)
        assert "The list has 1 row now." in words(client.get(save))
    nobody = client.get(address("recipients/failed/?event=any&variant=B"))
    assert "The list is narrowed: variant B, with a conversion event." in words(nobody)


@pytest.mark.parametrize("query", ["event=x", "event=999999", "event=", "variant=%2B358401234567", "variant=%00"])
def test_list_of_recipients_for_what_there_is_not_is_not_found(client, manager, bought, query):
    client.force_login(manager)
    assert client.get(address(f"recipients/all/?{query}")).status_code == 404


@pytest.mark.parametrize("query", ["upload=x", "upload=999999", "of=events"])
def test_events_of_what_there_is_not_are_not_found(client, manager, bought, query):
    client.force_login(manager)
    assert client.get(f"/t/nordic-retail/conversions/events/?{query}").status_code == 404

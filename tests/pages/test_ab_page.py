"""The page of an A/B test: its sentence, its figures with the messages behind them, and what it refuses."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from campaigns.models import Campaign, RefIdScheme
from deliveries.models import Message
from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import Tenant
from reports.campaigns.ab_selectors import variants_of_campaign
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply, dlr

QUERIES = 29
LONG_AGO = "2026-11-02T10:00:00"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Friday 20 November 2026, 14:00 in Helsinki."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def scheme(tenant) -> RefIdScheme:
    return RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])


def sent(id_: str, code: int, ref_id: str, at: str = LONG_AGO, seconds: int = 5, **fields) -> dict:
    moment = timezone.datetime.fromisoformat(at) + timedelta(seconds=seconds)
    return dlr(
        id_,
        code,
        refId=ref_id,
        sentTimestamp=f"{at}Z",
        timestamp=f"{moment.isoformat()}Z",
        **{"operator": "fi.elisa", "gateCustomParameters": {"platformPartnerId": "nr-fi"}} | fields,
    )


def many(ref_id: str, delivered: int, failed: int, *, mark: str = "", **fields) -> list[dict]:
    codes = [1001] * delivered + [1006] * failed
    return [sent(f"{mark}{ref_id}{n}", code, ref_id, **fields) for n, code in enumerate(codes)]


@pytest.fixture
def sale(feed, scheme) -> Campaign:
    """B is delivered better; some messages have no variant, some are pending or unknown, some went elsewhere."""
    apply(
        feed,
        *many("sale|A", 40, 20),
        *many("sale|B", 65, 2),
        sent("pending", 1000, "sale|A"),
        sent("unknown", 1010, "sale|B"),
        sent("none", 1001, "sale"),
        sent("news", 1001, "news|A"),
        *many("sale|A", 3, 0, mark="se", operator="se.telia", customParameters={"destination": "+46701112233"}),
    )
    return Campaign.objects.get(name="sale")


def address(campaign: Campaign) -> str:
    return f"/t/nordic-retail/campaigns/{campaign.id}/ab/"


def page(client, campaign: Campaign, **query):
    answer = client.get(address(campaign), query)
    return answer, unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def headline(text: str) -> str:
    return re.search(r'id="verdict">([^<]+)', text)[1]


def test_page_says_which_variant_won(client, manager, sale):
    client.force_login(manager)
    answer, text = page(client, sale)
    assert answer.status_code == 200
    assert headline(text) == (
        "B reached 95.6 % of its recipients, 15.5 to 40.9 points more than A; with 132 messages that is no accident."
    )
    assert "1 message of this campaign has no variant and is not compared." in text
    assert "The split is not checked, because no planned one is given." in text


def test_every_linked_figure_opens_to_as_many_messages(client, manager, sale):
    client.force_login(manager)
    answer, _text = page(client, sale)
    html = answer.content.decode()
    figures = re.findall(r'<a class="quiet-link" href="([^"]+)">([\d,]+)</a>', html)
    opened = {}
    for href, text in figures:
        found = client.get(f"{unescape(href)}&size=100")
        assert found.status_code == 200
        opened[href] = (int(text.replace(",", "")), len(found.context["rows"]))
    assert len(opened) > 15
    assert {shown for shown, _listed in opened.values()} >= {0, 1, 2, 20, 43, 64, 65, 68}
    assert [pair for pair in opened.values() if pair[0] != pair[1]] == []


def test_variants_sum_to_the_messages_of_the_campaign(client, manager, sale):
    figures, without = variants_of_campaign(sale, within=60, now=NOW)
    assert {one.variant.name: one.volume.messages for one in figures} == {"A": 64, "B": 68}
    assert without == 1
    assert Message.objects.filter(campaign_id=sale.id).count() == 64 + 68 + 1
    assert [sum(volume.messages for volume in one.places.values()) for one in figures] == [64, 68]


def test_figures_stay_when_messages_are_deleted_and_count_days_before_the_campaign(feed, scheme):
    days = (NOW - timedelta(days=50), NOW - timedelta(days=40), NOW)
    stamps = [at.replace(tzinfo=None).isoformat(timespec="seconds") for at in days]
    apply(feed, *(sent(f"m{n}", 1001, f"sale|{'AB'[n % 2]}", at=at) for n, at in enumerate(stamps * 2)))
    sale = Campaign.objects.get(name="sale")
    Campaign.objects.filter(id=sale.id).update(created_at=NOW - timedelta(days=45))
    sale.refresh_from_db()
    counts = {one.variant.name: one.volume.messages for one in variants_of_campaign(sale, within=60, now=NOW)[0]}
    Message.objects.all().delete()
    left = {one.variant.name: one.volume.messages for one in variants_of_campaign(sale, within=60, now=NOW)[0]}
    assert counts == left == {"A": 3, "B": 3}


@pytest.mark.parametrize("within", [1, 10, 60, 600, 3600, 86_400])
def test_messages_that_are_old_enough_are_counted_as_one_by_one(feed, scheme, within):
    """The counts less the recent messages are what reading every message gives."""
    reports = []
    for n in range(120):
        at = NOW - timedelta(seconds=37 * n * (1 + n % 5))
        code = (1001, 1001, 1001, 1006, 1000)[n % 5]
        stamp = at.replace(tzinfo=None).isoformat(timespec="seconds")
        reports.append(sent(f"m{n}", code, f"sale|{'AB'[n % 2]}", at=stamp, seconds=(n * 7) % 200))
    apply(feed, *reports)
    sale = Campaign.objects.get(name="sale")

    figures, _without = variants_of_campaign(sale, within=within, now=NOW)

    for one in figures:
        messages = Message.objects.filter(campaign_id=sale.id, variant=one.variant.name)
        old = [m for m in messages if m.sent_at <= NOW - timedelta(seconds=within)]
        # A bucket counts as a whole, so deliveries up to 4.1% later may be in.
        fast = [m for m in old if m.delivered_at and (m.delivered_at - m.sent_at).total_seconds() <= within]
        nearly = [
            m for m in old if m.delivered_at and (m.delivered_at - m.sent_at).total_seconds() <= max(within * 1.042, 1)
        ]
        counts = one.variant.counts
        assert counts.aged == len(old)
        assert len(fast) <= counts.in_time <= len(nearly)
        assert (one.variant.first, one.variant.last) == (
            min(m.sent_at for m in messages),
            max(m.sent_at for m in messages),
        )


def test_while_it_runs_the_rate_is_of_messages_old_enough(client, manager, feed, scheme):
    early, just_now = "2026-11-20T11:00:00", "2026-11-20T11:59:30"
    apply(
        feed,
        *many("sale|A", 100, 0, at=early),
        *[sent(f"young{n}", 1000, "sale|B", just_now) for n in range(200)],
        *many("sale|B", 98, 2, at=early),
    )
    client.force_login(manager)
    _answer, text = page(client, Campaign.objects.get(name="sale"))
    assert headline(text).startswith("No sure difference yet: within 1 min A reached 100.00 % of its recipients and B")
    assert "of 100" in text  # not of 300
    assert "Always-valid 95 % interval" in text
    assert "Chance to be better" not in text


def test_metric_within_compares_speed(client, manager, feed, scheme):
    apply(feed, *many("sale|A", 100, 0, seconds=90), *many("sale|B", 100, 0))
    client.force_login(manager)
    sale = Campaign.objects.get(name="sale")
    assert headline(page(client, sale)[1]).startswith("No sure difference")
    assert headline(page(client, sale, metric="within", within="30")[1]).startswith(
        "B reached 100.00 % of its recipients within 30 s, 94.8 to 100.0 points more than A"
    )
    assert headline(page(client, sale, metric="within", within="120")[1]).startswith("No sure difference")


def test_messages_in_time_open_to_as_many(client, manager, feed, scheme):
    apply(
        feed, *many("sale|A", 7, 1, seconds=20), *many("sale|A", 5, 0, mark="slow", seconds=90), *many("sale|B", 9, 2)
    )
    client.force_login(manager)
    answer, _text = page(client, Campaign.objects.get(name="sale"), metric="within", within="30")

    links = re.findall(r'href="([^"]+delivered_within=30[^"]*)">([\d,]+)</a>', answer.content.decode())

    assert [int(n) for _href, n in links] == [7, 9]
    for href, n in links:
        found = client.get(unescape(href))
        assert (len(found.context["rows"]), found.context["total"]) == (int(n), int(n))


def test_planned_split_is_checked(client, manager, sale):
    client.force_login(manager)
    assert "The split is not checked" not in page(client, sale, split="50:50")[1]
    _answer, text = page(client, sale, split="10:90")
    assert headline(text).startswith("No conclusion is possible, because the messages are not split as planned.")
    assert "Planned were 10.0 % : 90.0 %, but the messages are A 64, B 68." in text


def test_planned_split_of_the_campaign_is_the_default(client, manager, sale):
    sale.planned_split = {"B": 90, "A": 10}
    sale.save()
    client.force_login(manager)
    _answer, text = page(client, sale)
    assert "Planned were 10.0 % : 90.0 %, but the messages are A 64, B 68." in text
    assert 'name="split" value="10:90"' in _answer.content.decode()
    assert "The split is not checked" in page(client, sale, split="")[1]
    sale.planned_split = {"B": 90, "C": 10}
    sale.save()
    assert "The split is not checked" in page(client, sale)[1]


def test_variants_by_ref_ids(client, manager, feed, tenant):
    apply(feed, *many("mon", 40, 20), *many("tue", 30, 0), *many("wed", 28, 2), sent("x", 1001, "thu"))
    client.force_login(manager)
    campaign = Campaign.objects.get(name="mon")

    answer, text = page(client, campaign, a="mon", b="tue\r\nwed")

    assert answer.status_code == 200
    assert headline(text).startswith("B reached 96.7 % of its recipients")
    html = answer.content.decode()
    links = re.findall(r'<a href="([^"]+ref_id=[^"]+)">(\w+)</a> \((\d+)\)', html)
    assert [(name, int(n)) for _href, name, n in links] == [("mon", 60), ("tue", 30), ("wed", 30)]
    for href, _name, n in links:
        assert len(client.get(f"{unescape(href)}&size=100").context["rows"]) == int(n)
    figures = re.findall(r'<a class="quiet-link" href="([^"]+)">([\d,]+)</a>', html)
    assert [int(n) for _href, n in figures] == [60, 40, 20, 0, 0]  # several refIds are no single filter
    for href, n in figures:
        assert len(client.get(f"{unescape(href)}&size=100").context["rows"]) == int(n)


def test_chosen_ref_ids_are_saved_opened_and_deleted(client, manager, viewer, feed, tenant):
    apply(feed, *many("mon", 40, 20), *many("tue", 30, 0))
    campaign = Campaign.objects.get(name="mon")
    address = f"/t/nordic-retail/campaigns/{campaign.id}/ab/"
    client.force_login(viewer)
    assert client.post(f"{address}save/", {"name": "days", "a": "mon", "b": "tue"}).status_code == 403
    client.force_login(manager)

    answer = client.post(f"{address}save/", {"name": "days", "a": "mon", "b": "tue\r\n"}, follow=True)

    assert "The comparison days was saved." in answer.content.decode()
    assert Campaign.objects.get(name="mon").comparisons == {"days": {"A": ["mon"], "B": ["tue"]}}
    client.force_login(viewer)
    html = client.get(address).content.decode()
    opened = re.search(r'<a href="([^"]+)">days</a>', html)
    assert opened and "ab/delete/" not in html
    assert headline(client.get(unescape(opened[1])).content.decode()).startswith("B reached 100.00\N{NO-BREAK SPACE}%")
    client.force_login(manager)
    assert "was deleted" in client.post(f"{address}delete/", {"name": "days"}, follow=True).content.decode()
    assert Campaign.objects.get(name="mon").comparisons == {}
    actions = AuditEntry.objects.filter(action__startswith="campaign.comparison").order_by("id")
    assert [(one.action, one.details) for one in actions] == [
        ("campaign.comparison_saved", {"name": "days"}), ("campaign.comparison_deleted", {"name": "days"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "text"),
    [
        ({"name": "", "a": "mon", "b": "tue"}, "This field is required."),
        ({"name": "days", "a": "mon"}, "Give refIds for two variants or more."),
        ({"name": "days"}, "Give refIds for two variants or more."),
        ({"name": "days", "a": "mon", "b": "mon"}, "is in two variants"),
        ({"name": "to +358401234567", "a": "mon", "b": "tue"}, "Leave phone numbers"),
        ({"name": "days", "a": "to +358401234567", "b": "tue"}, "Leave phone numbers"),
        ({"name": "x" * 101, "a": "mon", "b": "tue"}, "at most 100 characters"),
        ({"name": "one more", "a": "mon", "b": "tue"}, "at most 20"),
    ],
)
def test_comparison_that_cannot_be_saved_says_why(client, manager, tenant, posted, text):
    kept = {f"test {n}": {"A": ["x"], "B": ["y"]} for n in range(20)} if posted["name"] == "one more" else {}
    campaign = Campaign.objects.create(tenant=tenant, name="mon", comparisons=kept)
    client.force_login(manager)

    answer = client.post(f"/t/nordic-retail/campaigns/{campaign.id}/ab/save/", posted, follow=True)

    assert text in unescape(answer.content.decode())
    assert Campaign.objects.get(name="mon").comparisons == kept


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"within": "0"}, "greater than or equal to 1"),
        ({"within": "86401"}, "less than or equal to 86400"),
        ({"within": "soon"}, "Enter a whole number."),
        ({"metric": "luck"}, "Select a valid choice."),
        ({"split": "half"}, "A positive number for each variant, with colons between, such as 50:50"),
        ({"split": "0:1"}, "A positive number for each variant"),
        ({"split": "1:nan"}, "A positive number for each variant"),
        ({"split": "1:1:1"}, "The split has 3 parts, but there are 2 variants."),
        ({"a": "x"}, "Give refIds for two variants or more."),
        ({"a": "x", "b": "x"}, "The refId “x” is in two variants."),
        ({"a": "x" * 257, "b": "y"}, "A refId has at most 256 bytes."),
        ({"a": "\n".join(map(str, range(20))), "b": "y"}, "At most 20 refIds can be compared."),
        ({"a": "x\0", "b": "y"}, "Null characters are not allowed."),
        ({"rate": "100"}, "A number from 0 to under 100"),
        ({"gain": "0"}, "A number from 0.01 to 100"),
        ({"rate": "99", "gain": "2"}, "The rate and the gain are more than 100 % together."),
        ({"size": "1"}, "greater than or equal to 2"),
        ({"rate": "1e999"}, "A number from 0 to under 100"),
    ],
)
def test_wrong_parameter_is_named_and_the_page_still_shows_the_rest(client, manager, sale, query, text):
    client.force_login(manager)
    answer, shown = page(client, sale, **query)
    assert answer.status_code == 422
    assert text in shown
    assert headline(shown).startswith("B reached 95.6 %")


def test_calculator_answers_both_ways_with_comma_or_point(client, manager, sale):
    client.force_login(manager)
    for rate in ("90.5", "90,5"):
        answer, text = page(client, sale, rate=rate, gain="1.5", size="4000")
        assert answer.status_code == 200
        assert "Each variant needs 5,571 messages." in text
        assert "So many messages of each variant find a gain of 1.76 pt or more." in text
    assert "So few messages find no gain, however large." in page(client, sale, rate="97", gain="1", size="30")[1]


@pytest.mark.parametrize("metric", ["converted", "revenue"])
def test_calculator_is_of_recipients_where_they_are_compared(client, manager, sale, metric):
    client.force_login(manager)
    _answer, text = page(client, sale, metric=metric, rate="90.5", gain="1.5", size="4000")
    for said in (
        "How many recipients does a test need?",
        "Recipients of each variant",
        "Each variant needs 5,571 recipients.",
        "So many recipients of each variant find a gain of 1.76 pt or more.",
        "Events of all kinds count.",
    ):
        assert said in text
    assert "Each variant needs 5,571 messages." not in text
    assert ("Calculated by the share of recipients with a conversion" in text) == (metric == "revenue")
    few = page(client, sale, metric=metric, rate="97", gain="1", size="30")[1]
    assert "So few recipients find no gain, however large." in few


def test_campaign_without_variants(client, manager, feed, tenant):
    apply(feed, sent("x", 1001, "plain"))
    client.force_login(manager)
    answer, text = page(client, Campaign.objects.get(name="plain"))
    assert answer.status_code == 200
    assert headline(text) == "No message of this campaign has a variant yet, so there is nothing to compare."
    assert "1 message of this campaign has no variant" not in text


def test_one_variant_and_few_messages(client, manager, feed, scheme):
    apply(feed, *many("one|A", 5, 0), *many("few|A", 5, 0), *many("few|B", 5, 0))
    client.force_login(manager)
    assert headline(page(client, Campaign.objects.get(name="one"))[1]).startswith("A is the only variant")
    assert headline(page(client, Campaign.objects.get(name="few"))[1]).startswith("Not enough yet")


def test_more_variants_than_are_compared(client, manager, feed, scheme):
    apply(feed, *[sent(f"m{n}", 1001, f"sale|{n}") for n in range(21)])
    client.force_login(manager)
    answer, text = page(client, Campaign.objects.get(name="sale"))
    assert answer.status_code == 200
    assert "This campaign has 21 variants; at most 20 can be compared. Choose some by their refIds." in text


def test_of_many_variants_the_pairs_of_the_best_are_shown(client, manager, feed, scheme):
    apply(feed, *[one for n in range(5) for one in many(f"sale|{n}", 30 + n, 4 - n)])
    client.force_login(manager)
    _answer, text = page(client, Campaign.objects.get(name="sale"))
    assert re.findall(r'<th scope="row">(\d against \d)</th>', text) == [f"4 against {n}" for n in (3, 2, 1, 0)]
    assert "6 pairs without the best variant are not shown." in text
    assert "The p-values are adjusted for 10 comparisons (Holm)." in text


def test_mix_of_operators_is_shown_beside_the_raw_difference(client, manager, feed, scheme):
    apply(
        feed,
        *many("sale|A", 95, 5, mark="e"),
        *many("sale|A", 8, 12, mark="t", operator="fi.telia"),
        *many("sale|B", 19, 1, mark="e"),
        *many("sale|B", 40, 60, mark="t", operator="fi.telia"),
    )
    client.force_login(manager)
    _answer, text = page(client, Campaign.objects.get(name="sale"))
    assert headline(text).startswith("A reached more of its recipients than B, but they went to different countries")
    assert "In the same countries and operators" in text
    assert "The variants went to countries or operators in different shares" in text


def test_campaign_of_another_customer_is_not_found(client, stranger, sale):
    client.force_login(stranger)
    assert client.get(address(sale)).status_code == 404
    assert client.get(f"/t/baltic-parcel/campaigns/{sale.id}/ab/").status_code == 404


def test_no_such_campaign(client, manager, sale):
    client.force_login(manager)
    for id_ in (0, 2**31, 10**30):
        assert client.get(f"/t/nordic-retail/campaigns/{id_}/ab/").status_code == 404


def test_parent_opens_its_childs_test(client, sale, tenant):
    parent = Tenant.objects.create(slug="nordic-group", name="Nordic Group", timezone="Europe/Helsinki")
    Tenant.objects.filter(id=tenant.id).update(parent=parent)
    client.force_login(make_user("group@example.com", parent, Role.MANAGER))
    answer = client.get(f"/t/nordic-group/campaigns/{sale.id}/ab/")
    assert answer.status_code == 200
    href, text = re.search(r'<a class="quiet-link" href="([^"]+)">(\d+)</a>', answer.content.decode()).groups()
    assert len(client.get(f"{unescape(href)}&size=100").context["rows"]) == int(text)


def test_names_with_numbers_are_masked_and_open_nothing(client, viewer, feed, scheme):
    number = "+46701112233"
    apply(feed, *many(f"to {number}|A", 40, 0), *many(f"to {number}|{number}", 35, 0))
    client.force_login(viewer)
    answer, text = page(client, Campaign.objects.get(name=f"to {number}"))
    assert answer.status_code == 200
    assert "1112233" not in text
    assert "+46 •" in text
    assert "quiet-link" not in text


def test_ref_ids_with_numbers_are_searches_by_number(client, viewer, feed, sale, settings):
    settings.NUMBER_SEARCHES_PER_HOUR = 1
    client.force_login(viewer)
    assert page(client, sale, a="+46701112233", b="x")[0].status_code == 200
    assert AuditEntry.objects.filter(action__contains="number").count() == 1
    answer, text = page(client, sale, a="+46701112244", b="x")
    assert answer.status_code == 429
    assert "Limit reached" in text
    assert headline(text).startswith("B reached 95.6 %")


def test_page_needs_few_queries(client, manager, sale, django_assert_num_queries):
    client.force_login(manager)
    page(client, sale)
    with django_assert_num_queries(QUERIES):
        page(client, sale)


def test_page_in_finnish(client, manager, sale):
    client.force_login(manager)
    client.cookies["language"] = "fi"
    _answer, text = page(client, sale, split="50:50")
    assert headline(text).startswith("B tavoitti 95,6 % vastaanottajistaan, 15,5–40,9 prosenttiyksikköä enemmän kuin A")
    assert "A/B-testi" in text

"""Recipients of an A/B test's variants against counting them one by one, and when their figures are mature."""

import random
from collections import defaultdict
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.merging import ids_shown_as, merge
from campaigns.models import Campaign, ConversionEvent, RefIdScheme
from campaigns.statistics import Sums
from deliveries.attributing.attribute import attribute_due
from deliveries.attributing.windows import longest_window
from deliveries.models import ConversionDue, ConversionWindow, Message
from portal.common.masking import Masking
from portal.tenants.scope import web_scope
from reports.campaigns.ab_figures import Metric, Recipients
from reports.campaigns.ab_recipients import Chosen, VariantRecipients, recipients_of_variants
from reports.campaigns.ab_result import AbQuery, ab_result
from tests.attributing.sample import OTHER, apply, at, event, kind, message

pytestmark = pytest.mark.django_db

M = 1_000_000
NUMBERS = [f"+35840123{n:04}" for n in range(30)] + [f"+46701112{n:03}" for n in range(10)]


@pytest.fixture
def sold(feed, tenant) -> Campaign:
    """Some hundred messages of two variants, many recipients with several, some without a number, and events."""
    randomness = random.Random(7)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    reports = []
    for n in range(160):
        minute = n * 20
        number = "NO-2333" if n % 11 == 0 else randomness.choice(NUMBERS)
        code = randomness.choice((1001, 1001, 1001, 1006, 1000))
        operator = ("fi.elisa", "fi.telia", "")[n % 3]
        reports.append(
            message(f"m{n}", minute, number, code=code, campaign=f"sale|{'AB'[n % 2]}") | {"operator": operator}
        )
    apply(feed, *reports, message("other", 5, NUMBERS[0], campaign="news|A"))
    for n in range(60):
        more = {"value": randomness.randrange(1, 50) * M, "currency": "EUR"} if n % 4 else {}
        event(tenant, f"e{n}", randomness.randrange(3600), randomness.choice(NUMBERS), **more)
    account = Message.objects.get(message_id="m0").account_id
    for n in (0, 11, 22, 44):  # messages without a readable number; one of them twice
        for again in range(1 + (n == 0)):
            event(tenant, f"of {n} {again}", n * 20 + 60 * 30 * again, None, message_id=f"m{n}", account_id=account)
    ConversionWindow.objects.create(tenant=tenant, minutes=600)
    attribute_due()
    return Campaign.objects.get(name="sale")


def counted(campaign: Campaign, now, *variants: str) -> dict:
    """Count the recipients of each variant and place one by one; of these variants."""
    events = defaultdict(list)
    for one in ConversionEvent.objects.exclude(attributed_message_id=None):
        events[one.attributed_message_id].append(one)
    groups = defaultdict(list)
    for one in Message.objects.filter(campaign_id=campaign.id, variant__in=variants):
        groups[one.variant, bytes(one.recipient_key) if one.recipient_key else one.message_id].append(one)
    window = timedelta(minutes=600)
    found = defaultdict(lambda: defaultdict(Recipients))
    for (variant, _key), messages in groups.items():
        place = max(one.country for one in messages), max(one.operator for one in messages)
        own = [(one, e) for one in messages for e in events[one.message_id]]
        value = sum(e.value or 0 for _one, e in own)
        in_time = [e for one, e in own if e.occurred_at - one.sent_at <= window]
        is_aged = max(one.sent_at for one in messages) <= now - window
        early = sum(e.value or 0 for e in in_time)
        found[variant][place] += Recipients(
            addressed=1,
            converted=bool(own),
            aged=is_aged,
            in_window=bool(is_aged and in_time),
            revenue=Sums(1, value, value * value),
            aged_revenue=Sums(1, early, early * early) if is_aged else Sums(),
        )
    return {variant: dict(places) for variant, places in found.items()}


def read(chosen: Chosen, now, *, by_place: bool = True) -> VariantRecipients:
    with web_scope([chosen.tenant_id]):
        return recipients_of_variants(chosen, by_place=by_place, now=now)


def total(places: dict) -> Recipients:
    return sum(places.values(), Recipients())


@pytest.mark.parametrize("minute", [0, 1700, 3000, 9000])
def test_recipients_are_those_counted_one_by_one(sold, tenant, minute):
    now = at(minute)
    expected = counted(sold, now, "A", "B")

    found = read(Chosen(tenant.id, [sold.id], {}), now)
    together = read(Chosen(tenant.id, [sold.id], {}), now, by_place=False)
    by_ref_id = read(Chosen(tenant.id, [sold.id], {"sale|A": "first", "sale|B": "second"}), now)

    assert {variant: dict(places) for variant, places in found.by_variant.items()} == expected
    assert {v: total(p) for v, p in together.by_variant.items()} == {v: total(p) for v, p in expected.items()}
    assert dict(by_ref_id.by_variant) == {"first": expected["A"], "second": expected["B"]}
    assert (found.currency, found.window) == ("EUR", 36_000)
    sums = [total(places) for places in expected.values()]
    assert all(one.addressed > one.converted > 5 for one in sums)
    assert any(0 < one.aged < one.addressed for one in sums) == (minute in (1700, 3000))


def test_revenue_in_two_currencies_has_none(sold, tenant):
    swedish = ConversionEvent.objects.exclude(value=None).exclude(attributed_message_id=None).first()
    ConversionEvent.objects.filter(pk=swedish.pk).update(currency="SEK")
    found = read(Chosen(tenant.id, [sold.id], {}), at(9000))
    assert (found.currency, {total(places).revenue.total for places in found.by_variant.values()}) == ("", {0})


def test_messages_without_a_variant_do_not_choose_the_currency(sold, tenant, feed):
    apply(feed, message("none", 10, OTHER, campaign="sale"))
    event(tenant, "of none", 20, OTHER, value=9 * M, currency="SEK")
    attribute_due()
    assert ConversionEvent.objects.get(event_id="of none").attributed_message_id == "none"
    found = read(Chosen(tenant.id, [sold.id], {}), at(9000))
    assert (found.currency, dict(found.by_variant)) == ("EUR", counted(sold, at(9000), "A", "B"))


def test_window_is_the_longest_that_an_event_of_the_campaign_may_have(tenant):
    first, second = (Campaign.objects.create(tenant=tenant, name=name) for name in ("first", "second"))

    def longest(*campaigns: Campaign) -> int:
        with web_scope([tenant.id]):
            return longest_window(tenant.id, [one.id for one in campaigns])

    assert (longest(first), longest()) == (24 * 60, 24 * 60)
    ConversionWindow.objects.create(tenant=tenant, minutes=30)
    assert longest(first) == 30
    kind(tenant, "purchase", window_minutes=20)
    assert longest(first) == 20  # every kind has its own
    kind(tenant, "sign-up")
    assert longest(first) == 30
    kind(tenant, "visit", window_minutes=500)
    assert longest(first) == 500
    ConversionWindow.objects.create(tenant=tenant, campaign=second, minutes=10)
    assert (longest(second), longest(first, second)) == (10, 500)
    merge(campaign=first, into=second, actor="test")
    assert longest(first) == longest(*Campaign.objects.filter(id__in=ids_shown_as(second))) == 10


def test_test_runs_until_the_window_of_the_last_delivery_is_over(feed, tenant, monkeypatch):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    ConversionWindow.objects.create(tenant=tenant, minutes=3 * 24 * 60)  # longer than late reports are waited for
    reports = [message(f"m{n}", 0, f"+3584000{n:05}", campaign=f"sale|{'AB'[n % 2]}") for n in range(80)]
    apply(
        feed, *reports, message("slow", 120, "+358400099999", campaign="sale|A") | {"sentTimestamp": f"{at(0):%FT%TZ}"}
    )
    event(tenant, "early", 60, "+358400000001", value=2 * M, currency="EUR")
    event(tenant, "late", 60 * 70, "+358400000003", value=5 * M, currency="EUR")
    attribute_due()
    campaign = Campaign.objects.get(name="sale")

    def running(minute: float, metric: Metric) -> tuple[bool, list[tuple[int, int]]]:
        now = at(minute)
        monkeypatch.setattr(timezone, "now", lambda: now)
        with web_scope([tenant.id]):
            query = AbQuery(metric=metric, chosen={})
            found = ab_result(campaign, query, masking=Masking(in_full=True), now=now).verdict
        return found.is_running, [(one.d, one.n) for one in found.rates]

    day = 24 * 60
    assert running(2 * day, Metric.CONVERTED) == (True, [(0, 0), (0, 0)])
    assert running(3 * day, Metric.CONVERTED) == (True, [(0, 41), (2, 40)])  # sent a minute before its delivery
    assert running(3 * day + 119, Metric.CONVERTED)[0]
    assert running(3 * day + 126, Metric.CONVERTED) == (False, [(0, 41), (2, 40)])  # by the latency's bucket
    assert running(3 * day + 126, Metric.REVENUE)[0] is False
    ConversionDue.objects.create(tenant=tenant, since=at(60))
    assert running(3 * day + 126, Metric.CONVERTED)[0]  # not attributed up to then

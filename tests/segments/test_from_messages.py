"""Figures by one key or two that are read from the messages, against counting them one by one."""

import random
from collections import Counter, defaultdict
from datetime import date

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from reports.figures.query import StatisticsQuery
from reports.segments.from_messages import all_recipients, groups_of, may_be_read, recipients_of
from tests.deliveries.helpers import apply
from tests.segments.sample import CODES, chosen, message, number_of

pytestmark = pytest.mark.django_db

NAMES = {1001: "delivered", 1006: "failed", 1000: "pending", 1010: "unknown"}


def query(tenant, first=date(2026, 11, 1), last=date(2026, 11, 30), **filters) -> StatisticsQuery:
    return StatisticsQuery(
        tenant_ids=[tenant.id], first=first, last=last, filters={name: [value] for name, value in filters.items()}
    )


@pytest.fixture
def sent(feed, tenant, other_tenant) -> list[dict]:
    """Send 150 messages of three shops, two tiers and three campaigns; some have neither."""
    chosen(tenant, "shop", "tier")
    chance = random.Random(14)
    made = []
    for _number in range(150):
        one = {
            "shop": chance.choice(["", "north", "south", "east"]),
            "tier": chance.choice(["", "gold", "silver"]),
            "code": chance.choice(CODES),
            "number": chance.choice([None, *map(number_of, range(30))]),
            "ref_id": chance.choice(["sale", "news", "spring"]),
            "operator": chance.choice(["fi.elisa", "fi.telia"]),
            "seconds": chance.randrange(600),
        }
        made.append(one)
    reports = [
        message(f"m{n}", one["code"], **{k: v for k, v in one.items() if k != "code"}) for n, one in enumerate(made)
    ]
    apply(feed, *reports, message("theirs", partner="baltic-ee", shop="north"))
    return made


def by(sent: list[dict], *keys: str) -> dict[tuple, list[dict]]:
    found = defaultdict(list)
    for one in sent:
        found[tuple(one[key] or "(none)" for key in keys)].append(one)
    return found


@pytest.mark.parametrize("keys", [("shop",), ("shop", "tier"), ("tier", "shop")])
@pytest.mark.parametrize("filters", [{}, {"campaign": "sale"}, {"operator": "fi.telia"}])
def test_figures_are_those_of_the_messages(tenant, sent, keys, filters):
    columns = {"campaign": "ref_id", "operator": "operator"}
    wanted = [one for one in sent if all(one[columns[name]] == value for name, value in filters.items())]
    names = [f"segment:{key}" for key in keys]
    found = groups_of(query(tenant, **filters), names)
    assert found.keys() == by(wanted, *keys).keys()
    for values, of_it in by(wanted, *keys).items():
        kinds = Counter(NAMES[one["code"]] for one in of_it)
        volume = found[values].volume
        assert {name: getattr(volume, name) for name in NAMES.values()} == {n: kinds[n] for n in NAMES.values()}
        assert volume.messages == len(of_it)
        assert sum(found[values].latency.values()) == kinds["delivered"]
        assert found[values].final == len(of_it) - kinds["pending"]
    recipients = {v: len({one["number"] for one in of_it} - {None}) for v, of_it in by(wanted, *keys).items()}
    assert recipients_of(query(tenant, **filters), names) == recipients
    assert all_recipients(query(tenant, **filters)) == len({one["number"] for one in wanted} - {None})


def test_merged_campaigns_are_read_together(tenant, sent):
    names = {c.name: c for c in Campaign.objects.filter(tenant=tenant)}
    merge(campaign=names["spring"], into=names["sale"], actor="test")
    found = groups_of(query(tenant, campaign="sale"), ("segment:shop",))
    messages = sum(kpis.volume.messages for kpis in found.values())
    assert messages == sum(one["ref_id"] in ("sale", "spring") for one in sent)


def test_other_days_are_not_read(tenant, sent):
    assert groups_of(query(tenant, last=date(2026, 11, 18)), ("segment:shop",)) == {}
    found = groups_of(query(tenant, first=date(2026, 11, 19)), ("segment:shop",))
    assert sum(kpis.volume.messages for kpis in found.values()) == 150


def test_at_most_31_days_are_read_unless_it_is_a_campaign(tenant):
    assert may_be_read(query(tenant, last=date(2026, 12, 1)))
    assert not may_be_read(query(tenant, last=date(2026, 12, 2)))
    assert may_be_read(query(tenant, last=date(2028, 12, 2), campaign="sale"))

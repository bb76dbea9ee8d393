"""The demo: a provisioning file that is valid on any date, its hand-over within its traffic, and a saved view."""

from datetime import UTC, date, datetime

import pytest
import yaml

from deliveries.management.commands.simulate import months_back
from portal import demo
from portal.demo import MONTHS, PROVISIONING, State, provisioning
from portal.provisioning.positions import Problems
from portal.provisioning.reader import read
from portal.saved_views import store


def handed_over(config) -> dict[str, date]:
    claims = [claim for tenant in config.tenants for claim in tenant.claims]
    return {claim.value: claim.from_day for claim in claims if claim.from_day}


@pytest.mark.parametrize(
    ("end", "day"),
    [
        (datetime(2026, 11, 28, 20, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2027, 1, 1, 0, 1, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2028, 2, 29, 23, 59, tzinfo=UTC), date(2028, 1, 1)),
        (datetime(2031, 7, 31, 12, tzinfo=UTC), date(2031, 6, 1)),
    ],
)
def test_hand_over_of_the_demo_lies_within_its_traffic(end, day):
    problems = Problems()
    document = provisioning(State(end=end.isoformat()))

    config = read(yaml.safe_dump(document), problems)

    assert not problems
    assert handed_over(config) == {"hansa-dk": day}
    assert months_back(end, MONTHS).date() < day < end.date()


def test_example_file_is_valid_by_itself():
    problems = Problems()
    config = read(PROVISIONING.read_text(), problems)
    assert not problems
    assert list(handed_over(config)) == ["hansa-dk"]


@pytest.mark.django_db
def test_view_of_an_owner_is_saved_once(tenant, owner):
    for _start in range(2):
        demo._save_view()

    assert [(view.name, view.page, view.query) for view in store.views_of(owner.pk, tenant)] == [
        ("Epäonnistuneet, 7 päivää", "messages", "counts_as=failed&period=7d")
    ]

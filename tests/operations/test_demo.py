"""The demo: a provisioning file that is valid on any date, its hand-over within its traffic, and a saved view."""

from datetime import UTC, date, datetime

import pytest
import yaml

from campaigns.models import Campaign
from deliveries.management.commands.simulate import months_back
from portal.accounts.models import Role, User
from portal.demo import steps
from portal.demo.state import PROVISIONING, State
from portal.demo.traffic import MONTHS, provisioning
from portal.provisioning.positions import Problems
from portal.provisioning.reader import read
from portal.saved_views import store
from portal.tenants.models import Tenant
from tests.conftest import make_user


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


@pytest.mark.django_db
def test_customer_is_added_once_and_its_first_page_leads_through_the_steps(
    client, account, staff_user, tmp_path, monkeypatch, settings
):
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path))
    settings.PORTAL_STAFF_MFA = False
    User.objects.filter(id=staff_user.id).update(is_superuser=True)
    state = State()

    steps.add_customer(state)
    steps.add_customer(state)

    added = Tenant.objects.get(slug="arctic-foods")
    assert (state.added, State.load().added) == (added.pk, added.pk)
    assert list(added.invitations.values_list("email", "accepted_at")) == [("arctic@example.com", None)]
    client.force_login(make_user("arctic@example.com", added, Role.OWNER))
    assert client.get("/t/arctic-foods/overview/").context["is_new"]


def test_example_file_is_valid_by_itself():
    problems = Problems()
    config = read(PROVISIONING.read_text(), problems)
    assert not problems
    assert list(handed_over(config)) == ["hansa-dk"]


@pytest.mark.django_db
def test_view_of_an_owner_is_saved_once(tenant, owner):
    for _start in range(2):
        steps.save_view()

    views = store.views_of(owner.pk, tenant)
    assert [(view.name, view.page, view.query, view.is_shared) for view in views] == [
        ("Epäonnistuneet, 7 päivää", "messages", "counts_as=failed&period=7d", True)
    ]


@pytest.mark.django_db
def test_splits_are_planned_once_for_the_newest_campaigns(tenant, owner):
    for name in ("summer-sale", "autumn-sale", "club-weekly"):
        Campaign.objects.create(tenant=tenant, name=name)

    steps.plan_tests()
    Campaign.objects.filter(name="club-weekly").update(planned_split={"A": 1, "B": 1})
    steps.plan_tests()

    assert dict(Campaign.objects.values_list("name", "planned_split")) == {
        "summer-sale": {},
        "autumn-sale": {"A": 50, "B": 50},
        "club-weekly": {"A": 1, "B": 1},
    }

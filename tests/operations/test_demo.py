"""The demo: its patience, a provisioning file that is valid on any date, a hand-over within its traffic, a view."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime

import pytest
import yaml

from campaigns.models import Campaign, RefIdScheme
from deliveries.management.commands.simulate import months_back
from portal.accounts.models import Role, User
from portal.demo import __main__ as demo
from portal.demo import conversions, guide, steps
from portal.demo.state import PROVISIONING, DemoError, State
from portal.demo.traffic import MONTHS, provisioning
from portal.provisioning.positions import Problems
from portal.provisioning.reader import read
from portal.saved_views import store
from portal.tenants.models import Tenant
from tests.attributing.sample import apply, message
from tests.conftest import NOW, make_user
from tests.ports import free_port


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


PREPARES = "import time; time.sleep(1)"
SUPERVISES = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1], "run").mkdir()
pathlib.Path(sys.argv[1], "run", "supervisord.pid").write_text(f"{os.getpid()}\\n")
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [(PREPARES, "The portal did not start"), (SUPERVISES, "did not become ready within 0 s")],
)
def test_demo_gives_up_on_a_portal_that_does_not_answer_but_never_on_its_migrations(
    tmp_path, monkeypatch, program, said
):
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path))
    monkeypatch.setattr(demo, "START_WITHIN", 0)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as server:
        try:
            with pytest.raises(DemoError, match=said):
                demo._wait_until_ready(server, f"http://127.0.0.1:{free_port()}/readyz")
        finally:
            server.kill()


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
def test_campaigns_are_described_once_and_the_guide_leads_to_them(tenant, owner):
    for name in ("summer-sale", "autumn-sale", "black-week", "club-weekly"):
        Campaign.objects.create(tenant=tenant, name=name)
    state = State(end="2026-11-29T12:00:00+00:00")

    steps.describe_campaigns(state)
    Campaign.objects.filter(name="club-weekly").update(planned_split={"A": 1, "B": 1})
    steps.describe_campaigns(state)

    said = Campaign.objects.order_by("id").values_list("name", "planned_split", "tags", "day_notes")
    assert list(said) == [
        ("summer-sale", {}, [], {}),
        ("autumn-sale", {"A": 50, "B": 50}, ["ale"], {"2026-11-19": "Ruotsin Tele2 oli hidas."}),
        ("black-week", {}, ["ale"], {}),
        ("club-weekly", {"A": 1, "B": 1}, [], {}),
    ]
    lines = guide.of_campaigns("http://portal")
    for name, page in (
        ("black-week", ""),
        ("autumn-sale", "ab/"),
        ("autumn-sale", "recipients/failed/"),
        ("club-weekly", "ab/"),
    ):
        assert f"http://portal/t/nordic-retail/campaigns/{Campaign.objects.get(name=name).id}/{page}\n" in lines


@pytest.mark.django_db
def test_gold_customers_buy_more_and_most_codes_are_confirmed(feed, tenant):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    groups = ("gold", "silver", "new", "lapsed")
    apply(
        feed,
        *(message(f"m{n}", n, f"+35840{n:07}", campaign="autumn-sale|B", segment=groups[n // 50]) for n in range(200)),
        *(message(f"c{n}", n, f"+35841{n:07}", campaign="locker-code") for n in range(16)),
    )

    bought = conversions.purchases(tenant, now=NOW)
    confirmed = list(conversions.confirmed_codes(tenant, now=NOW))

    buyers = Counter(groups[int(one["destination"][-7:]) // 50] for one in bought if "stranger" not in one["event_id"])
    assert buyers["gold"] > 2 * max(buyers[name] for name in groups[1:]) > 0
    assert len(confirmed) == 14

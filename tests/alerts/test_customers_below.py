"""Alerts of customers below: on the pages and in the header of the one above, and by mail where it was chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role, User
from portal.tenants.models import Tenant
from reports.alerts.readers import Mails, choose, mails_of, readers
from reports.alerts.rules import add_standard_rules
from reports.figures.alerts_open import show_open
from reports.figures.alerts_shown import alerts_between
from reports.models import Alert, AlertRule
from tests.alerts.test_pages import ALERTS, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def below(tenant) -> Tenant:
    return Tenant.objects.create(slug="nr-norge", name="NR Norge", timezone="Europe/Oslo", parent=tenant)


@pytest.fixture
def people_below(below) -> User:
    person = User.objects.create_user("norge@example.com", password="correct horse battery")
    Membership.objects.create(user=person, tenant=below, role=Role.OWNER)
    return person


def alert_of(tenant: Tenant, operator: str) -> Alert:
    add_standard_rules(tenant)
    now = timezone.now()
    return Alert.objects.create(
        tenant=tenant, rule=AlertRule.objects.get(tenant=tenant, standard="delivery"), country="FI", operator=operator,
        since=now - timedelta(minutes=20), opened_at=now, seen_at=now,
        figures={"now": 0.4, "usual": 0.95, "messages": 300},
    )  # fmt: skip


def test_the_page_has_those_of_customers_below_with_their_names(client, viewer, below, other_tenant):
    alert, own = alert_of(below, "no.telenor"), alert_of(below.parent, "fi.elisa")
    alert_of(other_tenant, "lv.lmt")
    client.force_login(viewer)

    response = client.get(ALERTS)

    assert {row.alert.pk: row.customer for row in response.context["open"]} == {alert.pk: "NR Norge", own.pk: ""}
    page = texts(response)
    assert f'href="/t/nr-norge/alerts/rules/{alert.rule_id}/"' in page
    assert "Customers below have rules of their own" in page


def test_a_customer_does_not_see_the_one_above(client, people_below, below):
    alert_of(below.parent, "fi.elisa")
    show_open(below.parent_id, now=timezone.now())
    client.force_login(people_below)

    page = texts(client.get("/t/nr-norge/alerts/"))

    assert "fi.elisa" not in page and "open alert<" not in page


def test_the_header_counts_both(client, viewer, below):
    for customer in (below, below.parent):
        alert_of(customer, "x.y")
        show_open(customer.pk, now=timezone.now())
    client.force_login(viewer)

    assert "2 open alerts" in texts(client.get("/t/nordic-retail/messages/"))
    assert "1 open alert<" in texts(client.get("/t/nr-norge/messages/"))


def test_one_above_acknowledges_and_the_customer_below_has_it_in_its_log(client, analyst, below):
    alert = alert_of(below, "no.telenor")
    client.force_login(analyst)

    response = client.post(f"{ALERTS}{alert.pk}/acknowledge/")

    assert response["Location"] == ALERTS
    assert AuditEntry.objects.get(action="alert.acknowledged").tenant == below
    assert Alert.objects.get(pk=alert.pk).acknowledged_by == "analyst@example.com"


def test_one_below_acknowledges_nothing_above(client, people_below, below):
    alert = alert_of(below.parent, "fi.elisa")
    client.force_login(people_below)

    assert client.post(f"/t/nr-norge/alerts/{alert.pk}/acknowledge/").status_code == 404


def test_mails_are_of_ones_own_customer_unless_chosen(client, owner, below, people_below):
    assert readers(below) == [people_below]
    client.force_login(owner)

    client.post(f"{ALERTS}mails/", {"wants": "below"})

    assert readers(below) == [people_below, owner]
    assert (mails_of(below.parent, owner), mails_of(below, owner)) == (Mails.BELOW, Mails.OWN)
    assert "You get those of all customers below, too." in texts(client.get(ALERTS))
    client.post("/t/nr-norge/alerts/mails/")
    assert readers(below) == [people_below]
    assert "You get no e-mails" in texts(client.get("/t/nr-norge/alerts/"))


def test_who_left_the_customer_above_gets_none_of_those_below(owner, below, people_below):
    choose(below.parent_id, owner.pk, wants=True, below=True)
    Membership.objects.filter(user=owner).delete()
    assert readers(below) == [people_below]


def test_charts_mark_those_of_the_customers_whose_figures_they_show(tenant, below):
    from portal.common.masking import Masking

    alert_of(below, "no.telenor")
    today = timezone.now().date()
    shown = {"first": today - timedelta(days=2), "last": today + timedelta(days=1), "masking": Masking(in_full=True)}

    both = alerts_between(tenant, tenant_ids=[tenant.pk, below.pk], now=timezone.now(), **shown)
    own = alerts_between(tenant, tenant_ids=[tenant.pk], now=timezone.now(), **shown)

    assert [alert.text for alert in both] == ["Delivery rate falls: NR Norge, no.telenor, Finland"]
    assert own == []


def test_a_customer_without_messages_is_told_when_rules_come(client, viewer, tenant):
    client.force_login(viewer)
    page = texts(client.get(ALERTS))
    assert "No look yet" in page and "Four standard rules are added" in page

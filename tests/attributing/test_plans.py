"""Attribution and figures do work in proportion to their events, and the applier adds no statement for others."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, ConversionEvent, SegmentKey
from deliveries.attributing.attribute import attribute_due
from deliveries.attributing.due import note_events, note_tenant
from deliveries.messages import partitions
from deliveries.messages.recipients import recipient_keys
from deliveries.models import ConversionDue, ConversionTenant
from portal.tenants.scope import web_scope
from reports.campaigns.conversions import campaign_conversions
from reports.figures.query import StatisticsQuery
from reports.segments.from_messages import converted_of
from tests.attributing.sample import apply, at, kind, message
from tests.deliveries.watched_plans import BELIEFS, believe, watched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

N = 200
MESSAGES = ("message_2026_11", "message_parameter_2026_11")
EVENTS = ("conversion_event", "conversion_due", "conversion_tenant")


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def number(n: int) -> str:
    return f"+35840123{n:04}"


@pytest.fixture
def bought(feed, tenant, other_tenant) -> list[ConversionEvent]:
    """N recipients with a message and three events each: by recipient, by message and by custom parameter."""
    SegmentKey.objects.create(tenant=tenant, key="order", state="done")
    partitions.ensure_months([at(0).date().replace(month=12)])
    apply(feed, *(message(f"m{n}", 0, number(n), order=f"o{n}") for n in range(N)))
    keys, of = recipient_keys(), {"tenant": tenant, "kind": kind(tenant), "occurred_at": at(5), "source": "api"}
    events = []
    for n in range(N):
        key = keys.of_number(number(n)[1:], tenant_id=tenant.id)
        events += [
            ConversionEvent(event_id=f"r{n}", recipient_key=key, **of),
            ConversionEvent(event_id=f"m{n}", account_id=feed.account_id, message_id=f"m{n}", **of),
            ConversionEvent(event_id=f"p{n}", parameter_key="order", parameter_value=f"o{n}", **of),
        ]
    return ConversionEvent.objects.bulk_create(events)


@pytest.mark.parametrize("belief", BELIEFS)
def test_work_of_attribution_is_in_proportion_to_its_events(bought, feed, tenant, belief, monkeypatch):
    note_events(tenant.id, [one.pk for one in bought])
    believe(belief, *EVENTS, *MESSAGES)
    with watched(monkeypatch, most=8 * N):
        assert attribute_due() == 3 * N
    apply(feed, *(message(f"later{n}", 3, number(n), order=f"o{n}") for n in range(N)))
    believe(belief, *EVENTS, *MESSAGES)
    with watched(monkeypatch, most=8 * N):
        assert attribute_due() == 2 * N  # the events of messages stay
    note_tenant(tenant.id)
    assert attribute_due() == 0


def test_figures_of_a_campaign_look_up_the_messages_of_its_events_as_the_web_role(bought, tenant, monkeypatch):
    note_events(tenant.id, [one.pk for one in bought])
    attribute_due()
    believe("known", *EVENTS, *MESSAGES)
    with web_scope([tenant.id]), watched(monkeypatch, most=10 * N) as statements:
        (found,) = campaign_conversions(Campaign.objects.get()).kinds
    assert (found.events, found.messages, found.converted, found.recipients) == (3 * N, N, N, N)
    assert 4 < len(statements) < 20


def test_conversions_of_segments_look_up_the_messages_of_their_events_as_the_web_role(bought, tenant, monkeypatch):
    note_events(tenant.id, [one.pk for one in bought])
    attribute_due()
    believe("known", *EVENTS, *MESSAGES)
    query = StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 11, 1), last=date(2026, 11, 30))
    with web_scope([tenant.id]), watched(monkeypatch, most=10 * N) as statements:
        converted, values = converted_of(query, ["segment:order"])
    assert (converted[None], sum(converted.values()), dict(values)) == (N, 2 * N, {})
    assert statements


def test_applier_adds_no_statement_and_no_note_for_tenants_without_events(feed, tenant, other_tenant):
    apply(feed, message("warm", 0))  # makes the month
    statements = []
    for n, watched_tenants in enumerate(([], [other_tenant])):
        ConversionTenant.objects.bulk_create(ConversionTenant(tenant=one) for one in watched_tenants)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            apply(feed, message(f"m{n}", 0))
        statements.append(len(queries))
        assert not ConversionDue.objects.exists()
    assert statements[0] == statements[1]
    ConversionTenant.objects.create(tenant=tenant)
    with CaptureQueriesContext(connection) as queries:
        apply(feed, message("noted", 0))
    assert len(queries) == statements[0]
    assert [due.message_id for due in ConversionDue.objects.all()] == ["noted"]

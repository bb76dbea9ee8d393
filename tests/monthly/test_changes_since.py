"""Changes in a month since its report was created."""

from datetime import date

import pytest
from django.db.models import F
from django.utils import timezone, translation

from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, DailyCount
from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.models import ReportRun
from reports.monthly.changes_since import ChangedSince, changes_since, count_states
from reports.runs.changed_texts import changed_text
from reports.runs.runs import build_report, request_run
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
FIRST = OCTOBER.first_day
SENT = {"sentTimestamp": "2026-10-05T10:00:00Z", "timestamp": "2026-10-05T10:00:05Z"}


@pytest.fixture(autouse=True)
def _files(settings):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}


def sent(id_: str, code: int = 1001, *, partner: str = "nr-fi", **more) -> dict:
    return dlr(id_, code, gateCustomParameters={"platformPartnerId": partner}, **SENT | more)


@pytest.fixture
def messages(feed, tenant, other_tenant):
    apply(
        feed,
        sent("a", refId="sale", segments=2),
        sent("b", 1000, refId="news"),
        sent("c", partner="baltic-ee"),
        sent("d", partner="nobody"),
    )


def make(tenant, account=None) -> ReportRun:
    now = timezone.now()
    run = request_run(tenant=tenant, account=account, month=OCTOBER, requested_by="a@example.com", now=now)
    assert build_report(run_id=run.id, now=now) == "done"
    return ReportRun.objects.get(id=run.id)


def since(run: ReportRun, *tenants: Tenant) -> dict[str, int] | None:
    """Return the differences other than 0."""
    ids = [tenant.id for tenant in tenants or (run.tenant,)]
    changed = changes_since([run], {run.tenant_id: ids}, run.account_id).get(run.id)
    return None if changed is None else {name: n for name, n in changed.differences.items() if n}


def test_late_reports_are_told_with_their_signs(messages, feed, tenant):
    run = make(tenant)
    assert (since(run), run.totals["messages"], run.totals["parts"]) == (None, 2, 3)

    apply(feed, sent("b"), sent("e", 1006, segments=3), sent("of November", sentTimestamp="2026-11-05T10:00:00Z"))

    assert since(run) == {"messages": 1, "parts": 3, "delivered": 1, "failed": 1, "pending": -1}
    assert since(make(tenant)) is None


def test_change_of_another_tenant_is_none(messages, feed, tenant):
    run = make(tenant)
    apply(feed, sent("x", partner="baltic-ee"), sent("y", partner="nobody"))

    assert since(run) is None


def test_account_s_report_is_compared_with_the_account_s_counts(messages, feed, tenant, other_tenant, account):
    run = make(account.pool, account)
    everybody = (account.pool, tenant, other_tenant)
    assert since(run, *everybody) is None

    apply(feed, sent("x", partner="baltic-ee"), sent("y", 1000, partner="nobody"))

    assert since(run, *everybody) == {"messages": 2, "parts": 2, "delivered": 1, "pending": 1}


def test_partner_id_that_moves_within_a_parent_s_tenants_moves_figures_between_rows(messages, tenant, other_tenant):
    parent = Tenant.objects.create(slug="group", name="Group")
    Tenant.objects.filter(id__in=[tenant.id, other_tenant.id]).update(parent=parent)
    run = make(parent)

    for model in (DailyCount, CampaignCount):
        model.objects.filter(tenant=tenant).update(tenant=other_tenant)

    assert since(run, parent, tenant, other_tenant) == {}


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (DailyCount, {"day": date(2026, 10, 6)}),
        (DailyCount, {"partner_id": "nr-se"}),
        (DailyCount, {"country": "SE"}),
        (DailyCount, {"operator": "fi.elisa"}),
        (CampaignCount, {"variant": "B"}),
        (CampaignCount, {"campaign_id": F("campaign_id") + 1}),
    ],
)
def test_figures_that_move_between_rows_are_noticed(messages, tenant, model, change):
    run = make(tenant)
    rows = model.objects.filter(tenant=tenant, status="delivered")
    assert rows.update(**change) == 1

    assert since(run) == {}


def test_rows_of_zeros_and_condensed_days_change_nothing(messages, feed, tenant, account):
    run = make(tenant)
    DailyCount.objects.create(
        tenant=tenant, account=account, day=date(2026, 10, 7), partner_id="x", country="FI", operator="",
        sender_type="", status="failed", result_code=1006, messages=0, parts=0,
    )  # fmt: skip
    assert since(run) is None

    assert roll_up(now=timezone.now()) > 0
    CampaignCount.objects.filter(tenant=tenant).delete()  # read from what is condensed

    assert since(run) is None


def test_report_from_before_its_totals_were_kept_tells_messages_alone(messages, feed, tenant):
    run = make(tenant)
    ReportRun.objects.filter(id=run.id).update(totals=None, rows_hash="", content_hash="")
    run.refresh_from_db()
    assert since(run) is None

    apply(feed, sent("b"), sent("e"))

    assert since(run) == {"messages": 1}


@pytest.mark.parametrize(
    "change", [{"kind": "provisional"}, {"kind": "final", "state": "running"}], ids=["provisional", "unfinished"]
)
def test_provisional_and_unfinished_reports_tell_nothing(messages, feed, tenant, change):
    run = make(tenant)
    apply(feed, sent("e"))
    ReportRun.objects.filter(id=run.id).update(**change)
    run.refresh_from_db()
    assert since(run) is None


def test_unchanged_run_takes_over_rows_that_no_table_shows(messages, tenant):
    run = make(tenant)
    DailyCount.objects.filter(tenant=tenant, status="delivered").update(sender_type="alphanumeric")
    assert since(run) == {}

    again = make(tenant)

    run.refresh_from_db()
    assert (again.same_as, since(run), since(again)) == (run, None, None)


def test_many_runs_take_as_many_queries_as_one(messages, feed, tenant, other_tenant, django_assert_num_queries):
    runs = [make(tenant), make(other_tenant)]
    tenants_of = {run.tenant_id: [run.tenant_id] for run in runs}
    apply(feed, sent("b"), sent("e", partner="baltic-ee"))

    for some in (runs[:1], runs):
        with django_assert_num_queries(3):
            found = changes_since(some, tenants_of)
        assert found.keys() == {run.id for run in some}
    with django_assert_num_queries(0):
        assert changes_since([], {}) == {}


def test_wall_hides_what_another_tenant_s_counts_are(messages, tenant, other_tenant):
    with web_scope([tenant.id]):
        found = count_states([tenant.id, other_tenant.id], [FIRST])

    assert {tenant_id for _month, tenant_id, _account in found} == {tenant.id}


SOME_GREW = {"messages": 7, "parts": 0, "delivered": 1024, "failed": 0, "pending": -17, "unknown": 0}
SOME_FELL = {"messages": -1, "parts": -3, "delivered": 0, "failed": -1, "pending": 0, "unknown": 2}
NONE_CHANGED = {"messages": 0, "delivered": 0}


@pytest.mark.parametrize(
    ("differences", "language", "words"),
    [
        (SOME_GREW, "en", "Changed since: +7 messages, +1,024 delivered, −17 pending"),
        (SOME_GREW, "fi", "Muuttunut tämän jälkeen: +7 viestiä, +1\xa0024 toimitettua, −17 kesken"),
        (SOME_FELL, "en", "Changed since: −1 messages, −1 failed, +2 unknown, −3 SMS parts"),
        (SOME_FELL, "fi", "Muuttunut tämän jälkeen: −1 viestiä, −1 epäonnistunutta, +2 tuntematonta, −3 SMS-osaa"),
        (NONE_CHANGED, "en", "Changed since: figures moved between rows"),
        (NONE_CHANGED, "fi", "Muuttunut tämän jälkeen: lukuja on siirtynyt riviltä toiselle"),
    ],
)
def test_change_in_words(differences, language, words):
    with translation.override(language):
        assert changed_text(ChangedSince(differences)) == words

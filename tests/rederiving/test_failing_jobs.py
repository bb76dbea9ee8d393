"""Jobs over messages that fail each time: they stop with their reason, the others go on, and nobody waits for them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.models import RefIdScheme, SegmentKey
from deliveries.checks.reconcile_owners import find_owner_differences, queue_moves
from deliveries.checks.run import run_checks
from deliveries.models import Message, MessageParameter, PartnerMove, RuleRefold, TenantRecount
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.rederiving.rule_refold import request_rule_refold, run_rule_refolds
from deliveries.rederiving.segment_keys import choose, remove, run_segment_keys
from deliveries.search.day_bounds import bounds_of
from deliveries.search.segment_keys import search_keys
from portal.common import jobs
from portal.tenants.models import PartnerId
from tests.admin.acting import act, audit
from tests.admin.conftest import staff  # noqa: F401  a fixture
from tests.applying.faulty import refused
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr
from tests.rederiving.test_moves import declare
from tests.rederiving.test_rule_refold import store_as_before

pytestmark = pytest.mark.django_db
REFUSED = "InternalError: this is refused"  # what the trigger of tests/applying/faulty.py raises


def report(id_: str, partner: str, **more) -> dict:
    return dlr(id_, gateCustomParameters={"platformPartnerId": partner}, **more)


def fail_always(run, model, job_id: int) -> list[int]:
    """Run the job until it is failed, each time at once. Return what each run finished."""
    finished = []
    for _attempt in range(jobs.MAX_ATTEMPTS + 1):
        model.objects.filter(id=job_id).update(not_before=None)
        finished.append(run())
    return finished


def test_move_that_fails_each_time_stops_with_its_reason_and_the_others_go_on(account, feed, tenant, client, viewer):
    apply(feed, report("a", "poison"), report("b", "later"))
    poison, other = declare(account, tenant, "poison"), declare(account, tenant, "later")
    with refused("message", "NEW.message_id = 'a'", errcode="XX000"):
        assert fail_always(run_moves, PartnerMove, poison.id) == [1, 0, 0, 0, 0, 0]

    poison.refresh_from_db()
    assert (poison.state, poison.attempts, poison.done, poison.error) == ("failed", 5, 0, REFUSED)
    assert (PartnerMove.objects.get(id=other.id).state, Message.objects.filter(tenant=tenant).count()) == ("done", 1)
    line = f"move {poison.id}: failed after 5 attempts. {REFUSED}"
    assert run_checks(now=timezone.now(), names=["jobs"]) == {"jobs": [line]}
    client.force_login(viewer)
    page = client.get("/t/nordic-retail/partner-ids/").content.decode()
    assert ("Move failed" in page, 'hx-trigger="every 2s"' in page) == (True, False)


def test_failed_move_is_retried_by_staff_and_its_partner_id_can_be_moved_again(account, feed, tenant, staff):  # noqa: F811
    apply(feed, report("a", "poison"))
    move = declare(account, tenant, "poison")
    with refused("message", "NEW.message_id = 'a'", errcode="XX000"):
        fail_always(run_moves, PartnerMove, move.id)
    assert [difference.messages for difference in find_owner_differences()] == [1]  # as of a move that is not open

    shown = staff.get("/admin/deliveries/partnermove/?state__exact=failed").content.decode()
    page = act(staff, "deliveries_partnermove", "retry", move).content.decode()

    assert (REFUSED in shown, "1 job is queued again" in page) == (True, True)
    assert audit("partnermove.retried") == [(None, "staff@example.com", "", {"jobs": 1})]
    assert run_moves() == 1
    assert PartnerMove.objects.values_list("state", "attempts", "done", "error").get() == ("done", 1, 1, "")


def test_reconcile_queues_another_move_where_one_failed(account, feed, tenant):
    apply(feed, report("a", "poison"))
    move = declare(account, tenant, "poison")
    PartnerMove.objects.filter(id=move.id).update(state="failed", attempts=5, error=REFUSED)

    queue_moves(find_owner_differences())
    assert run_moves() == 1

    assert list(PartnerMove.objects.order_by("id").values_list("state", flat=True)) == ["failed", "done"]
    assert list(jobs.unresolved(PartnerMove)) == []


def test_move_that_is_cancelled_by_staff_is_not_run(account, feed, tenant, staff):  # noqa: F811
    apply(feed, report("a", "later"))
    move = declare(account, tenant)

    page = act(staff, "deliveries_partnermove", "cancel", move).content.decode()

    assert (run_moves(), PartnerMove.objects.get().state) == (0, "cancelled")
    assert "1 job is cancelled" in page
    assert audit("partnermove.cancelled") == [(None, "staff@example.com", "", {"jobs": 1})]


def test_moves_by_command_say_what_failed(account, feed, tenant, capsys):
    apply(feed, report("a", "poison"))
    declare(account, tenant, "poison")
    with refused("message", "NEW.message_id = 'a'", errcode="XX000"):
        call_command("move_partner_ids")

    assert capsys.readouterr().out.splitlines() == [
        f"poison → nordic-retail: 0 of 1 moved, attempt 1 failed: {REFUSED}",
        "0 moves finished",
    ]


@pytest.fixture
def failed_recount(feed, tenant) -> TenantRecount:
    apply(feed, report("a", "nr-fi", refId="autumn|A"))
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    recount = request_recount(tenant=tenant, reason="refId scheme", now=NOW)
    with refused("message", "NEW.message_id = 'a'", errcode="XX000"):
        assert fail_always(run_recounts, TenantRecount, recount.id) == [0] * 6
    recount.refresh_from_db()
    return recount


def test_recount_that_fails_each_time_stops_and_its_page_says_so(failed_recount, tenant, client, manager):
    assert (failed_recount.state, failed_recount.attempts, failed_recount.error) == ("failed", 5, REFUSED)
    client.force_login(manager)
    page = client.get("/t/nordic-retail/settings/recount/").content.decode()
    assert ("Counting messages again failed" in page, "hx-trigger" in page) == (True, False)


def test_days_keep_wide_bounds_until_a_later_recount_is_done(failed_recount, tenant):
    day = datetime(2026, 11, 1, tzinfo=UTC)

    def bounds() -> tuple:
        return bounds_of([tenant.id])(day.date(), day.date())

    assert bounds() == (day - timedelta(hours=14), day + timedelta(hours=38))
    request_recount(tenant=tenant, reason="refId scheme", now=NOW)
    assert run_recounts() == 1
    assert bounds() == (day - timedelta(hours=2), day + timedelta(hours=22))  # of Helsinki
    assert list(jobs.unresolved(TenantRecount)) == []


@pytest.fixture
def failed_key(feed, tenant) -> SegmentKey:
    apply(feed, report("a", "nr-fi", customParameters={"store": "7"}))
    key = choose(tenant=tenant, key="store", actor="x", now=NOW)
    with refused("message_parameter", "NEW.key = 'store'", errcode="XX000"):
        assert fail_always(run_segment_keys, SegmentKey, key.id) == [0] * 6
    return SegmentKey.objects.get()


def test_segment_key_that_fails_is_refused_by_the_search_and_shown_as_failed(failed_key, tenant, client, manager):
    assert (failed_key.state, failed_key.error) == ("failed", REFUSED)
    assert search_keys([tenant.id])["store"].failed == {tenant.id}
    client.force_login(manager)
    page = client.get("/t/nordic-retail/settings/segments/progress/").content.decode()
    assert ("Indexing stored messages failed" in page, "hx-trigger" in page) == (True, False)
    search = client.get("/t/nordic-retail/messages/", {"custom_parameters[store]": "7", "period": "all"})
    assert "Indexing stored messages for this key failed" in search.content.decode()


def test_failed_segment_key_is_chosen_again_or_removed(failed_key, tenant):
    again = choose(tenant=tenant, key="store", actor="x", now=NOW)
    assert (again.id, again.state, again.attempts, again.error) == (failed_key.id, "queued", 0, "")
    assert (run_segment_keys(), MessageParameter.objects.count()) == (1, 1)

    SegmentKey.objects.update(state="failed", error=REFUSED)
    remove(key=again, actor="x", now=NOW)
    assert (run_segment_keys(), SegmentKey.objects.count(), MessageParameter.objects.count()) == (1, 0, 0)


def test_refold_that_fails_is_replaced_by_a_new_one(feed, tenant):
    job = request_rule_refold()
    RuleRefold.objects.filter(id=job.id).update(state="failed", attempts=5, error=REFUSED)
    newer = request_rule_refold()
    assert newer.id != job.id
    assert (run_rule_refolds(), list(jobs.unresolved(RuleRefold))) == (1, [])


def test_refold_by_command_says_why_it_failed(feed, tenant):
    store_as_before(feed)
    job = request_rule_refold()
    with (
        refused("message", "NEW.tenant_id > 0", errcode="XX000"),
        pytest.raises(CommandError, match=f"Attempt 1 failed: {REFUSED}"),
    ):
        call_command("refold", rules=True)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 1)


def test_refold_continues_with_the_numbers_where_it_was_put_back(feed, tenant):
    apply(feed, *(report(id_, "nr-fi", customParameters={"destination": "+358401234567"}) for id_ in ("a", "b", "c")))
    Message.objects.update(destination="00358401234567")  # as an older version stored it
    account_id = feed.account_id
    RuleRefold.objects.create(month=date.min, after_account_id=account_id, after_message_id="a")

    assert run_rule_refolds() == 1

    assert list(Message.objects.order_by("message_id").values_list("destination", flat=True)) == [
        "00358401234567", "+358401234567", "+358401234567",
    ]  # fmt: skip
    assert PartnerId.objects.filter(account_id=account_id).exists()

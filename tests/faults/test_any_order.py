"""Whatever happens in whatever order, counts are the rows and a message is what its reports say (Hypothesis)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns.models import SegmentKey
from deliveries import fold, partitions
from deliveries.models import Message, PartnerMove, QuarantinedRow
from deliveries.services import quarantine, segment_keys
from deliveries.services.apply import apply_waiting
from deliveries.services.codes import code_tables
from deliveries.services.erasure import erase_number
from deliveries.services.ingest_check import balances_between
from deliveries.services.moves import run_moves
from deliveries.services.reconcile import find_differences
from deliveries.services.replay import replay_inbox
from deliveries.services.retention import apply_retention
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.deliveries.helpers import NOW, dlr, put

pytestmark = pytest.mark.django_db

PARTNER_IDS = ("one", "two", "three")
NUMBERS = ("+358401234567", "+4915112345678")
DAY = timedelta(days=1)

seconds = st.integers(-5, 400)
# The oldest are taken by retention as the machine's clock goes on; none is out of the gateway's window.
ages = st.sampled_from((0, 1, 29, 31, 33, 100))
reports = st.builds(
    lambda number, part, code, age, after, partner, to, segments, has_sent_at, more: dlr(
        f"m{number}" + (f"${part}" if part is not None else ""),
        code,
        timestamp=f"{NOW - age * DAY + timedelta(seconds=after):%Y-%m-%dT%H:%M:%SZ}",
        segments=segments,
        refId=f"campaign-{number % 2}",
        gateCustomParameters={"platformPartnerId": PARTNER_IDS[partner]},
        customParameters={"destination": NUMBERS[to]} | more,
        **({"sentTimestamp": f"{NOW - age * DAY:%Y-%m-%dT%H:%M:%SZ}"} if has_sent_at else {}),
    ),
    st.integers(0, 5),
    st.sampled_from((None, None, 0, 1, 2)),
    st.sampled_from((1000, 1001, 1002, 1005, 1006, 1007, 1010, 4711)),
    ages,
    seconds,
    st.integers(0, 2),
    st.integers(0, 1),
    st.integers(0, 3),
    st.booleans(),
    st.dictionaries(st.sampled_from(("store", "phone")), st.sampled_from(("", "7", *NUMBERS, "x" * 300)), max_size=2),
)
bodies = st.one_of(
    reports, reports, reports, st.sampled_from((b"broken", b"[]", b"{}", b'{"id":"m1$300","resultCode":1}'))
)


class Portal(RuleBasedStateMachine):
    """One account, three tenants with other zones and retention, and all that may befall their messages."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.posted: list[dict | bytes] = []
        partitions.forget()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        pool = Tenant.objects.create(
            slug="pool-any", name="Pool", kind="pool", timezone="UTC", message_days=120, number_days=90
        )
        account = GatewayAccount.objects.create(name="any", platform_id="A", timezone="UTC", pool=pool)
        self.feed = Feed.objects.create(account=account, name="any")
        self.tenants = [
            Tenant.objects.create(
                slug=f"any-{n}", name=f"Any {n}", timezone=zone, message_days=days, number_days=number_days
            )
            for n, (zone, days, number_days) in enumerate(
                (("Europe/Helsinki", 400, 180), ("Asia/Kolkata", 32, 30), ("America/Los_Angeles", 110, 20))
            )
        ]

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            partitions.forget()

    @rule(new=st.lists(bodies, min_size=1, max_size=8))
    def post(self, new: list) -> None:
        self.posted += new
        put(self.feed, *new, received_at=self.now)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def post_again_in_another_order(self, data) -> None:
        put(self.feed, *data.draw(st.permutations(self.posted[-12:])), received_at=self.now)

    @rule(limit=st.sampled_from((1, 64, 200, 5000)))
    def apply(self, limit: int) -> None:
        apply_waiting(now=self.now, limit=limit)

    @rule(partner=st.sampled_from(PARTNER_IDS), owner=st.integers(0, 2))
    def declare(self, partner: str, owner: int) -> None:
        row, _new = PartnerId.objects.update_or_create(
            account=self.feed.account, value=partner, defaults={"tenant": self.tenants[owner], "declared_at": self.now}
        )
        PartnerMove.objects.get_or_create(tenant=self.tenants[owner], partner=row, state="queued")
        run_moves()

    @rule(number=st.sampled_from(NUMBERS), owner=st.integers(0, 2))
    def erase(self, number: str, owner: int) -> None:
        erase_number(number=number, tenant=self.tenants[owner], actor="tests")
        assert not Message.objects.filter(tenant=self.tenants[owner], destination=number).exists()

    @rule(key=st.sampled_from(("store", "phone")), owner=st.integers(0, 2), has_worker=st.booleans())
    def choose_or_remove_a_key(self, key: str, owner: int, has_worker: bool) -> None:
        chosen = SegmentKey.objects.filter(tenant=self.tenants[owner], key=key, removed=False).first()
        if chosen is None:
            segment_keys.choose(tenant=self.tenants[owner], key=key, actor="tests", now=self.now)
        else:
            segment_keys.remove(key=chosen, actor="tests", now=self.now)
        if has_worker:
            segment_keys.run_segment_keys()

    @rule()
    def replay_the_whole_inbox(self) -> None:
        replay_inbox(start=NOW - DAY, end=NOW + 400 * DAY, actor="tests")

    @rule()
    def replay_quarantine(self) -> None:
        quarantine.replay(actor="tests", now=self.now)

    @rule(days=st.sampled_from((0, 1, 2)))
    def go_on_and_take_what_is_too_old(self, days: int) -> None:
        self.now += days * DAY
        apply_retention(now=self.now)

    @invariant()
    def counts_are_the_rows(self) -> None:
        if not hasattr(self, "feed"):
            return
        assert list(map(str, find_differences())) == []
        hours = balances_between(datetime(2026, 11, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
        assert [text for balance in hours for text in balance.problems] == []

    @invariant()
    def messages_are_what_their_reports_say(self) -> None:
        """The states of a message follow from its stored reports alone, folded in any order: here in reverse."""
        if not hasattr(self, "feed"):
            return
        codes = code_tables()["link"]
        history = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT message_id, part, result_code, status_at FROM delivery_report WHERE account_id = %s"
                " ORDER BY inbox_id DESC",
                [self.feed.account_id],
            )
            for message_id, part, code, at in cursor.fetchall():
                history[message_id].append((part, fold.State(code, at)))
        stored = {
            m.message_id: (m.status, m.result_code, m.final, m.status_at)
            for m in Message.objects.filter(account_id=self.feed.account_id)
        }
        expected = {}
        for message_id, states in history.items():
            message = Message.objects.get(account_id=self.feed.account_id, message_id=message_id)
            folded = fold.Folded(self.feed.account_id, message_id, parts=message.parts, sent_at=message.sent_at)
            fold.restate(folded, states, codes=codes)
            expected[message_id] = (folded.status, folded.result_code, folded.final, folded.status_at)
        assert stored == expected

    @invariant()
    def nothing_old_is_left_and_nothing_is_lost(self) -> None:
        if not hasattr(self, "feed"):
            return
        for tenant in self.tenants:
            tenant.refresh_from_db()
            mark = getattr(tenant, "retention_mark", None)
            if mark is not None and mark.numbers_before:
                old = Message.objects.filter(tenant=tenant, day__lt=mark.numbers_before, destination__startswith="+")
                assert list(old.values_list("message_id", "day")) == []
        assert set(QuarantinedRow.objects.values_list("reason", flat=True)) <= {
            "not JSON", "empty array", "missing field", "out of range", "past retention",
        }  # fmt: skip


@pytest.mark.timeout(3600)
def test_counts_are_the_rows_whatever_happens_in_whatever_order(db, request):
    is_long = request.config.getoption("--long")
    run_state_machine_as_test(
        Portal,
        settings=settings(
            max_examples=150 if is_long else 10,
            stateful_step_count=40 if is_long else 20,
            deadline=None,
            derandomize=not is_long,
            suppress_health_check=list(HealthCheck),
        ),
    )

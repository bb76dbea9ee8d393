"""Counts match the rows, and messages match their reports, after any events in any order (Hypothesis).

Shown to fail, in copies with these faults: a state is the last report's, not the greatest; a duplicate is counted as a
message, or as a report; a key that a message left stays counted; an erased number stays or returns; a replay writes
reports again; an old message is not found; a filter outlives a new message of its month; parts beat the whole; a row
ends without its report; a sealed day accepts a report.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import orjson
import pytest
from django.db import transaction
from django.db.models import Max
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns import segments
from campaigns.models import SegmentKey, SegmentValue
from deliveries.applying import quarantine
from deliveries.applying.apply import apply_waiting
from deliveries.applying.replay import replay_inbox
from deliveries.checks.reconcile import find_differences, repair
from deliveries.checks.reconcile_parameters import find_parameter_differences
from deliveries.counts import segment_fold
from deliveries.counts.changes import TABLES, CountTable
from deliveries.erasure.erase import erase_number
from deliveries.messages import month_filters, partitions
from deliveries.models import Message, PartnerMove
from deliveries.rederiving import segment_keys
from deliveries.rederiving.moves import run_moves
from deliveries.retention.retention import apply_retention
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission
from tests.faults import oracle
from tests.running import say

pytestmark = [pytest.mark.django_db, pytest.mark.any_python]

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


submissions = st.builds(
    lambda number, age, after, partner, to, has_ref_id: (
        submission(f"m{number}", partner_id=partner)
        | {"submitted_at": f"{NOW - age * DAY + timedelta(seconds=after):%Y-%m-%dT%H:%M:%SZ}"}
        | ({"destination": NUMBERS[to]} if to is not None else {})
        | ({"ref_id": f"submitted-{number % 3}"} if has_ref_id else {})
    ),
    st.integers(0, 7),  # of two of them no report ever comes
    ages,
    seconds,
    st.sampled_from((*PARTNER_IDS, "four")),
    st.sampled_from((None, 0, 1)),
    st.booleans(),
)
limits = st.sampled_from((0, 1, 64, 5000))  # rows in a batch; 0: they wait


class Portal(RuleBasedStateMachine):
    """One account, three tenants with other zones and retention, and all that may befall their messages."""

    steps: Counter  # what all runs did, for the test's last words

    @initialize()
    def begin(self) -> None:
        self.steps["runs"] += 1
        self.now = NOW
        self.posted: list[dict | bytes] = []
        self.submitted: dict[str, set[datetime]] = defaultdict(set)
        self.raw: dict[int, bytes] = {}  # all that ever was in the inbox, also what retention has taken
        self.taken = 0  # reports that retention has taken
        self.gone: set[str] = set()  # messages that retention has taken
        self.erased: set[str] = set()  # messages whose number was erased
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
        self.declare(partner="one", owner=0)
        self.declare(partner="two", owner=1)  # whose messages retention takes first

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            partitions.forget()

    def put(self, *bodies: dict | bytes) -> None:
        self.steps["bodies"] += len(bodies)
        put(self.feed, *bodies, received_at=self.now)
        self.raw |= {
            id_: bytes(body) for id_, body in oracle.rows("SELECT id, body FROM inbox WHERE feed_id = %s", self.feed.id)
        }

    @rule(new=st.lists(bodies, min_size=1, max_size=8), limit=limits)
    def post(self, new: list, limit: int) -> None:
        self.posted += new
        self.put(*new)
        self.apply(limit)

    @rule(new=st.lists(reports, min_size=1, max_size=8), is_array=st.booleans(), limit=limits)
    def post_in_one_body(self, new: list, is_array: bool, limit: int) -> None:
        self.posted += new
        pieces = list(map(orjson.dumps, new))
        self.put(b"[" + b",".join(pieces) + b"]" if is_array else b"\n".join(pieces))
        self.apply(limit)

    @precondition(lambda self: self.posted)
    @rule(data=st.data(), limit=limits)
    def post_again_in_another_order(self, data, limit: int) -> None:
        self.put(*data.draw(st.permutations(self.posted[-12:])))
        self.apply(limit)

    @rule(new=st.lists(submissions, min_size=1, max_size=6), is_claim=st.booleans())
    def submit(self, new: list, is_claim: bool) -> None:
        self.steps["submissions"] += len(new)
        hand_in(self.feed.account, *new, received_at=self.now, is_claim=is_claim)
        for item in new:
            self.submitted[item["message_id"]].add(datetime.fromisoformat(item["submitted_at"]))

    @rule(limit=limits)
    def apply(self, limit: int) -> None:
        if limit:
            known = set(oracle.past_retention())  # a move may bring some there, until retention comes by
            self.steps["applied"] += apply_waiting(now=self.now, limit=limit).claimed
            assert set(oracle.past_retention()) <= known

    @rule(partner=st.sampled_from(PARTNER_IDS), owner=st.integers(0, 2))
    def declare(self, partner: str, owner: int) -> None:
        row, _new = PartnerId.objects.update_or_create(
            account=self.feed.account, value=partner, defaults={"tenant": self.tenants[owner], "declared_at": self.now}
        )
        PartnerMove.objects.get_or_create(tenant=self.tenants[owner], partner=row, state="queued")
        run_moves()

    def people(self) -> list[tuple[str, int]]:
        """Return the numbers that messages hold, each with a tenant of theirs."""
        held = Message.objects.filter(destination__startswith="+")
        return sorted(held.values_list("destination", "tenant_id").distinct())

    @precondition(people)
    @rule(data=st.data())
    def erase(self, data) -> None:
        number, tenant_id = data.draw(st.sampled_from(self.people()))
        holding = Message.objects.filter(tenant_id=tenant_id, destination=number)
        self.erased |= set(holding.values_list("message_id", flat=True))
        tenant = Tenant.objects.get(id=tenant_id)
        self.steps["numbers erased"] += erase_number(number=number, tenant=tenant, actor="tests")
        assert not holding.exists()

    @rule(key=st.sampled_from(("store", "phone")), owner=st.integers(0, 2), has_worker=st.booleans())
    def choose_or_remove_a_key(self, key: str, owner: int, has_worker: bool) -> None:
        chosen = SegmentKey.objects.filter(tenant=self.tenants[owner], key=key, removed=False).first()
        if chosen is None:
            segment_keys.choose(tenant=self.tenants[owner], key=key, actor="tests", now=self.now)
        else:
            segment_keys.remove(key=chosen, actor="tests", now=self.now)
        if has_worker:
            segment_keys.run_segment_keys()

    @rule(owner=st.integers(0, 2), month=st.integers(9, 12), room=st.integers(0, 2))
    def leave_little_room_for_values(self, owner: int, month: int, room: int) -> None:
        """Earlier values have taken the places of each chosen key's month; registered ones stay."""
        of_month = {"tenant": self.tenants[owner], "month": date(2026, month, 1)}
        for key in SegmentKey.objects.filter(tenant=self.tenants[owner], position__isnull=False):
            last = SegmentValue.objects.filter(**of_month, key=key.key).aggregate(last=Max("number"))["last"] or 0
            number = max(segments.MAX_VALUES - room, last)
            SegmentValue.objects.update_or_create(**of_month, key=key.key, value="taken", defaults={"number": number})
            self.steps["months with little room"] += 1

    @rule()
    def make_filters_of_past_months(self) -> None:
        self.steps["filters"] += month_filters.make(now=self.now)

    @rule(most=st.sampled_from((1, 3, 1000)))
    def fold_changes_of_segments(self, most: int) -> None:
        ((waiting,),) = oracle.rows("SELECT count(*) FROM segment_change")
        assert segment_fold.fold(limit=most) == min(waiting, most)
        self.steps["changes folded"] += min(waiting, most)

    @rule()
    def replay_the_whole_inbox(self) -> None:
        replay_inbox(start=NOW - DAY, end=NOW + 400 * DAY, actor="tests")

    @rule()
    def replay_quarantine(self) -> None:
        quarantine.replay(actor="tests", now=self.now)

    @precondition(lambda self: Message.objects.exists())
    @rule(table=st.sampled_from(TABLES), by=st.sampled_from((-3, 1)))
    def reconcile_after_a_count_went_wrong(self, table: CountTable, by: int) -> None:
        """A count of a day that has messages and is not sealed; a move may bring messages to days that are."""
        if table.time != "day":
            began = {
                "hour": "date_trunc('hour', sent_at, 'UTC')",
                "quarter": "date_bin('15 min', sent_at, '2000-01-01Z')",
            }
            open_ones = f"(tenant_id, {table.time}) IN (SELECT tenant_id, {began[table.time]} FROM message)"
            sealed = f"{table.time} < r.hours_before"
        else:
            open_ones, sealed = "(tenant_id, day) IN (SELECT tenant_id, day FROM message)", "day < r.messages_before"
        open_ones += f" AND NOT EXISTS (SELECT 1 FROM retention_mark r WHERE r.tenant_id = c.tenant_id AND c.{sealed})"
        planted = oracle.rows(
            f"UPDATE {table.stored} SET messages = messages + %s WHERE ctid = ANY (ARRAY("
            f"SELECT ctid FROM {table.stored} c WHERE {open_ones} LIMIT 1)) RETURNING 1",
            by,
        )
        found = find_differences()
        assert [difference.table for difference in found] == [table] * len(planted)
        repair(found)
        self.steps["counts mended"] += len(found)

    @precondition(lambda self: self.now < NOW + 200 * DAY)  # later all reports are out of the gateway's window
    @rule(days=st.sampled_from((0, 1, 30)))
    def go_on_and_take_what_is_too_old(self, days: int) -> None:
        self.now += days * DAY
        before, totals = self.kept(), oracle.totals()
        apply_retention(now=self.now)
        after = self.kept()
        assert oracle.totals() == totals
        assert oracle.past_retention() == []
        self.taken += before[0] - after[0]
        self.gone |= before[1] - after[1]
        self.steps["messages taken by retention"] += len(before[1] - after[1])
        self.erased &= after[1]  # under the same id another message may come, on another day

    def kept(self) -> tuple[int, set[str]]:
        ((reports_kept,),) = oracle.rows("SELECT count(*) FROM delivery_report")
        return reports_kept, set(Message.objects.values_list("message_id", flat=True))

    @invariant()
    def nothing_is_wrong(self) -> None:
        if not hasattr(self, "feed"):
            return
        assert oracle.counts() == []
        assert oracle.segment_sums() == []
        assert list(map(str, find_parameter_differences())) == []
        assert oracle.doubles(self.taken) == []
        assert oracle.states(self.feed, self.raw, self.submitted, now=self.now) == []
        assert oracle.lost(self.feed, self.raw, gone=self.gone) == []
        assert oracle.owners(self.feed) == []
        assert oracle.numbers(self.erased) == []
        assert oracle.strange_quarantine() == []


@pytest.mark.timeout(3600)
def test_counts_are_the_rows_whatever_happens_in_whatever_order(db, request):
    """The short round is the same every time; a long one is repeated with `--long --hypothesis-seed=SEED`."""
    machine, is_long = Portal, request.config.getoption("--long")
    if is_long:
        number = int(request.config.getoption("--hypothesis-seed") or time.time_ns() // 1000)
        machine = seed(number)(Portal)
        say(f"seed {number}")
    Portal.steps = Counter()
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150 if is_long else 12,
            stateful_step_count=40 if is_long else 25,
            deadline=None,
            derandomize=not is_long,
            suppress_health_check=list(HealthCheck),
        ),
    )
    say(f"{dict(Portal.steps)}")
    wanted = ["bodies", "applied"]
    if is_long:  # a short one need not come to all of it
        wanted += ["messages taken by retention", "numbers erased", "counts mended", "filters"]
    assert [name for name in wanted if not Portal.steps[name]] == []

"""Submissions on their way: from the API's request into the inbox, and from there into the applier's batch."""

from collections.abc import Iterable

from msgspec import Struct

from deliveries.applying.sealed_days import PAST_RETENTION
from deliveries.dialects import submission as dialect
from deliveries.dialects.report import Submission
from deliveries.ingest.inbox import INSERT, NewRow, packed_columns
from deliveries.messages import fold
from deliveries.messages.raw_row import BrokenRow, RawRow
from deliveries.messages.slices import slice_of
from deliveries.messages.store import Key
from portal.common.bulk import bulk_cursor
from portal.tenants.models import Feed
from portal.tenants.scope import ingest_scope

FEED_NAME = "(submissions)"  # no feed that people make can be called so
ANOTHERS = "another partner ID"
WRITE_WITHIN = 5  # seconds


class Submitted(Struct, frozen=True, gc=False):
    """A raw row that is a submission; part of a batch's reports (deliveries/messages/delivery_reports.py)."""

    row: RawRow
    key: Key
    dialect: str
    submission: Submission


# --- into the inbox


def put_in_inbox(bodies: Iterable[tuple[int, str, bytes]], *, peer: str | None) -> int:
    """Put raw rows (account id, message id, body) into the inbox; return how many.

    The role that takes reports in writes them, since no page's role can: in the web process by a login and a
    transaction of its own, which is committed before this returns. A request that fails after that may be sent again,
    as one whose answer was lost. Raises OperationalError where the inbox cannot be written.
    """
    rows = list(bodies)
    feeds = {account_id: feed_of(account_id) for account_id in sorted({account_id for account_id, _id, _body in rows})}
    new = [
        NewRow(feeds[account_id], slice_of(account_id, message_id), body, peer) for account_id, message_id, body in rows
    ]
    if new:
        with ingest_scope(), bulk_cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{WRITE_WITHIN}s'")  # a database that hangs is said to
            cursor.execute(INSERT, packed_columns(new))
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    return len(new)


def feed_of(account_id: int) -> int:
    """Return the feed of the account's submissions, created by the first one."""
    with ingest_scope():
        known = Feed.objects.filter(account_id=account_id, kind=Feed.Kind.SUBMISSIONS).values_list("id", flat=True)
        if (feed_id := known.first()) is not None:
            return feed_id
        # All feeds of an account speak one dialect: its result codes say what a message's state is.
        spoken = Feed.objects.filter(account_id=account_id).order_by("id").values_list("dialect", flat=True).first()
        feed, _new = Feed.objects.get_or_create(
            account_id=account_id,
            kind=Feed.Kind.SUBMISSIONS,
            defaults={"name": FEED_NAME, "dialect": spoken or "link"},
        )
    return feed.id


# --- in the applier


def parse_row(row: RawRow, *, account_id: int, codes_of: str) -> Submitted:
    """Read one raw row; `codes_of` is the dialect of the account's result codes. Raises Unreadable."""
    handed_in = dialect.parse(row.body, received_at=row.received_at, accept_days=row.accept_days)
    return Submitted(row, (account_id, handed_in.message_id), codes_of, handed_in.submission)


class SubmissionBatch:
    """Results of a batch's submissions: the inbox ids of those with new data, and those rejected."""

    def __init__(self) -> None:
        self.new: set[int] = set()
        self.refused: list[BrokenRow] = []

    def add(self, message: fold.Folded, row: RawRow, submission: Submission) -> None:
        """Fold one submission into its message; one without new data is a duplicate and changes nothing."""
        if fold.is_anothers(message, submission):
            self.refused.append(BrokenRow(row, ANOTHERS, "the message is known under another platformPartnerId"))
            return
        before = message.copy()
        fold.add_submission(message, submission)
        if message != before:
            self.new.add(row.id)
        if message.received_at is None or row.received_at < message.received_at:
            message.received_at = row.received_at

    def refuse(self, submitted: list[Submitted], why: dict[Key, str]) -> list[BrokenRow]:
        """Return the submissions of messages that may not change any more, with the reasons by identity."""
        anothers = {item.row.id for item in self.refused}
        late = [item for item in submitted if item.key in why and item.row.id not in anothers]
        self.new -= {item.row.id for item in late}
        return [BrokenRow(item.row, PAST_RETENTION, why[item.key]) for item in late]

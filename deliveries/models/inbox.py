"""The inbox: raw rows, the to-do list, quarantined rows, and their counts.

These tables belong to no tenant; the web role has no grant on them (portal/tenants/wall.py).
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.masking import Masking
from portal.tenants.models import Feed


class Request(models.Model):
    """The request of a raw row: '' means POST, no query, JSON and a body that is not compressed."""

    method = models.TextField(blank=True, db_default="", default="")
    query = models.TextField(blank=True, db_default="", default="")
    content_type = models.TextField(blank=True, db_default="", default="")
    content_encoding = models.TextField(blank=True, db_default="", default="")

    class Meta:
        abstract = True

    @property
    def request_line(self) -> str:
        """Return method, query, content type and encoding for people, as far as they are not the usual ones."""
        line = self.method or "POST"
        line += f" ?{self.query}" if self.query else ""
        line += f", {self.content_type}" if self.content_type else ""
        return line + (f", Content-Encoding: {self.content_encoding}" if self.content_encoding else "")


class InboxRow(Request):
    """One delivery report byte for byte as received, or one submission; append-only.

    Partitioned by day of receipt (UTC).
    """

    pk = models.CompositePrimaryKey("received_at", "id")
    id = models.BigIntegerField()
    feed = models.ForeignKey(Feed, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    received_at = models.DateTimeField()
    peer = models.GenericIPAddressField(null=True)
    slice = models.SmallIntegerField()
    # an archive's import may accept older times than the gateway's 400 days (docs/link.md section 5.6)
    accept_days = models.IntegerField(null=True)
    import_run = models.ForeignKey(
        "ImportRun", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    body = models.BinaryField()

    class Meta:
        db_table = "inbox"


class WaitingRow(models.Model):
    """An inbox row that is still to be applied; deleted in the transaction that applies it."""

    pk = models.CompositePrimaryKey("slice", "id")
    slice = models.SmallIntegerField()
    id = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "inbox_todo"


class QuarantinedRow(Request):
    """A row that could not be applied, with the reason; stays until somebody replays or discards it.

    waiting ──replay──► replayed (back in inbox_todo)      waiting ──discard, with a reason──► discarded
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        REPLAYED = "replayed", _("Replayed")
        DISCARDED = "discarded", _("Discarded")

    inbox_id = models.BigIntegerField(db_index=True)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    accept_days = models.IntegerField(null=True)
    import_run = models.ForeignKey("ImportRun", null=True, on_delete=models.PROTECT, related_name="+")
    body = models.BinaryField()
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=500)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    quarantined_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=254, blank=True)
    resolution = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "quarantine"
        verbose_name = _("quarantined row")
        indexes = [
            # the admin's list and the count on its first page
            models.Index(fields=["state", "reason", "-id"], name="quarantine_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} ({self.inbox_id})"


class IngestCount(models.Model):
    """Results of the rows that a feed received in an hour (UTC).

    received = reports + submissions + duplicates + quarantined + other_channels

    `received` is counted when a row is applied, so the waiting ones are not in it yet; a replayed row that was
    quarantined moves from `quarantined` to the column that it then belongs to. `replayed` is how many of the hour's raw
    rows were put on the to-do list a second time (deliveries/applying/replay.py). `erased` is how many raw rows were
    deleted because they held a phone number that was erased (deliveries/erasure/raw_rows.py). Rows
    are kept for ever.
    """

    pk = models.CompositePrimaryKey("feed_id", "hour")
    feed = models.ForeignKey(Feed, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    hour = models.DateTimeField()
    received = models.BigIntegerField(db_default=0)
    reports = models.BigIntegerField(db_default=0)
    submissions = models.BigIntegerField(db_default=0)
    duplicates = models.BigIntegerField(db_default=0)
    quarantined = models.BigIntegerField(db_default=0)
    clock_oddities = models.BigIntegerField(db_default=0)
    replayed = models.BigIntegerField(db_default=0)
    erased = models.BigIntegerField(db_default=0)
    other_channels = models.BigIntegerField(db_default=0)  # events of other channels than SMS, by ChannelCount too

    class Meta:
        db_table = "ingest_count"


class ChannelCount(models.Model):
    """Events of other channels than SMS that a feed received on a day (UTC): kept as raw rows, without a message.

    Each received event counts, repeats and replays included: without a message nothing tells a repeat.
    """

    pk = models.CompositePrimaryKey("feed_id", "day", "channel")
    feed = models.ForeignKey(Feed, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    day = models.DateField()
    channel = models.CharField(max_length=40)
    events = models.BigIntegerField()

    class Meta:
        db_table = "channel_count"


class RefusalCount(models.Model):
    """Rejected requests of a feed in an hour (UTC), by reason (deliveries/ingest/refusals.py).

    Feed 0 is for requests whose token belongs to no feed. Rows are kept permanently; none holds a phone number.
    """

    pk = models.CompositePrimaryKey("feed_id", "hour", "reason")
    feed_id = models.IntegerField()
    hour = models.DateTimeField()
    reason = models.CharField(max_length=40)
    refusals = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "refusal_count"
        indexes = [
            # the admin's first page and the standing check: the last hours of all feeds
            models.Index(fields=["hour"], name="refusal_count_by_hour"),
        ]


class ImportRun(models.Model):
    """An archive being imported by `import_dlrs`; `rows` moves with the rows, so that a stopped import can go on.

    It is the archive's only while its bytes, its feed and `accept_days` are the same.
    """

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+")
    # of the whole file; empty where it is not known (an import of an older version, a file that changed meanwhile)
    sha256 = models.CharField(max_length=64, blank=True)
    accept_days = models.IntegerField(null=True)
    file_name = models.CharField(max_length=300)
    file_size = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(default=0)  # that it put into the inbox
    position = models.BigIntegerField(default=0)  # bytes of the file that were read for them
    problem = models.CharField(max_length=300, blank=True)  # why it ended before the archive's end
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_run"
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "sha256", "accept_days"],
                condition=models.Q(finished_at=None) & ~models.Q(sha256=""),
                nulls_distinct=False,
                name="import_run_open_once",
            )
        ]

    def __str__(self) -> str:
        return Masking(in_full=False).text(self.file_name)


class ImportCount(models.Model):
    """Results of an import's rows.

    rows of the run + replayed = reports + duplicates + quarantined + events of other channels, and those that wait
    """

    class Outcome(models.TextChoices):
        REPORT = "report", _("New report")
        DUPLICATE = "duplicate", _("Duplicate")
        QUARANTINED = "quarantined", _("Quarantined")
        REPLAYED = "replayed", _("Replayed")
        OTHER = "other", _("Event of another channel")

    pk = models.CompositePrimaryKey("run_id", "outcome", "reason")
    run = models.ForeignKey(ImportRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    outcome = models.CharField(max_length=11, choices=Outcome.choices)
    reason = models.CharField(max_length=40)  # of quarantined rows, else empty
    rows = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "import_count"

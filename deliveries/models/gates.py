"""Gates: where a tenant's delivery reports and events are sent to, what waits to be sent, and what was sent.

Deliveries, attempts and counts refer to their gate without a constraint: they are written by the thousand, and a gate
deletes them itself (deliveries/gates/changing.py).
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.tenants.models import Tenant

DEFAULT_TTL = 172_800_000  # milliseconds; LINK's default
MAX_TTL = 14 * 86_400_000
MAX_BATCH = 100
MAX_THROTTLE = 10_000  # requests per second
MAX_URL = 2_000


class GateFilter(models.Model):
    """The reports that a gate forwards: those that pass all of its filters. An empty filter matches all.

    `partner_ids` says whose gate it is, too: of one PPID it shows in the shape of LINK's Gate API.
    """

    partner_ids = ArrayField(models.TextField(), default=list, blank=True)
    final_only = models.BooleanField(_("final states only"), default=False)
    statuses = ArrayField(models.TextField(), default=list, blank=True)
    countries = ArrayField(models.TextField(), default=list, blank=True)
    campaign_ids = ArrayField(models.IntegerField(), default=list, blank=True)
    ref_id_prefix = models.CharField(_("the refId begins with"), max_length=300, blank=True, default="")
    parameter_key = models.CharField(_("custom parameter"), max_length=300, blank=True, default="")
    parameter_value = models.CharField(_("value of the custom parameter"), max_length=300, blank=True, default="")

    class Meta:
        abstract = True


class Gate(Changed, GateFilter):
    """A tenant's rule by which delivery reports, events or both are sent to its destinations.

    While it is paused or off, its deliveries are held: nothing is sent and their time to live stands still. `held_ms`
    is how long it was held before its present state.
    """

    class Type(models.TextChoices):
        """Choice of the destinations that get a report."""

        ALL = "ALL", _("All destinations")
        ONE_ORDERED = "ONE_ORDERED", _("The first that answers, in order")
        ONE_RANDOM = "ONE_RANDOM", _("One, at random")

    class Body(models.TextChoices):
        """Form of what is sent: LINK's report in the destination's content type, or the portal's own event as JSON."""

        LINK = "link", _("LINK's delivery report")
        EVENT = "event", _("The portal's event")

    class Event(models.TextChoices):
        """Events that a gate may send beside delivery reports, or in their place."""

        REPORT_READY = "report.ready", _("Report finished")
        EXPORT_READY = "export.ready", _("Export finished")
        ALERT_OPENED = "alert.opened", _("Alert opened")
        ALERT_CLOSED = "alert.closed", _("Alert closed")

    class State(models.TextChoices):
        """State of a gate."""

        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        OFF = "off", _("Switched off")

    class OffReason(models.TextChoices):
        """Reason why the portal switched it off."""

        GONE = "gone", _("The receiver answered 410 Gone")
        FAILING = "failing", _("Nothing arrived for five days")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="gates")
    public_id = models.CharField(max_length=20, unique=True)
    ref_id = models.CharField(_("reference"), max_length=255)
    name = models.CharField(_("name"), max_length=200)
    gate_type = models.CharField(_("type"), max_length=11, choices=Type.choices, default=Type.ONE_ORDERED)
    ttl_ms = models.BigIntegerField(
        _("time to live (ms)"), default=DEFAULT_TTL, validators=[MinValueValidator(1000), MaxValueValidator(MAX_TTL)]
    )
    acknowledge = models.BooleanField(_("the answer must have a body"), default=False)
    throttle = models.PositiveIntegerField(
        _("requests per second"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_THROTTLE)],
    )  # fmt: skip
    custom_parameters = models.JSONField(default=dict, blank=True)
    body = models.CharField(_("body"), max_length=5, choices=Body.choices, default=Body.LINK)
    batch_size = models.PositiveSmallIntegerField(
        _("reports per request"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_BATCH)]
    )
    # what it sends
    forwards_reports = models.BooleanField(_("delivery reports"), default=True, db_default=True)
    events = ArrayField(models.CharField(max_length=30, choices=Event.choices), default=list, db_default=[], blank=True)
    # its state
    state = models.CharField(max_length=6, choices=State.choices, default=State.ACTIVE)
    state_at = models.DateTimeField(db_default=Now())
    off_reason = models.CharField(max_length=7, choices=OffReason.choices, blank=True, default="")
    held_ms = models.BigIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)  # of the first failure since anything arrived
    mailed = models.PositiveSmallIntegerField(default=0)  # mails that were sent about this failure
    # its secrets, encrypted
    secret_sealed = models.TextField(editable=False)
    old_secret_sealed = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    made_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "gate"
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            # LINK's rule: a reference is unique within a platformPartnerId.
            models.UniqueConstraint(fields=["tenant", "partner_ids", "ref_id"], name="gate_ref_id_once"),
            models.UniqueConstraint(fields=["tenant", "id"], name="gate_of_tenant"),
            models.CheckConstraint(condition=models.Q(ttl_ms__gte=1, ttl_ms__lte=MAX_TTL), name="gate_ttl"),
            models.CheckConstraint(condition=models.Q(batch_size__gte=1, batch_size__lte=MAX_BATCH), name="gate_batch"),
            models.CheckConstraint(
                condition=models.Q(forwards_reports=True) | ~models.Q(events=[]), name="gate_sends_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.name}"

    @property
    def event_names(self) -> list[str]:
        """The names of its events for people."""
        return [str(self.Event(event).label) for event in self.events]


class GateDestination(models.Model):
    """One URL of a gate. Its password and headers are encrypted: headers may hold credentials, too."""

    class Method(models.TextChoices):
        """HTTP method of its requests."""

        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        GET = "GET", "GET"

    JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
    CONTENT_TYPES: ClassVar = [(JSON, "JSON"), (XML, "XML"), (FORM, _("Form pairs"))]

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="destinations")
    position = models.PositiveSmallIntegerField()
    url = models.CharField("URL", max_length=MAX_URL)
    content_type = models.CharField(max_length=40, choices=CONTENT_TYPES, default=JSON)
    method = models.CharField(max_length=4, choices=Method.choices, default=Method.POST)
    template = models.CharField(max_length=2_000, blank=True, default="")
    username = models.CharField(max_length=255, blank=True, default="")
    password_sealed = models.TextField(blank=True, default="", editable=False)
    headers_sealed = models.TextField(blank=True, default="", editable=False)  # JSON: a list of "name:value"
    custom_parameters = models.JSONField(default=dict, blank=True)  # those that the portal does not use

    class Meta:
        db_table = "gate_destination"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["gate", "position"], name="gate_destination_position")]

    def __str__(self) -> str:
        return self.url


class GateDelivery(models.Model):
    """One delivery report or event that waits to be sent by one gate; the row is deleted with its last attempt.

    Of an event `inbox_id` is its id below zero, `account_id` is 0 and `message_id` is the event's public id.
    `inbox_id` is the report's: with the gate it makes the webhook-id, so retries and replays have the same. `done` are
    the destinations that have it already. A claim gives it a token and moves `due_at` to the end of the claim's lease:
    of a dispatcher that was killed, it is due again by itself.
    """

    pk = models.CompositePrimaryKey("tenant_id", "gate_id", "inbox_id")
    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    gate = models.ForeignKey(Gate, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    inbox_id = models.BigIntegerField()
    account_id = models.IntegerField()
    message_id = models.TextField(db_collation="C")
    day = models.DateField()  # of the message when it was queued
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    held_ms = models.BigIntegerField(default=0, db_default=0)  # how long the gate had been held by then
    attempts = models.SmallIntegerField(default=0, db_default=0)
    done = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    replay_id = models.BigIntegerField(null=True)  # sent again by a replay: one attempt
    token = models.BigIntegerField(null=True)

    class Meta:
        db_table = "gate_delivery"
        indexes = [
            models.Index(fields=["gate", "due_at"], name="gate_delivery_due"),
            models.Index(fields=["account_id", "message_id"], name="gate_delivery_message"),
            # what waits of a replay
            models.Index(
                fields=["replay_id"], name="gate_delivery_replay", condition=models.Q(replay_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate_id} {self.inbox_id}"


class GateEvent(models.Model):
    """One event that gates send, such as a finished export. Kept for as long as an attempt may be repeated.

    `public_id` is its webhook-id: the same at all gates and in every attempt. `sealed` is its body, encrypted; it holds
    no phone numbers (deliveries/gates/events.py).
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    public_id = models.CharField(max_length=40)
    type = models.CharField(max_length=30, choices=Gate.Event.choices)
    at = models.DateTimeField()
    sealed = models.TextField(editable=False)

    class Meta:
        db_table = "gate_event"
        indexes = [models.Index(fields=["at"], name="gate_event_at")]  # for its retention, and the metrics of an hour

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.type} {self.public_id}"


class GateAttempt(models.Model):
    """One request of a gate and its answer, or the end of a delivery without one. Kept for 30 days.

    `number` counts a delivery's rounds from 1; 0 is a test. A batch writes a row for each of its reports. `outcome` is
    `delivered`, `not_acknowledged`, `http_<status>`, an error of sending (portal/common/egress), or `expired`, `moved`
    or `gone` where nothing was sent. `is_last`: nothing follows for this delivery. An event has the ids that its
    delivery had.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    gate = models.ForeignKey(Gate, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    destination_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    inbox_id = models.BigIntegerField(null=True)
    account_id = models.IntegerField(null=True)
    message_id = models.TextField(db_collation="C")
    day = models.DateField(null=True)
    number = models.SmallIntegerField()
    outcome = models.CharField(max_length=24)
    is_last = models.BooleanField(default=False, db_default=False)
    ms = models.IntegerField(null=True)
    method = models.CharField(max_length=4, blank=True, default="", db_default="")
    url = models.TextField(blank=True, default="", db_default="")
    request_headers = models.TextField(blank=True, default="", db_default="")  # one a line, secrets masked
    request_body = models.TextField(blank=True, default="", db_default="")
    answer = models.TextField(blank=True, default="", db_default="")  # its first 4,000 characters
    is_masked = models.BooleanField(default=False, db_default=False)  # the number had been erased
    replay_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "gate_attempt"
        indexes = [
            models.Index(fields=["gate", "-at", "-id"], name="gate_attempt_newest"),
            models.Index(fields=["account_id", "message_id"], name="gate_attempt_message"),
            models.Index(fields=["at"], name="gate_attempt_at"),
            # what came of a replay
            models.Index(
                fields=["replay_id", "outcome"],
                name="gate_attempt_replay",
                condition=models.Q(replay_id__isnull=False, is_last=True),
            ),
            # those that failed, of gates where few do
            models.Index(
                fields=["gate", "-at", "-id"], condition=~models.Q(outcome="delivered"), name="gate_attempt_failed"
            ),
        ]

    @property
    def is_event(self) -> bool:
        """Tell whether an event was sent, not a delivery report."""
        return self.inbox_id is not None and self.inbox_id < 0

    def __str__(self) -> str:
        return f"{self.gate_id} {self.at} {self.outcome}"


class GateHour(models.Model):
    """Number of a gate's attempts with an outcome in an hour, by the time since the report's receipt.

    `bucket` is a latency bucket (campaigns/latency.py) of what was delivered with its first attempt, else null's -1.
    """

    pk = models.CompositePrimaryKey("tenant_id", "gate_id", "hour", "outcome", "bucket")
    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    gate = models.ForeignKey(Gate, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    hour = models.DateTimeField()
    outcome = models.TextField(db_collation="C")
    bucket = models.SmallIntegerField()
    number = models.BigIntegerField()

    class Meta:
        db_table = "gate_hour"

    def __str__(self) -> str:
        return f"{self.gate_id} {self.hour} {self.outcome}"

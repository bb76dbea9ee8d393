"""Tables of conversion events: the kinds that a tenant names, the events, and uploads of events as files."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.tenants.models import Tenant

MAX_WINDOW = 90 * 24 * 60  # minutes
MAX_EVENT_ID = 200
MAX_KIND = 60
MICROS = 1_000_000  # of a currency's unit


class ConversionKind(Changed):
    """A kind of conversion event, named by the tenant: purchase, sign-up, code confirmed."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="conversion_kinds")
    name = models.CharField(_("name"), max_length=MAX_KIND, db_collation="C")
    window_minutes = models.PositiveIntegerField(
        _("window in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_WINDOW)],
        help_text=_("How long after its delivery a message can have such an event. Empty: the customer's window."),
    )
    is_otp = models.BooleanField(
        _("confirms a one-time password"),
        default=False,
        db_default=False,
        help_text=_("Then figures show the share of confirmed codes and the time to confirm."),
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "conversion_kind"
        verbose_name = _("kind of conversion event")
        verbose_name_plural = _("kinds of conversion events")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="conversion_kind_name"),
            models.UniqueConstraint(fields=["tenant", "id"], name="conversion_kind_of_tenant"),
            models.CheckConstraint(
                condition=Q(window_minutes=None) | Q(window_minutes__gte=1, window_minutes__lte=MAX_WINDOW),
                name="conversion_kind_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConversionUpload(Job):
    """A file of events that a person uploaded; the row is also the job that reads it.

    Its progress is in rows. The file is stored compressed and encrypted, and deleted when the job ends. `errors` has
    one entry for each line that was refused: [line, field, reason]; it holds no value of the file. Undoing an upload
    deletes its events.
    """

    KIND = "conversion_upload"
    SUBJECT = ("id",)

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="conversion_uploads")
    # No constraint: what a deleted person uploaded stays.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    made_by = models.CharField(max_length=254)
    file_name = models.CharField(max_length=200)
    mapping = models.JSONField(default=dict)
    sealed = models.TextField(blank=True, editable=False)
    added = models.PositiveIntegerField(default=0, db_default=0)
    known = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)
    errors = models.JSONField(default=list, db_default=[])
    problem = models.CharField(max_length=40, blank=True, default="", db_default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=254, blank=True, default="", db_default="")
    removed = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "conversion_upload"
        verbose_name = _("upload of conversion events")
        verbose_name_plural = _("uploads of conversion events")
        constraints = [models.UniqueConstraint(fields=["tenant", "id"], name="conversion_upload_of_tenant")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="conversion_upload_newest"),
            models.Index(
                fields=["state", "lease_until"],
                name="conversion_upload_open",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.id}"


class ConversionEvent(Changed):
    """One event, once per tenant and `event_id`, which the sender chooses.

    It belongs to a message (account and message id), to a recipient (key), or to the messages with a custom parameter
    of a value. The columns from `attributed_at` on are the outcome of attribution and written by that alone.
    """

    class Source(models.TextChoices):
        API = "api", _("API")
        UPLOAD = "upload", _("Upload")

    class Reason(models.TextChoices):
        """Reason why an event has no message."""

        NOT_YET = "not_yet", _("Not yet looked at")
        NO_MESSAGE = "no_message", _("No such message, or none to this recipient")
        NOT_DELIVERED = "not_delivered", _("No message was delivered before the event")
        OUTSIDE_WINDOW = "outside_window", _("The last message was delivered too long before the event")
        OTHER_CAMPAIGN = "other_campaign", _("No message of the campaign was delivered to this recipient")
        NOT_INDEXED = "not_indexed", _("The custom parameter is not a segment key, so its messages cannot be found")
        MOVED = "moved", _("The message was moved to another customer")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, db_index=False, related_name="conversion_events")
    # The database's own constraints hold kind, campaign and upload to the tenant too (the app's first migration).
    kind = models.ForeignKey(
        ConversionKind, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="events"
    )
    event_id = models.CharField(max_length=MAX_EVENT_ID, db_collation="C")
    occurred_at = models.DateTimeField()
    value = models.BigIntegerField(null=True, help_text=_("In millionths of the currency's unit."))
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    # what it belongs to: one of these three
    account_id = models.IntegerField(null=True)
    message_id = models.TextField(null=True, db_collation="C")
    recipient_key = models.BinaryField(null=True, max_length=16)
    parameter_key = models.TextField(null=True, db_collation="C")
    parameter_value = models.TextField(null=True, db_collation="C")
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    source = models.CharField(max_length=6, choices=Source.choices)
    upload = models.ForeignKey(
        ConversionUpload,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="events",
    )
    received_at = models.DateTimeField(db_default=Now())
    # written by the attribution
    attributed_at = models.DateTimeField(null=True)
    reason = models.CharField(
        max_length=20, choices=Reason.choices, blank=True, default="not_yet", db_default="not_yet"
    )
    attributed_account_id = models.IntegerField(null=True)
    attributed_message_id = models.TextField(null=True, db_collation="C")
    attributed_message_day = models.DateField(null=True)
    attributed_campaign_id = models.IntegerField(null=True)
    attributed_variant = models.TextField(null=True, db_collation="C")
    delivered_at = models.DateTimeField(null=True)
    is_frozen = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "conversion_event"
        verbose_name = _("conversion event")
        verbose_name_plural = _("conversion events")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "event_id"], name="conversion_event_once"),
            models.CheckConstraint(
                condition=(
                    Q(message_id__isnull=False, account_id__isnull=False, recipient_key=None, parameter_key=None)
                    | Q(message_id=None, account_id=None, recipient_key__isnull=False, parameter_key=None)
                    | Q(message_id=None, account_id=None, recipient_key=None, parameter_key__isnull=False)
                ),
                name="conversion_event_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(parameter_key=None, parameter_value=None)
                | Q(parameter_key__isnull=False, parameter_value__isnull=False),
                name="conversion_event_parameter",
            ),
            models.CheckConstraint(
                condition=Q(value=None, currency="") | (Q(value__isnull=False) & ~Q(currency="")),
                name="conversion_event_has_currency",
            ),
            models.CheckConstraint(
                condition=(Q(reason="") & Q(attributed_message_id__isnull=False))
                | (~Q(reason="") & Q(attributed_message_id=None)),
                name="conversion_event_message_or_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "occurred_at", "id"], name="conversion_event_by_time"),
            models.Index(
                fields=["tenant", "recipient_key"],
                name="conversion_event_by_recipient",
                condition=Q(recipient_key__isnull=False),
            ),
            models.Index(
                fields=["message_id", "account_id"],
                name="conversion_event_by_message",
                condition=Q(message_id__isnull=False),
            ),
            models.Index(
                fields=["tenant", "parameter_key", "parameter_value"],
                name="conversion_event_by_parameter",
                condition=Q(parameter_key__isnull=False),
            ),
            models.Index(
                fields=["attributed_message_id", "attributed_account_id"],
                name="conversion_event_attributed",
                condition=Q(attributed_message_id__isnull=False),
            ),
            models.Index(
                fields=["tenant", "attributed_campaign_id", "attributed_message_day"],
                name="conversion_event_by_campaign",
                condition=Q(attributed_message_id__isnull=False),
            ),
            models.Index(fields=["upload"], name="conversion_event_of_upload", condition=Q(upload__isnull=False)),
            models.Index(fields=["kind"], name="conversion_event_of_kind"),
            models.Index(fields=["tenant", "updated_at", "id"], name="conversion_event_by_change"),  # the API's changes
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.id}"

"""Campaigns, refId schemes, segment keys and their values; conversion events are in campaigns/conversions/models.py.

A campaign is a name taken from refIds by the tenant's scheme. These are tenant config tables: unique keys start with
the tenant, row-level security is forced (portal/tenants/wall.py).
"""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns import ref_ids, segments
from campaigns.conversions.models import ConversionEvent, ConversionKind, ConversionUpload
from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.common.masking import Masking
from portal.tenants.models import Tenant

__all__ = [
    "Campaign",
    "ConversionEvent",
    "ConversionKind",
    "ConversionUpload",
    "RefIdScheme",
    "SegmentKey",
    "SegmentValue",
]

NO_CAMPAIGN_ID = 0  # the message has no refId
OTHER_CAMPAIGNS_ID = -1  # refIds over the tenant's daily limit of new ones


class RefIdScheme(models.Model):
    """A tenant's scheme for refIds: split by a delimiter into campaign, variant and further labels."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="ref_id_scheme")
    delimiter = models.CharField(max_length=8)
    fields = ArrayField(models.CharField(max_length=40, blank=True), size=ref_ids.MAX_FIELDS)

    class Meta:
        verbose_name = _("refId scheme")

    def __str__(self) -> str:
        return self.delimiter.join(self.fields)

    def clean(self) -> None:
        if self.fields is None:  # the form has said that it is missing
            return
        if problems := ref_ids.problems(self.delimiter, self.fields):
            raise ValidationError(problems)

    def as_value(self) -> ref_ids.RefIdScheme:
        return ref_ids.RefIdScheme(delimiter=self.delimiter, fields=tuple(self.fields))


class Campaign(Changed):
    """A campaign of a tenant, registered when its first message is applied.

    The columns from `title` on are what people say about it; all of them are optional. `planned_split` is the weight of
    each variant, `day_notes` a text for each day (ISO 8601), `comparisons` the saved A/B tests by name, each with the
    refIds of its variants. A campaign with `merged_into` is shown as part of that
    one, which is of the same tenant and not merged itself; counts keep their own campaign (campaigns/merging.py).
    """

    id = models.AutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=256, db_collation="C")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True, default="", db_default="")
    note = models.TextField(_("note"), max_length=2000, blank=True, default="", db_default="")
    tags = ArrayField(models.CharField(max_length=40), blank=True, default=list, db_default=[], verbose_name=_("tags"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    planned_start = models.DateField(_("planned start"), null=True, blank=True)
    planned_split = models.JSONField(_("planned split"), blank=True, default=dict, db_default={})
    day_notes = models.JSONField(_("notes on days"), blank=True, default=dict, db_default={})
    comparisons = models.JSONField(_("saved comparisons"), blank=True, default=dict, db_default={})
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    # The database's own constraint holds it to the tenant too (the app's first migration).
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="campaign_name_per_tenant"),
            models.UniqueConstraint(fields=["tenant", "id"], name="campaign_id_per_tenant"),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="campaign_not_merged_into_itself",
            ),
        ]
        indexes = [
            # finds the merged ones: few rows (campaigns/merging.py)
            models.Index(
                fields=["tenant", "merged_into"],
                name="campaign_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            # counts today's new ones against the daily limit (deliveries/applying/attribution.py)
            models.Index(fields=["tenant", "created_at"], name="campaign_by_age"),
            # the admin's search, over all tenants
            models.Index(fields=["name"], name="campaign_by_name"),
            models.Index(fields=["tenant", "updated_at", "id"], name="campaign_by_change"),  # the API's changes
        ]

    def __str__(self) -> str:
        return Masking(in_full=False).text(self.name)  # the administration shows numbers masked


class SegmentKey(Job):
    """A custom parameter or label that a tenant has chosen for searches and figures; its values are segments.

    The row is also the job that indexes and counts stored messages by it, or (`removed`) deletes what it made.
    `position` is how far back in time the walk over the messages is (deliveries/rederiving/segment_keys.py): messages
    sent at or after it are counted, none while it is null, all once it is BEGINNING. Days before `figures_from` are not
    counted, because their messages were deleted before the key was chosen. `generation` grows when registered values
    are deleted or renamed. A removed key that is done has no row. A key that is chosen again or removed is queued
    again.
    """

    KIND = "segment_key"
    SUBJECT = ("tenant", "key")
    BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
    NOTHING = datetime(3000, 1, 1, tzinfo=UTC)  # no message is sent so late

    class Figures(models.TextChoices):
        """Figures of a key, or the reason why it has none; it is searchable in each case."""

        YES = "yes", _("With figures")
        UNIQUE = "unique", _("Without figures: it has nearly as many values as messages.")
        SCATTERED = (
            "scattered",
            _("Without figures: it has more than 1,000 values in a month, and most of them occur once."),
        )

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="segment_keys")
    key = models.CharField(max_length=segments.MAX_KEY_LENGTH, db_collation="C")
    removed = models.BooleanField(default=False)
    position = models.DateTimeField(null=True)
    figures = models.CharField(_("figures"), max_length=9, choices=Figures, default=Figures.YES, db_default=Figures.YES)
    figures_from = models.DateField(_("figures from"), null=True, blank=True)
    generation = models.IntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("segment key")
        verbose_name_plural = _("segment keys")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="segment_key_per_tenant"),
            models.CheckConstraint(
                condition=~models.Q(removed=True, state="done"), name="segment_key_removed_is_never_done"
            ),
        ]

    def __str__(self) -> str:
        return Masking(in_full=False).text(self.key)  # the administration shows numbers masked

    @property
    def has_figures(self) -> bool:
        """Tell whether its counts are complete: pages may show them."""
        return self.figures == self.Figures.YES and self.state == self.State.DONE and not self.removed


class SegmentValue(models.Model):
    """A value of a segment key that has counts of its own in a month (its first day).

    The first MAX_VALUES of a tenant, key and month are registered, by their `number`; a month is full once one has the
    last number. A registered value stays, and later ones count as OTHER_VALUES (deliveries/counts/segment_values.py).
    """

    pk = models.CompositePrimaryKey("tenant_id", "key", "month", "value")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    key = models.TextField(db_collation="C")
    month = models.DateField()
    value = models.TextField(db_collation="C")
    number = models.SmallIntegerField()

    class Meta:
        db_table = "segment_value"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=segments.MAX_VALUES), name="segment_value_has_a_place"
            ),
        ]
        indexes = [
            # finds full months (deliveries/rederiving/segment_figures.py)
            models.Index(
                fields=["tenant", "key", "month"],
                name="segment_value_full",
                condition=models.Q(number=segments.MAX_VALUES),
            ),
        ]

    def __str__(self) -> str:
        return Masking(in_full=False).text(self.value)

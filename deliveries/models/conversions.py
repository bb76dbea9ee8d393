"""Notes that the attribution of conversion events works through (deliveries/attributing), and windows of time."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from portal.tenants.models import Tenant

DEFAULT_WINDOW = 24 * 60  # minutes from the delivery of a message
MAX_WINDOW = 90 * 24 * 60


class ConversionDue(models.Model):
    """A note that events may have to be attributed again: those of a recipient and of a message, or one event.

    Whoever changes messages or events adds notes in the same transaction; the attribution deletes them. Equal notes
    may be there many times: adding one looks for nothing.
    """

    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    recipient_key = models.BinaryField(null=True)
    account_id = models.IntegerField(null=True)
    message_id = models.TextField(null=True, db_collation="C")
    event_pk = models.BigIntegerField(null=True)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "conversion_due"
        indexes = [models.Index(fields=["tenant", "since"], name="conversion_due_oldest")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.since}"


class ConversionTenant(models.Model):
    """A tenant that has conversion events: changes of its messages are noted. Of others nothing is written."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "conversion_tenant"

    def __str__(self) -> str:
        return str(self.tenant_id)


class ConversionWindow(models.Model):
    """The time after its delivery in which a message may have an event: of a campaign, or (null) of all others."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    minutes = models.PositiveIntegerField(
        _("window in minutes"), validators=[MinValueValidator(1), MaxValueValidator(MAX_WINDOW)]
    )

    class Meta:
        db_table = "conversion_window"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "campaign"], nulls_distinct=False, name="conversion_window_once"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=MAX_WINDOW), name="conversion_window_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min"

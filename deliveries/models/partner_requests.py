"""A tenant's request for a platformPartnerId that others must approve."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount, Tenant


class PartnerRequest(Changed):
    """A tenant's request; staff decide, or the managers of the account's owner.

    open ──approved (and declared)──► approved      open ──► refused      open ──by the tenant itself──► withdrawn
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for a decision")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="partner_requests")
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="partner_requests")
    value = models.CharField(max_length=256, db_collation="C")
    from_day = models.DateField(null=True, blank=True)  # wanted from this date on; None: with all earlier messages
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "partner_request"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "value"],
                condition=models.Q(state="open"),
                name="partner_request_open_once",
            ),
            models.CheckConstraint(condition=~models.Q(value=""), name="partner_request_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{Masking(in_full=False).text(self.value)} → {self.tenant}"

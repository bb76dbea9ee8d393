"""Budgets: what a tenant means to spend at most on its messages in a period."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from portal.common.changes import Changed
from portal.tenants.models import Tenant, currency_validator

THRESHOLDS = (50, 80, 100)  # percent of a budget


class Budget(Changed):
    """An amount for the messages of a tenant and all below it, of a partner ID, or of a campaign of its own.

    `amount` is in the currency's minor unit. Without days the budget is for each calendar month in the tenant's time
    zone, else for the days from `first_day` to `last_day` once. `thresholds` are percents of it that open alerts. What
    was spent is stored nowhere: it is computed from counts and prices. A budget that is retired is looked at no more.
    `revision` counts the changes of what is compared, after which alerts begin anew.
    """

    class Scope(models.TextChoices):
        ALL = "all", _("All messages")
        PARTNER_ID = "partner_id", _("One partner ID")
        CAMPAIGN = "campaign", _("One campaign")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    partner_id = models.CharField(max_length=256, blank=True, default="")
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, validators=[currency_validator])
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    thresholds = ArrayField(models.PositiveSmallIntegerField(), blank=True, default=list)
    revision = models.PositiveIntegerField(default=1, db_default=1)
    made_by = models.CharField(max_length=254, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "budget"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_amount"),
            models.UniqueConstraint(fields=["tenant", "id"], name="budget_id_of_tenant"),
            models.CheckConstraint(
                condition=Q(scope="all", partner_id="", campaign=None)
                | (Q(scope="partner_id", campaign=None) & ~Q(partner_id=""))
                | Q(scope="campaign", partner_id="", campaign__isnull=False),
                name="budget_scope",
            ),
            models.CheckConstraint(
                condition=Q(first_day=None, last_day=None) | Q(first_day__lte=F("last_day")), name="budget_days"
            ),
        ]
        indexes = [
            # the list of a tenant's budgets (reports/budgets/reading.py)
            models.Index(fields=["tenant", "name"], name="budget_of_tenant"),
        ]

    def __str__(self) -> str:
        return self.name

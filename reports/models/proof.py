"""Checks of gateways' invoices: the uploaded file, how it is read, and what came of the comparison."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.tenants.models import ApiKey, GatewayAccount, Tenant
from reports.models.pricing import PriceList


class InvoiceCheck(Changed, Job):
    """A month's invoice of a gateway account, compared with our counts; the row is also the job that does it.

    `tenant` is the account's owner, or the pool of an account that nobody owns. The file is stored compressed and
    encrypted until the job ends. `mapping` has the column of each field, `left_out` the lines that could not be read:
    [line, field, code, detail]. `result` is what reports/billing/checks/results.py writes, `totals` its sums.
    """

    KIND = "invoice_check"
    SUBJECT = ("id",)

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="invoice_checks")
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="invoice_checks")
    # No constraints: what a deleted person or key uploaded stays.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+",
    )  # fmt: skip
    key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    made_by = models.CharField(max_length=254)
    # The file and how it is read
    file_name = models.CharField(max_length=200)
    sealed = models.TextField(blank=True, editable=False)
    mapping = models.JSONField(default=dict)
    month = models.DateField(_("month"), null=True, blank=True)  # its first day; null until it is confirmed
    closed_at = models.DateTimeField(null=True, blank=True)
    # What is agreed: the account's price list, or without one only what is charged and for which unit
    price_list = models.ForeignKey(PriceList, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3, blank=True)
    basis = models.CharField(max_length=9, choices=PriceList.Basis.choices, default=PriceList.Basis.SENT)
    per = models.CharField(max_length=7, choices=PriceList.Per.choices, default=PriceList.Per.PART)
    # What came of it
    left_out = models.JSONField(default=list, db_default=[])
    result = models.JSONField(default=dict, db_default={})
    totals = models.JSONField(default=dict, db_default={})
    as_of = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True, default="", db_default="")

    class Meta:
        db_table = "invoice_check"
        verbose_name = _("invoice check")
        verbose_name_plural = _("invoice checks")
        constraints = [
            models.CheckConstraint(condition=Q(month=None) | Q(month__day=1), name="invoice_check_first_of_month"),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "running", "done"]) | Q(month__isnull=False, closed_at__isnull=False),
                name="invoice_check_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="invoice_check_newest"),
            models.Index(
                fields=["state", "lease_until"], name="invoice_check_open", condition=Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.month:%Y-%m}" if self.month else f"{self.account}: {self.file_name}"

    @property
    def rows(self) -> list[Any]:
        """Rows of the result as they are stored."""
        found: list[Any] = self.result.get("rows", [])
        return found

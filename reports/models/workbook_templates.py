"""Workbooks of tenants that are filled with their reports."""

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant


class WorkbookTemplate(models.Model):
    """A tenant's own `.xlsx` with named ranges and `{{…}}` cells, checked when it was uploaded.

    One of a tenant's templates may be that of its monthly reports.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="workbook_templates")
    name = models.CharField(_("name"), max_length=80, validators=[refuse_numbers])
    content = models.BinaryField(editable=False)
    bytes = models.PositiveIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    is_monthly = models.BooleanField(default=False, db_default=False)
    uploaded_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "workbook_template"
        verbose_name = _("template of workbooks")
        verbose_name_plural = _("templates of workbooks")
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="workbook_template_name_once"),
            models.UniqueConstraint(
                fields=["tenant"], name="workbook_template_one_monthly", condition=models.Q(is_monthly=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

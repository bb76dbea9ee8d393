"""Meanings of each gateway's result codes. They are rows, so a new code needs no release (`refold` applies it)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenants import dialects


class ResultCode(models.Model):
    """One code of one dialect (docs/link.md section 4)."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        REJECTED = "rejected", _("Rejected")
        UNKNOWN = "unknown", _("Unknown")

    dialect = models.CharField(max_length=20, choices=dialects.choices)
    code = models.IntegerField()
    status = models.CharField(max_length=9, choices=Status.choices)
    final = models.BooleanField()
    reason = models.CharField(max_length=20, blank=True)
    text_en = models.CharField(max_length=200)
    text_fi = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "result_code"
        constraints = [models.UniqueConstraint(fields=["dialect", "code"], name="result_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.text_en}"

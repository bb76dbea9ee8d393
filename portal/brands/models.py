"""The table of brands: each tenant's own values, without those that it inherits."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant

NAME_LENGTH = 60
HOST_LENGTH = 240  # with `_sms-portal.` before it a name of DNS, which has at most 253 characters

_is_host = re.compile(
    r"(?=.{1,240}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"  # HOST_LENGTH
).fullmatch


def validate_name(text: str) -> None:
    """Raise ValidationError for a name that a mail's sender could not have, or that looks like another address."""
    if not text.isprintable() or set('@<>"') & set(text):
        raise ValidationError(_("A name has no line breaks, quotes, angle brackets or @."))


def validate_host(host: str) -> None:
    """Raise ValidationError unless `host` is a host name in lower case, without a port."""
    if not _is_host(host):
        raise ValidationError(_("%(host)s is not a host name such as reports.example.com."), params={"host": host[:80]})


class TenantBrand(models.Model):
    """A tenant's own brand. An empty value is inherited from the tenant above it; its colour is the tenant's accent.

    host: claimed ──TXT record found──► confirmed ──record missing for 7 days──► lost ──record found──► confirmed

    Of several tenants that claim a host, the first to confirm it has it.
    """

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="own_brand")
    product_name = models.CharField(max_length=NAME_LENGTH, blank=True, validators=[validate_name, refuse_numbers])
    sender_name = models.CharField(max_length=NAME_LENGTH, blank=True, validators=[validate_name, refuse_numbers])
    # PNG files, written by portal/brands/logos.py; the digest is the logo's, and its address.
    logo = models.BinaryField(null=True, editable=False)
    icon = models.BinaryField(null=True, editable=False)
    logo_digest = models.CharField(max_length=64, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    host = models.CharField(max_length=HOST_LENGTH, blank=True, validators=[validate_host])
    host_token = models.CharField(max_length=64, blank=True, editable=False)
    host_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    host_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    host_missing_since = models.DateTimeField(null=True, blank=True, editable=False)
    host_lost_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "tenant_brand"
        constraints = [
            models.UniqueConstraint(
                fields=["host"], condition=models.Q(host_confirmed_at__isnull=False), name="brand_host_confirmed_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(host="") | models.Q(host_confirmed_at=None), name="brand_confirmed_host_has_name"
            ),
            models.CheckConstraint(
                condition=models.Q(logo=None, icon=None, logo_digest="")
                | models.Q(models.Q(logo__isnull=False, icon__isnull=False), ~models.Q(logo_digest="")),
                name="brand_logo_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.product_name or self.host or str(self.tenant_id)

"""The table of shared links."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.tenants.models import Tenant

MOST_DAYS = 90


class ShareLink(models.Model):
    """A link to one page of a tenant, for people without an account; read-only, with phone numbers masked.

    open ──revoked──► revoked      open ──`expires_at` passes──► expired

    The link's token is kept as a keyed digest (portal/shares/links.py).
    """

    class Kind(models.TextChoices):
        OVERVIEW = "overview", _("Overview")
        REPORT = "report", _("Monthly report")
        PANEL = "panel", _("Embedded panel")
        AB = "ab", _("A/B test")

    class Panel(models.TextChoices):
        KPIS = "kpis", _("Key figures")
        DAYS = "days", _("Messages by day")
        COUNTRIES = "countries", _("Countries")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="share_links")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2000, blank=True)  # parameters of the Overview, or of the A/B test
    month = models.DateField(null=True, blank=True)  # a report's: its first day
    panel = models.CharField(max_length=9, choices=Panel.choices, blank=True)
    hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)  # that may embed the panel
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # No constraint: a deleted person has no rights, so the link ends.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    made_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    openings = models.PositiveIntegerField(default=0, db_default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "share_link"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("created_at") + timedelta(days=MOST_DAYS)),
                name="share_link_ends_in_time",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="report", month__isnull=False)
                | models.Q(kind="overview", month=None, panel="")
                | models.Q(models.Q(kind="ab", month=None, panel=""), ~models.Q(query=""))
                | models.Q(models.Q(kind="panel", month=None), ~models.Q(panel=""), ~models.Q(hosts=[])),
                name="share_link_fits_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="share_link_by_tenant")]

    def __str__(self) -> str:
        return self.name

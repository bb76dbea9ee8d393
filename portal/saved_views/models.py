"""The table of saved views."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from portal.tenants.models import Tenant

MAX_NAME = 60  # characters
MAX_QUERY = 2000


class SavedView(models.Model):
    """A page of a tenant with its period and filters, under a person's own name for it.

    Other people do not see it, whatever their role, unless its person shares it: then the tenant's members open it,
    and those who may manage views rename and delete it. The wall knows both (portal/tenants/wall_tables.py).
    """

    class Page(models.TextChoices):
        OVERVIEW = "overview", _("Overview")
        MESSAGES = "messages", _("Messages")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=8, choices=Page.choices)
    name = models.CharField(max_length=MAX_NAME)
    query = models.CharField(max_length=MAX_QUERY, blank=True)  # the page's parameters, without phone numbers
    start_since = models.DateTimeField(null=True, blank=True)  # of a person's start views the newest counts
    is_shared = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "saved_view"
        constraints = [models.UniqueConstraint("user", "tenant", Lower("name"), name="saved_view_name_once")]

    def __str__(self) -> str:
        return f"saved view {self.pk}"  # the name is its person's alone, also where staff delete a person

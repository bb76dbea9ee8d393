"""An account's access to LINK's Gate API, by which the portal sets the gates that feed it (deliveries/gates/at_link).

A global table like those of portal/tenants/models.py. What is secret in it is encrypted.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenants.partner_values import validate_partner_id

MAX_SECRET = 200  # characters of a password or header value


def validate_owner(value: str) -> None:
    """Raise ValidationError for a partner ID that cannot be part of an address."""
    validate_partner_id(value)
    if value in (".", ".."):
        raise ValidationError(_("%(value)s cannot be part of an address."), params={"value": value})


class GateApi(models.Model):
    """Address and credentials of LINK's Gate API for one account, and the result of the last look at its gates."""

    account = models.OneToOneField(
        "tenants.GatewayAccount", primary_key=True, on_delete=models.CASCADE, related_name="gate_api"
    )
    address = models.CharField(
        max_length=300, help_text=_("Scheme, host and port of LINK's Gate API, such as https://gates.example.com.")
    )
    username = models.CharField(max_length=200)
    password_sealed = models.TextField()
    partner_id = models.CharField(
        max_length=256,
        blank=True,
        validators=[validate_owner],
        help_text=_(
            "The platformPartnerId that owns the gates at LINK. Empty: each partner ID owns the gate that is for it."
        ),
    )
    feed = models.ForeignKey(
        "tenants.Feed",
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The feed to which the gates deliver."),
    )
    # The portal presents these to LINK, so it must know them. The feed itself keeps digests alone.
    token_sealed = models.TextField(blank=True)
    feed_password_sealed = models.TextField(blank=True)
    feed_header_sealed = models.TextField(blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # a run that has not ended; None: no run is open
    checked_at = models.DateTimeField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)  # deliveries/gates/at_link/sync.py

    class Meta:
        verbose_name = _("Gate API of an account")

    def __str__(self) -> str:
        return str(self.account)

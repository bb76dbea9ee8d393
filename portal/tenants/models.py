"""Tenants, gateway accounts and feeds.

All tables here are global (docs/architecture.md: three classes of tables): Django's `id`, global uniqueness, no
row-level policy, least grants (portal/tenants/wall.py).
"""

import zoneinfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.countries import country_of_zone
from portal.common.csv_file import CsvForm, form_of
from portal.common.masking import Masking
from portal.common.msisdn import COUNTRIES
from portal.tenants import dialects, feed_headers, networks
from portal.tenants.gate_api import GateApi as GateApi
from portal.tenants.key_models import ApiRequest as ApiRequest
from portal.tenants.key_models import IdempotentAnswer as IdempotentAnswer
from portal.tenants.partner_values import validate_partner_id

slug_validator = RegexValidator(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", _("1 to 63 characters: a–z, 0–9, and hyphens except at the ends.")
)
currency_validator = RegexValidator(r"^[A-Z]{3}$", _("An ISO 4217 code such as EUR."))


colour_validator = RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("A colour such as #0B7285."))


def _days(least: int, most: int) -> list:
    return [MinValueValidator(least), MaxValueValidator(most)]


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone in the IANA database."), params={"name": name})


def validate_country(code: str) -> None:
    """Raise ValidationError unless `code` is a country's alpha-2 code."""
    if code not in COUNTRIES:
        raise ValidationError(_("%(code)s is not an ISO 3166-1 country code such as FI."), params={"code": code})


class Tenant(Changed):
    """A customer company, or the pool of a gateway account.

    A parent sees its own and its children's rows, never a sibling's or its own parent's. A pool has the messages of
    undeclared platformPartnerIds; no membership reaches it.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        POOL = "pool", _("Pool of a gateway account")

    id = models.AutoField(primary_key=True)
    slug = models.CharField(max_length=63, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.CUSTOMER)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    country = models.CharField(
        max_length=2,
        blank=True,
        validators=[validate_country],
        help_text=_(
            "Phone numbers without a country code are read as numbers of this country. Default: the country of the"
            " time zone."
        ),
    )
    language = models.CharField(max_length=8, choices=[("en", _("English")), ("fi", _("Finnish"))], default="en")
    currency = models.CharField(max_length=3, default="EUR", validators=[currency_validator])
    accent = models.CharField(
        max_length=7,
        blank=True,
        validators=[colour_validator],
        help_text=_("The colour of links and buttons, such as #0B7285. Empty: the portal's own colour."),
    )
    require_mfa = models.BooleanField(
        default=False, help_text=_("Members must use a second factor to see this customer's pages.")
    )
    # Retention in days; counts stay for ever (docs/operations.md).
    raw_days = models.PositiveSmallIntegerField(default=30, validators=_days(1, 400))
    number_days = models.PositiveSmallIntegerField(default=180, validators=_days(1, 3650))
    message_days = models.PositiveSmallIntegerField(default=400, validators=_days(31, 3650))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number_days__lte=models.F("message_days")), name="tenant_numbers_not_after_messages"
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="tenant_not_own_parent"),
            models.CheckConstraint(
                condition=models.Q(kind="customer") | models.Q(parent=None), name="tenant_pool_has_no_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def csv_form(self) -> CsvForm:
        """Return the form of files that spreadsheets in the tenant's country open."""
        return form_of(self.language, self.country)

    def save(self, **kwargs) -> None:
        if self._state.adding and not self.country:
            self.country = country_of_zone(self.timezone)
        super().save(**kwargs)

    def clean(self) -> None:
        seen, ancestor = {self.pk}, self.parent
        while ancestor is not None:
            if ancestor.pk in seen:
                raise ValidationError({"parent": _("A customer cannot be its own ancestor.")})
            if ancestor.kind == self.Kind.POOL:
                raise ValidationError({"parent": _("A pool cannot be a parent.")})
            seen.add(ancestor.pk)
            ancestor = ancestor.parent


class GatewayAccount(models.Model):
    """An account at a gateway. Its pool holds what no tenant has declared, in the account's own zone.

    An account with an owner is that customer's alone (portal/tenants/ownership.py).
    """

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=63, unique=True, validators=[slug_validator])
    platform_id = models.CharField(max_length=100, help_text=_("The platformId at the gateway."))
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    pool = models.OneToOneField(Tenant, on_delete=models.PROTECT, related_name="pool_of", editable=False)
    owner = models.ForeignKey(
        Tenant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_accounts",
        help_text=_(
            "The only customer that uses this account. Its managers declare partner IDs for it and for the"
            " customers below it, and see the pool and the account's reports."
        ),
    )
    owner_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner=None, owner_since=None)
                | models.Q(owner__isnull=False, owner_since__isnull=False),
                name="account_owner_since",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """An inbound URL for delivery reports: POST, PUT or GET /dlr/<token>/.

    Submissions of an account by the REST API (`kind` submissions) have a feed of their own, created by the first
    submission. It has no token, so it receives nothing else.
    """

    class Kind(models.TextChoices):
        REPORTS = "reports", _("Delivery reports")
        SUBMISSIONS = "submissions", _("Submissions")

    id = models.AutoField(primary_key=True)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="feeds")
    name = models.CharField(max_length=63, validators=[slug_validator])
    kind = models.CharField(max_length=11, choices=Kind.choices, default=Kind.REPORTS, editable=False)
    dialect = models.CharField(max_length=20, choices=dialects.choices, default="link")
    default_partner_id = models.CharField(
        max_length=256,
        blank=True,
        validators=[validate_partner_id],
        help_text=_("The platformPartnerId for delivery reports that have none."),
    )
    basic_user = models.CharField(max_length=100, blank=True)
    basic_password_digest = models.CharField(max_length=64, blank=True, editable=False)
    header_name = models.CharField(
        max_length=100,
        blank=True,
        validators=[feed_headers.validate_name],
        help_text=_("A header that each request must have, such as X-Portal-Key. Empty: no header is required."),
    )
    header_value_digest = models.CharField(max_length=64, blank=True, editable=False)
    networks = models.JSONField(
        default=list,
        blank=True,
        validators=[networks.validate],
        help_text=_('Networks that may send requests, such as ["192.0.2.0/24"]. An empty list allows all.'),
    )
    signing_keys = models.JSONField(default=list, blank=True)  # portal/tenants/signing_keys.py
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="feed_name_per_account"),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(kind="submissions"), name="feed_of_submissions_once"
            ),
            models.CheckConstraint(
                condition=models.Q(basic_user="") | ~models.Q(basic_password_digest=""),
                name="feed_basic_user_has_password",
            ),
            models.CheckConstraint(
                condition=models.Q(header_name="") | ~models.Q(header_value_digest=""),
                name="feed_header_has_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account.name}/{self.name}"

    def clean(self) -> None:
        # A result code means one thing per account: its messages' states are compared with each other.
        others = Feed.objects.filter(account_id=self.account_id).exclude(pk=self.pk)
        if others.exclude(dialect=self.dialect).exists():
            raise ValidationError({"dialect": _("All feeds of an account must use the same dialect.")})
        if self.signing_keys and not dialects.find(self.dialect).signs:
            raise ValidationError({"signing_keys": _("The gateway of this dialect does not sign its requests.")})


class FeedToken(models.Model):
    """A feed's secret, kept as a keyed digest; two are valid during a rotation (portal/tenants/feeds.py).

    A token `for_gates` is the one that the portal itself writes into gates at LINK (portal/tenants/gate_api.py). It is
    rotated apart from those that people enter.
    """

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8, help_text=_("The token's first characters."))
    for_gates = models.BooleanField(_("For gates set by the portal"), default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}…"


class PartnerId(Changed):
    """One platformPartnerId of one account, mapped to its last owner; to the account's pool until declared.

    Where it was handed over from a date, earlier messages are those of its `earlier_owners`. Values are compared
    exactly, as text (docs/link.md section 5.9).
    """

    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="partner_ids")
    value = models.CharField(max_length=256, db_collation="C")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="partner_ids")
    first_seen_at = models.DateTimeField(db_default=Now(), editable=False)
    declared_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "value"], name="partner_id_per_account"),
            models.CheckConstraint(condition=~models.Q(value=""), name="partner_id_not_empty"),
        ]
        indexes = [
            # counts today's new ones against the daily limit (deliveries/applying/attribution.py)
            models.Index(
                fields=["account", "first_seen_at"],
                name="partner_id_undeclared",
                condition=models.Q(declared_at=None),
            ),
            # the admin's search, over all accounts
            models.Index(fields=["value"], name="partner_id_by_value"),
            models.Index(fields=["tenant", "updated_at", "id"], name="partner_id_by_change"),  # the API's changes
        ]

    def __str__(self) -> str:
        return Masking(in_full=False).text(self.value)  # titles and logs of the administration: with no number


class EarlierOwner(models.Model):
    """The tenant that owns a platformPartnerId's messages sent before `until_at`, and after the earlier owner's end.

    The next owner has them from there on, the last one (`PartnerId.tenant`) without an end. A platformPartnerId that
    was never handed over from a date has no row here. `until_day` is the date that was given: its midnight in the next
    owner's time zone of that day was `until_at`, and stays so if the zone changes.
    """

    partner = models.ForeignKey(PartnerId, on_delete=models.CASCADE, related_name="earlier_owners")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="earlier_partner_ids")
    until_at = models.DateTimeField()
    until_day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "until_at"], name="earlier_owner_until_once")]

    def __str__(self) -> str:
        return f"{self.tenant} → {self.until_day}"


class ApiKey(Changed):
    """A system's key to the REST API: of a tenant (with all below it) or of a whole gateway account.

    `prefix` finds the row, the rest of the key is kept as a keyed digest (portal/tenants/api_keys.py).
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read figures and messages")
        NUMBERS = "numbers", _("See full phone numbers")
        SUBMIT = "submit", _("Submit messages")
        PARTNER_IDS = "partner_ids", _("Declare and move partner IDs")
        CONVERT = "convert", _("Send and delete conversion events")
        EXPORT = "export", _("Create and delete files of searches and tables")
        GATES = "gates", _("Manage and test gates")
        REPORTS = "reports", _("Create reports")
        ALERTS = "alerts", _("Acknowledge alerts and change their rules")
        CAMPAIGNS = "campaigns", _("Describe, archive and merge campaigns")
        SETTINGS = "settings", _("Choose segment keys, change kinds and windows of conversions")
        BILLING = "billing", _("Read and change price lists, statements and invoice checks")
        ADMIN = "admin", _("Manage customers, members and API keys, read the audit log")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    account = models.ForeignKey(
        GatewayAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_by = models.CharField(max_length=254)
    # Whom it rests on; None: nobody, a command made it. No constraint: a deleted person has no rights, so it ends.
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    abandoned_at = models.DateTimeField(null=True, blank=True)  # since when the holder may not hold it any more
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    networks = models.JSONField(default=list, blank=True, validators=[networks.validate])  # those it may be used from

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(scopes=[]), name="api_key_has_scope")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

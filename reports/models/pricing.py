"""Price lists: prices, tiers and fees, their history, and exchange rates."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.common.changes import Changed
from portal.common.msisdn import SENDER_TYPES
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import GatewayAccount, Tenant, currency_validator

ANY_SENDER = ""


class PriceList(Changed):
    """Prices that an issuer charges a customer, or that the gateway charges for an account.

    `issuer` None is the portal's operator. A cost list has an account, which its issuer owns or nobody. A sale list has
    a customer, a child of the issuer (of the operator: one without a parent); without one it is the issuer's default.
    `revision` counts the changes of what is on the list.
    """

    class Kind(models.TextChoices):
        COST = "cost", pgettext_lazy("price list", "Cost")
        SALE = "sale", pgettext_lazy("price list", "Sale")

    class Basis(models.TextChoices):
        SUBMITTED = "submitted", _("All messages")
        SENT = "sent", _("Sent messages, without queued and rejected ones")
        DELIVERED = "delivered", _("Delivered messages")

    class Per(models.TextChoices):
        PART = "part", _("SMS part")
        MESSAGE = "message", _("Message")

    issuer = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="issued_lists")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    account = models.ForeignKey(
        GatewayAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="cost_lists"
    )
    customer = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="price_lists")
    name = models.CharField(_("name"), max_length=120, validators=[refuse_numbers])
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_validator])
    basis = models.CharField(max_length=9, choices=Basis.choices, default=Basis.SENT)
    per = models.CharField(max_length=7, choices=Per.choices, default=Per.PART)
    revision = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "price_list"
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cost", account__isnull=False, customer=None) | Q(kind="sale", account=None),
                name="price_list_cost_of_account",
            ),
            models.CheckConstraint(
                condition=Q(issuer=None) | Q(customer=None) | ~Q(issuer=F("customer")), name="price_list_not_to_oneself"
            ),
            models.UniqueConstraint(
                fields=["issuer", "account", "customer"],
                name="price_list_active_once",
                condition=Q(archived_at=None),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TierGroup(models.Model):
    """Countries whose messages of a month are counted together, and the prices of so many.

    The group is the price of messages to these countries; a price for an operator or a sender type there precedes it.
    `tiers` are `{"up_to": …, "micro": …, "flat_micro": …}` from the least; the last has no `up_to`. Those of packages
    are one `{"size": …, "micro": …}`, the price of a package.
    """

    class Mode(models.TextChoices):
        GRADUATED = "graduated", _("Graduated: each tier has its own price")
        VOLUME = "volume", _("Volume: one price for all, by the tier that is reached")
        PACKAGES = "packages", _("Packages: a price for each package that is begun")

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="tier_groups", db_index=False)
    name = models.CharField(_("name"), max_length=80, validators=[refuse_numbers])
    countries = ArrayField(models.CharField(max_length=2))
    mode = models.CharField(max_length=9, choices=Mode.choices)
    tiers = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "tier_group"
        constraints = [
            models.UniqueConstraint(fields=["price_list", "name", "valid_from"], name="tier_group_once"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="tier_group_from_first_of_month"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"), valid_to__day=1),
                name="tier_group_to_first_of_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """Price of a message or SMS part, in millionths of the currency's unit, for days from `valid_from` to `valid_to`.

    `valid_to` is the first day on which it does not apply; None: it is open. '' as country, operator or sender type
    is any. Prices by quantity are tier groups.
    """

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices", db_index=False)
    country = models.CharField(max_length=2, blank=True, default="")
    operator = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    sender_type = models.CharField(
        max_length=12, blank=True, default=ANY_SENDER, choices=[(one, one) for one in SENDER_TYPES]
    )
    micro = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "price"
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "country", "operator", "sender_type", "valid_from"], name="price_once"
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="price_span"),
            models.CheckConstraint(condition=Q(micro__gte=0), name="price_not_negative"),
        ]


class Fee(models.Model):
    """An amount besides messages, in the currency's minor unit.

    Monthly fees and minimums hold from `valid_from` to `valid_to` (exclusive); a one-off item is charged in the month
    of `valid_from`. A negative one-off item is a discount.
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("Monthly fee")
        MINIMUM = "minimum", _("Monthly minimum")
        ONE_OFF = "one_off", _("One-off item")

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="fees", db_index=False)
    name = models.CharField(_("name"), max_length=120, validators=[refuse_numbers])
    kind = models.CharField(max_length=7, choices=Kind.choices)
    minor = models.BigIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "fee"
        constraints = [
            models.UniqueConstraint(fields=["price_list", "kind", "name", "valid_from"], name="fee_once"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="fee_span"),
            models.CheckConstraint(condition=Q(kind="one_off") | Q(minor__gte=0), name="fee_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceChange(models.Model):
    """A revision of a price list: who made it, what differs from the one before, and all that is on the list since."""

    class Cause(models.TextChoices):
        CREATED = "created", pgettext_lazy("price change", "List created")
        EDITED = "edited", pgettext_lazy("price change", "Edited on the page")
        IMPORTED = "imported", pgettext_lazy("price change", "File imported")
        RESTORED = "restored", pgettext_lazy("price change", "Earlier revision restored")
        API = "api", pgettext_lazy("price change", "Replaced by the API")
        PROVISIONED = "provisioned", pgettext_lazy("price change", "Provisioning file")

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="changes", db_index=False)
    revision = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    cause = models.CharField(max_length=11, choices=Cause.choices)
    summary = models.JSONField(default=dict)
    content = models.JSONField(default=dict)

    class Meta:
        db_table = "price_change"
        constraints = [models.UniqueConstraint(fields=["price_list", "revision"], name="price_change_once")]

    @property
    def rows(self) -> int:
        """Return how many rows differ from the revision before."""
        return sum(self.summary.values())


class ExchangeRate(Changed):
    """Units of `quote` for one unit of `base` on a day, in 10⁻⁹; an issuer's own (None: the operator's)."""

    issuer = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="exchange_rates", db_index=False
    )
    day = models.DateField()
    base = models.CharField(max_length=3, validators=[currency_validator])
    quote = models.CharField(max_length=3, validators=[currency_validator])
    rate = models.BigIntegerField(validators=[MinValueValidator(1)])
    entered_by = models.CharField(max_length=254, editable=False)
    entered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "exchange_rate"
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "base", "quote", "day"], name="exchange_rate_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(rate__gt=0) & ~Q(base=F("quote")), name="exchange_rate_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.day}"

"""Statements: what an issuer charges a customer for a month, who both are, and the job that closes a month."""

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant, currency_validator, validate_country

MAX_PAYMENT_DAYS = 180
MAX_RATE = 5000  # hundredths of a percent
MIN_SEQUENCE, MAX_SEQUENCE = 100, 10**15  # a Finnish reference has 4 to 20 digits, the last one a check digit


class BillingProfile(models.Model):
    """Name, ids, address and account of a party as its statements state them; tenant None is the portal's operator."""

    tenant = models.ForeignKey(
        Tenant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("customer"),
        db_index=False,
    )
    legal_name = models.CharField(_("legal name"), max_length=70, blank=True, validators=[MinLengthValidator(2)])
    business_id = models.CharField(_("business ID"), max_length=30, blank=True)
    vat_id = models.CharField(_("VAT ID"), max_length=20, blank=True)
    street = models.CharField(_("street address"), max_length=105, blank=True, validators=[MinLengthValidator(2)])
    postcode = models.CharField(_("postal code"), max_length=16, blank=True, validators=[MinLengthValidator(2)])
    city = models.CharField(_("city"), max_length=35, blank=True, validators=[MinLengthValidator(2)])
    country = models.CharField(_("country"), max_length=2, blank=True, validators=[validate_country])
    iban = models.CharField(_("bank account (IBAN)"), max_length=34, blank=True)
    bic = models.CharField(_("bank (BIC)"), max_length=11, blank=True)
    endpoint = models.CharField(_("e-invoice address"), max_length=50, blank=True)
    endpoint_scheme = models.CharField(
        _("scheme of the e-invoice address"), max_length=4, blank=True, default="0216",
        validators=[RegexValidator(r"^[0-9]{4}$", _("Four digits such as 0216."))],
        help_text=_("0216 is the scheme of Finnish addresses, which begin with 0037."),
    )  # fmt: skip
    intermediary = models.CharField(
        _("e-invoice operator"), max_length=35, blank=True, help_text=_("Finvoice alone: the operator's code or BIC.")
    )
    buyer_reference = models.CharField(
        _("own reference on invoices received"), max_length=70, blank=True, validators=[refuse_numbers]
    )
    currency = models.CharField(
        _("bookkeeping currency"), max_length=3, default="EUR", validators=[currency_validator],
        help_text=_("Invoices in other currencies state the VAT in this one, too."),
    )  # fmt: skip
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "billing_profile"
        verbose_name = _("billing profile")
        verbose_name_plural = _("billing profiles")
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="billing_profile_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.legal_name or (self.tenant.name if self.tenant else str(_("Operator")))


class BillingTerms(models.Model):
    """Tells how an issuer's statements to a customer are taxed and paid, from a day of supply on.

    `customer` None: to all customers without terms of their own. The rate is in hundredths of a percent.
    """

    class VatCategory(models.TextChoices):
        STANDARD = "S", _("S: standard rate")
        REVERSE_CHARGE = "AE", _("AE: reverse charge")
        EXEMPT = "E", _("E: exempt")
        OUT_OF_SCOPE = "O", _("O: not subject to VAT")
        ZERO = "Z", _("Z: zero rate")

    issuer = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="issued_terms", db_index=False
    )
    customer = models.ForeignKey(
        Tenant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="billing_terms",
        verbose_name=_("customer"),
    )
    valid_from = models.DateField(_("valid from"))
    vat_category = models.CharField(_("VAT category"), max_length=2, choices=VatCategory.choices)
    vat_rate = models.PositiveIntegerField(
        _("VAT rate"),
        default=0,
        validators=[MaxValueValidator(MAX_RATE)],
        help_text=_("Hundredths of a percent: 2550."),
    )
    vat_reason = models.CharField(_("reason for no VAT"), max_length=200, blank=True, validators=[refuse_numbers])
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=14, validators=[MaxValueValidator(MAX_PAYMENT_DAYS)]
    )

    class Meta:
        db_table = "billing_terms"
        verbose_name = _("billing terms")
        verbose_name_plural = _("billing terms")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "customer", "valid_from"], name="billing_terms_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(vat_category="S", vat_rate__gt=0) | (~Q(vat_category="S") & Q(vat_rate=0)),
                name="billing_terms_rate",
            ),
            models.CheckConstraint(
                condition=Q(vat_category__in=["S", "Z"]) | ~Q(vat_reason=""), name="billing_terms_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vat_category} {self.valid_from}"


class NumberSeries(models.Model):
    """The numbers of an issuer's statements and credit notes: a prefix and the next number, locked while one is given.

    A number is taken in the transaction that issues a statement, so none is lost or given twice.
    """

    issuer = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    prefix = models.CharField(
        _("prefix"), max_length=4, blank=True, default="",
        validators=[RegexValidator(r"^[A-Z0-9-]*$", _("Letters A–Z, digits and hyphens."))],
    )  # fmt: skip
    next_number = models.BigIntegerField(
        _("next number"), default=1001, validators=[MinValueValidator(MIN_SEQUENCE), MaxValueValidator(MAX_SEQUENCE)]
    )

    class Meta:
        db_table = "number_series"
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            models.UniqueConstraint(fields=["issuer"], name="number_series_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(next_number__range=(MIN_SEQUENCE, MAX_SEQUENCE + 1)), name="number_series_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}{self.next_number}"


class Statement(Changed):
    """An invoice for a month, or the credit note of one; `issuer` None is the portal's operator.

    draft ──issued──► issued ◄──► paid
                        └───┬──────┘
                            └─credited─► credited: a credit note mirrors it

    A draft has no number and is made again while its month changes. What is issued stays as it is; only its state and
    the day of payment change. Amounts are in minor units; a credit note has negative ones. `refers_to` is the statement
    that a credit note credits, and the first one of the month on those that replace it. `ledger` is what the ledger of
    causes had for the month when the statement was counted.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("statement", "Draft")
        ISSUED = "issued", pgettext_lazy("statement", "Issued")
        PAID = "paid", pgettext_lazy("statement", "Paid")
        CREDITED = "credited", pgettext_lazy("statement", "Credited")

    LIVE = (State.DRAFT, State.ISSUED, State.PAID)

    issuer = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="issued_statements"
    )
    customer = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="statements", verbose_name=_("customer")
    )
    month = models.DateField(_("month"))  # its first day
    currency = models.CharField(_("currency"), max_length=3)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices, default=Kind.INVOICE)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    sequence = models.BigIntegerField(null=True, blank=True)
    number = models.CharField(_("number"), max_length=20, blank=True, default="")
    refers_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="referring", verbose_name=_("refers to")
    )
    net = models.BigIntegerField(default=0)
    vat = models.BigIntegerField(default=0)
    parties = models.JSONField(default=dict)  # seller and buyer when it was issued
    exchange = models.JSONField(null=True, blank=True)
    payment_days = models.PositiveSmallIntegerField(default=0)
    reference = models.CharField(_("reference number"), max_length=20, blank=True, default="")
    remarks = models.JSONField(default=list)
    ledger = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("counted at"))
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    paid_on = models.DateField(_("paid on"), null=True, blank=True)

    class Meta:
        db_table = "statement"
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "customer", "month", "currency"],
                name="statement_one_live",
                condition=Q(kind="invoice", state__in=["draft", "issued", "paid"]),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["issuer", "sequence"],
                name="statement_number_once",
                condition=Q(sequence__isnull=False),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["refers_to"], name="statement_credited_once", condition=Q(kind="credit_note")
            ),
            models.CheckConstraint(
                condition=Q(state="draft", sequence=None, number="", issued_at=None, issued_on=None)
                | Q(sequence__isnull=False, issued_at__isnull=False, issued_on__isnull=False, due_on__isnull=False)
                & ~Q(state="draft")
                & ~Q(number=""),
                name="statement_issued_with_number",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice")
                | Q(kind="credit_note", refers_to__isnull=False, state__in=["draft", "issued"]),
                name="statement_credit_refers",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="statement_first_of_month"),
            models.CheckConstraint(
                condition=Q(issuer=None) | ~Q(issuer=F("customer")), name="statement_not_to_oneself"
            ),
        ]
        indexes = [
            models.Index(fields=["issuer", "month"], name="statement_of_issuer"),  # the issuer's list
        ]

    def __str__(self) -> str:
        return self.number or f"{self.customer} {self.month:%Y-%m}"

    @property
    def total(self) -> int:
        return self.net + self.vat


class StatementLine(models.Model):
    """One line of a statement.

    `micro` is the price of a unit in millionths; None where tiers make an average. `exact` is the exact amount in
    millionths before rounding where it is no product. `month` is the month of supply: an earlier one on corrections.
    `counted` says what a line that counts messages has counted, so that it can be opened later: the list's basis, the
    numbers of messages and parts, and what the ledger of causes had for them then.
    """

    class Kind(models.TextChoices):
        USAGE = "usage", pgettext_lazy("line", "Messages")
        TIER = "tier", pgettext_lazy("line", "Messages by tiers")
        FEE = "fee", pgettext_lazy("line", "Fee")
        MINIMUM = "minimum", pgettext_lazy("line", "Minimum")
        ONE_OFF = "one_off", pgettext_lazy("line", "One-off item")
        CORRECTION = "correction", pgettext_lazy("line", "Correction")

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    month = models.DateField()
    first = models.DateField()
    last = models.DateField()
    account_id = models.IntegerField(null=True, blank=True)
    account = models.CharField(max_length=63, blank=True, default="")
    partner_id = models.TextField(blank=True, default="", db_collation="C")
    country = models.CharField(max_length=2, blank=True, default="")
    operator = models.TextField(blank=True, default="", db_collation="C")
    sender_type = models.CharField(max_length=12, blank=True, default="")
    name = models.CharField(max_length=120, blank=True, default="")
    list_id = models.BigIntegerField(null=True, blank=True)
    list_name = models.CharField(max_length=120, blank=True, default="")
    version = models.DateField(null=True, blank=True)
    per = models.CharField(max_length=7, blank=True, default="")
    quantity = models.BigIntegerField()
    micro = models.BigIntegerField(null=True, blank=True)
    amount = models.BigIntegerField()
    vat_category = models.CharField(max_length=2)
    vat_rate = models.PositiveIntegerField(default=0)
    vat_reason = models.CharField(max_length=200, blank=True, default="")
    corrects = models.ForeignKey(Statement, null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    counted = models.JSONField(default=dict)

    class Meta:
        db_table = "statement_line"
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="statement_line_position"),
            models.CheckConstraint(
                condition=~Q(kind="correction") | Q(corrects__isnull=False), name="statement_line_corrects"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.position}"


class ClosingRun(Changed, Job):
    """The job that makes all statements of an issuer for a month, one customer after the other.

    `is_issuing`: it issues those of which nothing looks odd. `position` is the last customer that is done, `result`
    counts what came of the customers.
    """

    KIND = "closing"
    SUBJECT = ("issuer", "month")

    issuer = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="closings", db_index=False
    )
    month = models.DateField(_("month"))
    is_issuing = models.BooleanField(_("issue statements without remarks at once"), default=False)
    position = models.IntegerField(default=0, editable=False)
    result = models.JSONField(default=dict, editable=False)
    requested_by = models.CharField(max_length=254, editable=False)

    class Meta:
        db_table = "closing_run"
        verbose_name = _("closing of a month")
        verbose_name_plural = _("closings of months")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "month"],
                name="closing_run_one_open",
                condition=Q(state__in=["queued", "running"]),
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="closing_run_first_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

"""Alerts: rules, what they found, and the sums of recent messages that they look at."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.common.changes import Changed
from portal.tenants.models import GatewayAccount, Tenant
from reports.models.budgets import Budget

MIN_MESSAGES = 100


class AlertRule(Changed):
    """A rule that is looked at every minute, that of a budget less often.

    `standard` names one that every tenant has from the start ('': another). The scope `each` looks at all messages, at
    each country and at each operator by itself. `threshold` is in points of the delivery rate, in percent of the
    volume, in times the usual median, or in minutes of silence. Quiet hours are in the tenant's time zone; `mails` is
    the number of mails on the day `mails_on`. The rule of a `budget` is made with it and looks at what its messages
    cost; the budget says which thresholds.
    """

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("Delivery rate falls")
        VOLUME_DOWN = "volume_down", _("Fewer messages than usual")
        VOLUME_UP = "volume_up", _("More messages than usual")
        MEDIAN = "median", _("Median time rises")
        SILENCE = "silence", _("No messages")
        BUDGET = "budget", _("A budget is used up")

    class Scope(models.TextChoices):
        EACH = "each", _("In total, each country and each operator")
        ALL = "all", _("All messages together")
        COUNTRY = "country", _("One country")
        OPERATOR = "operator", _("One operator")
        PARTNER_ID = "partner_id", _("One partner ID")
        CAMPAIGN = "campaign", _("One campaign")
        SENDER = "sender", _("One sender")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    standard = models.CharField(max_length=20, blank=True, default="", editable=False)
    name = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    country = models.CharField(max_length=2, blank=True, default="")
    operator = models.CharField(max_length=200, blank=True, default="")
    partner_id = models.CharField(max_length=256, blank=True, default="")
    campaign_id = models.IntegerField(null=True, blank=True)
    sender = models.CharField(max_length=64, blank=True, default="")
    budget = models.OneToOneField(Budget, null=True, blank=True, on_delete=models.CASCADE, related_name="rule")
    threshold = models.FloatField(validators=[MinValueValidator(1)])
    min_messages = models.PositiveIntegerField(default=MIN_MESSAGES, validators=[MinValueValidator(MIN_MESSAGES)])
    is_on = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    mails_on = models.DateField(null=True, blank=True, editable=False)
    mails = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    made_by = models.CharField(max_length=254, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "alert_rule"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "standard"], name="alert_rule_standard", condition=~Q(standard="")
            ),
            models.UniqueConstraint(fields=["tenant", "id"], name="alert_rule_of_tenant"),
            models.CheckConstraint(condition=Q(min_messages__gte=MIN_MESSAGES), name="alert_rule_min_messages"),
            models.CheckConstraint(
                condition=Q(kind="budget", budget__isnull=False) | (~Q(kind="budget") & Q(budget=None)),
                name="alert_rule_of_budget",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.standard


class Alert(Changed):
    """A finding of a rule, from the look that found it to the one that closed it.

    `since` is the start of the first window that was unusual, `seen_at` the last look that was, `good_since` the first
    usual look after it. `figures` are what the first look saw (reports/alerts/looking.py). `mailed_at` and
    `end_mailed_at` are when mails told that it opened and that it is over. An alert of a budget has the percent that
    was reached (`threshold`), the first day of the budget's `period`, and the budget's `revision`.
    """

    class Ending(models.TextChoices):
        RECOVERED = "recovered", pgettext_lazy("alert", "Back to usual")
        QUIET = "quiet", pgettext_lazy("alert", "Too few messages to tell")
        SWITCHED_OFF = "switched_off", pgettext_lazy("alert", "Rule switched off")
        OVERTAKEN = "overtaken", pgettext_lazy("alert", "Next threshold reached")
        PERIOD_OVER = "period_over", pgettext_lazy("alert", "The budget's period ended")
        CHANGED = "changed", pgettext_lazy("alert", "The budget was changed")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts")
    country = models.CharField(max_length=2, blank=True, default="")
    operator = models.TextField(blank=True, default="", db_collation="C")
    since = models.DateTimeField()
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    good_since = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True, default="")
    threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    period = models.DateField(null=True, blank=True)
    revision = models.PositiveIntegerField(null=True, blank=True)
    figures = models.JSONField(default=dict)
    mailed_at = models.DateTimeField(null=True, blank=True)
    end_mailed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=254, blank=True, default="")

    class Meta:
        db_table = "alert"
        constraints = [
            # one open alert for each rule and part of the messages
            models.UniqueConstraint(
                fields=["tenant", "rule", "country", "operator"], name="alert_open_once", condition=Q(closed_at=None)
            ),
            # each threshold of a budget is told once in a period
            models.UniqueConstraint(
                fields=["tenant", "rule", "period", "revision", "threshold"],
                name="alert_budget_once",
                condition=Q(period__isnull=False),
            ),
        ]
        indexes = [
            # the history on the page and on charts (reports/figures/alerts_shown.py)
            models.Index(fields=["tenant", "-opened_at"], name="alert_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def over_at(self) -> datetime | None:
        """Return since when it is over: the first of the usual looks that closed it, or the last unusual one."""
        if self.closed_at is None:
            return None
        return {self.Ending.RECOVERED: self.good_since, self.Ending.QUIET: self.seen_at}.get(
            self.ending
        ) or self.closed_at


class AlertSum(models.Model):
    """Messages by account, country and operator, as they were at the tenant's age of a look (`AlertClock.age`).

    `delivered` counts those delivered by that age, one number for each of TIMES (reports/alerts/statistics/sums.py).
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    country = models.CharField(max_length=2)
    operator = models.TextField(db_collation="C")
    messages = models.BigIntegerField()
    delivered = ArrayField(models.BigIntegerField())

    class Meta:
        abstract = True


class AlertMinute(AlertSum):
    """Sums of one minute of sending; kept for some hours."""

    pk = models.CompositePrimaryKey("tenant_id", "minute", "account_id", "country", "operator")
    minute = models.DateTimeField()

    class Meta:
        db_table = "alert_minute"


class AlertQuarter(AlertSum):
    """Sums of one quarter of an hour of sending, the usual that looks compare with; kept for four months."""

    pk = models.CompositePrimaryKey("tenant_id", "quarter", "account_id", "country", "operator")
    quarter = models.DateTimeField()

    class Meta:
        db_table = "alert_quarter"


class AlertClock(models.Model):
    """Progress of a tenant's sums and looks.

    Messages are looked at when they are `age` seconds old: the usual p95 of the time to delivery, set anew each day.
    Minutes are summed up to `summed_until`, earlier quarters from `filled_from` on.
    """

    tenant = models.OneToOneField(Tenant, primary_key=True, on_delete=models.CASCADE, related_name="+")
    age = models.PositiveIntegerField()
    age_set_on = models.DateField()
    summed_until = models.DateTimeField()
    filled_from = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_clock"


class AlertMailChoice(models.Model):
    """Choice of a person to get a tenant's mails about alerts or not; without one, owners and managers get them.

    With `below` the person also gets those of the tenants below it, where nothing else was chosen.
    """

    pk = models.CompositePrimaryKey("tenant_id", "user_id")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    wants = models.BooleanField()
    below = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "alert_mail_choice"

"""Bodies and answers of the API of alerts."""

from rest_framework import serializers

from deliveries.partner_ids.serializers import Text
from portal.api.serializers import AS_OF, ChangePageSerializer, ShownInZoneSerializer
from reports.alerts.changing import SNOOZES
from reports.alerts.rules import MOST_MESSAGES
from reports.models import Alert, AlertRule
from reports.models.alerts import MIN_MESSAGES

KINDS = [kind for kind in AlertRule.Kind.values if kind != AlertRule.Kind.BUDGET]  # of rules that people make
_HELP = {
    "name": "Its name, without phone numbers.",
    "scope": "Which messages it is about: all, each country and operator by itself (`each`), or one of something.",
    "country": "ISO 3166-1 alpha-2, with the scopes `country` and `operator`.",
    "operator": "Name of an operator, with the scope `operator`.",
    "partner_id": "With the scope `partner_id`.",
    "campaign": "Name of a campaign, with the scope `campaign`.",
    "sender": "With the scope `sender`; a phone number cannot have a rule.",
    "quiet_from": "No e-mail from this time on, such as 22:00, on the customer's clock. With `quiet_until`, or null.",
    "quiet_until": "No e-mail until this time.",
}


class ChangeRuleBody(serializers.Serializer):
    """Fields of an alert rule that change; others stay."""

    name = Text(max_length=120, help_text=_HELP["name"])
    kind = serializers.ChoiceField(choices=KINDS, help_text="What it looks at.")
    scope = serializers.ChoiceField(choices=AlertRule.Scope.values, required=False, help_text=_HELP["scope"])
    country = Text(max_length=2, required=False, help_text=_HELP["country"])
    operator = Text(max_length=200, required=False, help_text=_HELP["operator"])
    partner_id = Text(max_length=256, required=False, help_text=_HELP["partner_id"])
    campaign = Text(max_length=256, required=False, help_text=_HELP["campaign"])
    sender = Text(max_length=64, required=False, help_text=_HELP["sender"])
    threshold = serializers.FloatField(
        required=False,
        help_text=(
            "By kind: percentage points of the delivery rate (3 to 100), percent of the volume (10 to 95 fewer, 20 to"
            " 10,000 more), times the usual median (1.5 to 100), minutes of silence (15 to 1,440)."
        ),
    )
    min_messages = serializers.IntegerField(
        min_value=MIN_MESSAGES,
        max_value=MOST_MESSAGES,
        required=False,
        help_text=f"Fewer messages in 15 minutes open no alert. Default: {MIN_MESSAGES}.",
    )
    quiet_from = serializers.TimeField(
        allow_null=True, required=False, input_formats=["%H:%M", "%H:%M:%S"], help_text=_HELP["quiet_from"]
    )
    quiet_until = serializers.TimeField(
        allow_null=True, required=False, input_formats=["%H:%M", "%H:%M:%S"], help_text=_HELP["quiet_until"]
    )
    is_on = serializers.BooleanField(
        required=False, help_text="Whether it is on. Both ways end its snooze; alerts of a rule that is off close."
    )


class NewRuleBody(ChangeRuleBody):
    """An alert rule as it is created: switched off."""

    tenant = Text(required=False, help_text="Whose rule it is, by slug; without it the key's tenant.")
    is_on = None  # type: ignore[assignment]  # its past alerts are looked at first


class SnoozeBody(serializers.Serializer):
    """Length of a snooze."""

    hours = serializers.ChoiceField(choices=[int(hours) for hours in SNOOZES], help_text="From now on.")


class AlertRuleAnswer(serializers.Serializer):
    """A rule that opens alerts."""

    id = serializers.IntegerField(help_text="Its id.")
    tenant = serializers.CharField(help_text="Whose rule it is.")
    name = serializers.CharField(help_text="Its name; of a standard rule in English.")
    standard = serializers.CharField(
        allow_null=True, help_text="Which one of the rules that every customer has; null: another."
    )
    kind = serializers.ChoiceField(choices=AlertRule.Kind.values, help_text="What it looks at.")
    scope = serializers.ChoiceField(choices=AlertRule.Scope.values, help_text="Which messages it is about.")
    country = serializers.CharField(allow_null=True, help_text=_HELP["country"])
    operator = serializers.CharField(allow_null=True, help_text=_HELP["operator"])
    partner_id = serializers.CharField(allow_null=True, help_text=_HELP["partner_id"])
    campaign = serializers.CharField(allow_null=True, help_text=_HELP["campaign"])
    sender = serializers.CharField(allow_null=True, help_text=_HELP["sender"])
    budget = serializers.IntegerField(
        allow_null=True, help_text="The budget that it is of. Such rules need the scope `billing`, too."
    )
    threshold = serializers.FloatField(allow_null=True, help_text="By kind, as in the body; null: the budget says it.")
    min_messages = serializers.IntegerField(
        allow_null=True, help_text="Least number of messages in 15 minutes; null of a budget."
    )
    quiet_from = serializers.TimeField(allow_null=True, help_text="No e-mail from this time of the customer on.")
    quiet_until = serializers.TimeField(allow_null=True, help_text=_HELP["quiet_until"])
    is_on = serializers.BooleanField(help_text="Whether it is on.")
    snoozed_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then its alerts are in no e-mail and in no header; null: no snooze."
    )
    created_at = serializers.DateTimeField(help_text="When it was created.")
    archived_at = serializers.DateTimeField(allow_null=True, help_text="When it was deleted; null: it was not.")


class AlertRulesAnswer(ChangePageSerializer):
    """A page of rules."""

    data = AlertRuleAnswer(many=True, help_text="Rules.")  # type: ignore[assignment]  # Serializer has the name, too


class AlertFiguresAnswer(serializers.Serializer):
    """Figures that the look found when it opened an alert."""

    now = serializers.FloatField(
        allow_null=True,
        help_text=(
            "Delivered share from 0 to 1, median time in seconds, messages in 15 minutes, or minutes without a message;"
            " null of a budget."
        ),
    )
    usual = serializers.FloatField(allow_null=True, help_text="The usual value of the same; null of a budget.")
    messages = serializers.IntegerField(
        allow_null=True, help_text="Messages that were looked at; of a budget those without a price."
    )
    spent = serializers.DecimalField(
        max_digits=None, decimal_places=None, allow_null=True, help_text="Of a budget: what was spent; else null."
    )
    amount = serializers.DecimalField(
        max_digits=None, decimal_places=None, allow_null=True, help_text="Of a budget: its amount; else null."
    )
    currency = serializers.CharField(allow_null=True, help_text="Of a budget: ISO 4217; else null.")


class AlertAnswer(serializers.Serializer):
    """A finding of a rule."""

    id = serializers.IntegerField(help_text="Its id.")
    tenant = serializers.CharField(help_text="Whose messages it is about.")
    rule = serializers.IntegerField(help_text="The rule that opened it.")
    kind = serializers.ChoiceField(choices=AlertRule.Kind.values, help_text="What its rule looks at.")
    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 alpha-2; null: not of one country.")
    operator = serializers.CharField(allow_null=True, help_text="The operator; null: not of one operator.")
    budget = serializers.IntegerField(allow_null=True, help_text="The budget that it is of; null: none.")
    threshold = serializers.IntegerField(allow_null=True, help_text="Of a budget: the percent that was reached.")
    figures = AlertFiguresAnswer(help_text="What the look that opened it found.")
    since = serializers.DateTimeField(help_text="The beginning of the first unusual minutes.")
    opened_at = serializers.DateTimeField(help_text="When it opened.")
    acknowledged_at = serializers.DateTimeField(allow_null=True, help_text="When it was acknowledged; null: not.")
    acknowledged_by = serializers.CharField(allow_null=True, help_text="Who acknowledged it: a member or a key.")
    over_at = serializers.DateTimeField(allow_null=True, help_text="Of a closed one: since when it has been over.")
    closed_at = serializers.DateTimeField(allow_null=True, help_text="When it closed; null: it is open.")
    ending = serializers.ChoiceField(
        choices=Alert.Ending.values, allow_null=True, help_text="Why it closed; null: it is open."
    )


class AlertsAnswer(ChangePageSerializer):
    """A page of alerts."""

    data = AlertAnswer(many=True, help_text="Alerts.")  # type: ignore[assignment]  # Serializer has the name, too


class PastAlertAnswer(serializers.Serializer):
    """An alert that a rule would have opened."""

    at = serializers.DateTimeField(help_text="When it would have opened.")
    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 alpha-2; null: not of one country.")
    operator = serializers.CharField(allow_null=True, help_text="The operator; null: not of one operator.")
    now = serializers.FloatField(
        allow_null=True,
        help_text=(
            "By the rule's kind: delivered share from 0 to 1, median time in seconds, messages in 15 minutes, or"
            " minutes without a message."
        ),
    )
    usual = serializers.FloatField(allow_null=True, help_text="The usual value of the same.")
    messages = serializers.IntegerField(allow_null=True, help_text="Messages of the quarter of an hour.")


class BacktestAnswer(ShownInZoneSerializer):
    """The alerts that a rule would have opened."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    rule = serializers.IntegerField(help_text="The rule's id.")
    since = serializers.DateTimeField(
        allow_null=True,
        help_text="The beginning: 90 days ago, or later where fewer are known; null: none is known yet.",
    )
    number = serializers.IntegerField(help_text="How many alerts it would have opened since then.")
    alerts = PastAlertAnswer(many=True, help_text="The newest 1,000 of them, the newest first.")

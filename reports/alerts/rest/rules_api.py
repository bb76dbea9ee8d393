"""/api/v1/alert-rules/: rules of alerts listed, created, read, changed, snoozed and deleted."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.api.bodies import checked
from portal.api.operations import ALERTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from portal.tenants.models import Tenant
from reports.alerts import changing
from reports.alerts.changing import MAX_DIRECT, MAX_RULES
from reports.alerts.rest import bodies
from reports.alerts.rest.alerts_api import customer_of
from reports.alerts.rest.examples import NEW, RULE
from reports.alerts.rest.serializers import (
    AlertRuleAnswer,
    AlertRulesAnswer,
    ChangeRuleBody,
    NewRuleBody,
    SnoozeBody,
)
from reports.alerts.rest.shown import rules_shown
from reports.alerts.rights import rules_seen
from reports.models import AlertRule

RULE_PATH = {"rule_id": Parameter(name="rule_id", text="The rule's `id`.", kind="number", most=ROW_ID_MAX, example=12)}
_TOO_MANY = (
    f"A customer has at most {MAX_RULES} rules of its own, {MAX_DIRECT} of them on partner IDs, campaigns and senders:"
    " delete one first."
)


class AlertRulesView(ApiView):
    """The rules of the key's tenants, newest first. POST creates one."""

    operations = {
        "GET": Operation(
            id="list_alert_rules",
            tag="Alerts",
            summary="List rules of alerts",
            text=(
                "The rules of the key's tenant and of all below it, newest first, with the standard ones. Rules of"
                " budgets need the scope `billing`, too. Rules belong to customers: an account's key has none."
            ),
            parameters=(
                TENANT,
                Parameter(
                    name="archived",
                    text="Whether deleted rules are listed instead of the others, or `all`.",
                    kind="choice",
                    choices=("yes", "no", "all"),
                    default="no",
                ),
                *LISTED,
            ),
            answer=AlertRulesAnswer,
            answer_text="A page of rules.",
            answer_example=PAGE_EXAMPLE | {"data": [RULE]},
        ),
        "POST": Operation(
            id="create_alert_rule",
            tag="Alerts",
            summary="Create a rule",
            text=(
                "Create a rule, switched off: look at its backtest, then switch it on with `is_on`."
                f" A customer has at most {MAX_RULES} rules of its own, {MAX_DIRECT} of them on partner IDs,"
                " campaigns and senders. Without `threshold` the rule gets the good start of its kind."
            ),
            scope=ALERTS,
            body=NewRuleBody,
            body_example=NEW,
            answer=AlertRuleAnswer,
            answer_text="The new rule; `Location` is its URL.",
            answer_example=RULE,
            status=201,
            headers={"Location": "The rule's address."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rules = _seen(self.access)
        if (asked := self.given.tenants(self.access)) is not None:
            rules = rules.filter(tenant_id__in=asked.values())
        if (archived := self.given.choice("archived")) != "all":
            rules = rules.filter(archived_at__isnull=archived == "no")
        return self.answer(page_of(rules, self.given, self.access, lambda page: rules_shown(page, self.access)))

    def post(self, request: Request) -> Response:
        customer = customer_of(self.access)
        data = checked(NewRuleBody, request.data)
        tenant = _tenant(self.access, data["tenant"]) if "tenant" in data else customer
        try:
            made = changing.create(tenant, bodies.new_rule(data, tenant), actor=str(self.access.key))
        except changing.TooManyRules as error:
            raise Conflict(_TOO_MANY) from error
        return self.answer(
            _shown(self.access, made.pk), Location=request.build_absolute_uri(f"{request.path}{made.pk}/")
        )


class AlertRuleView(ApiView):
    """One rule."""

    http_method_names = ["get", "head", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_alert_rule",
            tag="Alerts",
            summary="One rule",
            text="A rule; a deleted one too.",
            path=RULE_PATH,
            answer=AlertRuleAnswer,
            answer_text="The rule.",
            answer_example=RULE,
        ),
        "PATCH": Operation(
            id="change_alert_rule",
            tag="Alerts",
            summary="Change a rule, switch it on or off",
            text=(
                "Change the fields that are given; others stay. A new scope needs the fields of its messages. A"
                " standard rule keeps its name, kind and messages; the rule of a budget takes quiet hours and `is_on`"
                " alone. A deleted rule is a conflict."
            ),
            scope=ALERTS,
            path=RULE_PATH,
            body=ChangeRuleBody,
            body_example={"threshold": 12.5, "is_on": True},
            answer=AlertRuleAnswer,
            answer_text="The rule as it is now.",
            answer_example=RULE | {"threshold": 12.5, "is_on": True},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="delete_alert_rule",
            tag="Alerts",
            summary="Delete a rule",
            text=(
                "Delete a rule of the customer's own. Its open alerts close within minutes and stay in the history; the"
                " rule stays readable. A second call is harmless. A standard rule and that of a budget are a conflict:"
                " switch them off."
            ),
            scope=ALERTS,
            path=RULE_PATH,
            answer=AlertRuleAnswer,
            answer_text="The deleted rule.",
            answer_example=RULE | {"archived_at": "2026-11-30T09:00:00Z"},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, rule_id: int) -> Response:
        return self.answer(_shown(self.access, rule_id))

    def patch(self, request: Request, rule_id: int) -> Response:
        rule = _active(self.access, rule_id)
        data = checked(ChangeRuleBody, request.data, is_partial=True)
        given, actor = bodies.changed_rule(data, rule), str(self.access.key)
        try:
            with transaction.atomic():
                changing.change(rule, given, actor=actor)
                if "is_on" in data:
                    changing.switch(rule, is_on=data["is_on"], actor=actor, now=timezone.now())
        except changing.TooManyRules as error:
            raise Conflict(_TOO_MANY) from error
        return self.answer(_shown(self.access, rule_id))

    def delete(self, request: Request, rule_id: int) -> Response:
        rule = found_rule(self.access, rule_id)
        if rule.archived_at is None and not changing.archive(rule, actor=str(self.access.key), now=timezone.now()):
            raise Conflict(
                "The rule stays with its budget: switch it off, or retire the budget."
                if rule.budget_id is not None
                else "A standard rule cannot be deleted: switch it off."
            )
        return self.answer(_shown(self.access, rule_id))


class SnoozeView(ApiView):
    """Snooze of a rule."""

    http_method_names = ["post", "delete"]
    operations = {
        "POST": Operation(
            id="snooze_alert_rule",
            tag="Alerts",
            summary="Snooze a rule",
            text="Leave a rule's alerts out of e-mails and headers for some hours from now on. They open all the same.",
            scope=ALERTS,
            path=RULE_PATH,
            body=SnoozeBody,
            body_example={"hours": 8},
            answer=AlertRuleAnswer,
            answer_text="The rule as it is now.",
            answer_example=RULE | {"snoozed_until": "2026-11-30T17:00:00Z"},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="wake_alert_rule",
            tag="Alerts",
            summary="End a rule's snooze",
            text="A rule that is not snoozed stays as it is.",
            scope=ALERTS,
            path=RULE_PATH,
            answer=AlertRuleAnswer,
            answer_text="The rule as it is now.",
            answer_example=RULE,
            problems=("conflict",),
        ),
    }

    def post(self, request: Request, rule_id: int) -> Response:
        rule = _active(self.access, rule_id)
        length = changing.SNOOZES[str(checked(SnoozeBody, request.data)["hours"])]
        changing.snooze(rule, length=length, actor=str(self.access.key), now=timezone.now())
        return self.answer(_shown(self.access, rule_id))

    def delete(self, request: Request, rule_id: int) -> Response:
        rule = _active(self.access, rule_id)
        if rule.snoozed_until is not None:
            changing.snooze(rule, length=None, actor=str(self.access.key), now=timezone.now())
        return self.answer(_shown(self.access, rule_id))


def _seen(access: Access) -> QuerySet[AlertRule]:
    customer_of(access)
    return rules_seen(access).select_related("tenant", "budget")


def found_rule(access: Access, rule_id: int) -> AlertRule:
    """Return a rule that the key sees. Raises Http404."""
    found = _seen(access).filter(pk=rule_id).first() if rule_id <= ROW_ID_MAX else None
    if found is None:
        raise Http404
    return found


def _active(access: Access, rule_id: int) -> AlertRule:
    """Return a rule that can be changed. Raises Http404 and Conflict."""
    rule = found_rule(access, rule_id)
    if rule.archived_at is not None:
        raise Conflict("The rule is deleted: it cannot be changed.")
    return rule


def _shown(access: Access, rule_id: int) -> dict:
    [shown] = rules_shown([found_rule(access, rule_id)], access)
    return shown


def _tenant(access: Access, slug: str) -> Tenant:
    """Return the customer that the body names."""
    tenant = Tenant.objects.filter(id__in=access.tenant_ids, kind=Tenant.Kind.CUSTOMER, slug=slug).first()
    if tenant is None:
        raise BadField("tenant", "no tenant of this name that the key may see")
    return tenant

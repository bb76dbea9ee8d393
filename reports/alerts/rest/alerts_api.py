"""/api/v1/alerts/: alerts listed, read and acknowledged."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates.rest.serializers import NoFields
from portal.accounts.access import Access
from portal.api.bodies import checked
from portal.api.operations import ALERTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import Conflict
from portal.api.views import ApiView
from portal.tenants.models import Tenant
from reports.alerts import changing
from reports.alerts.rest.examples import ACKNOWLEDGED, ALERT
from reports.alerts.rest.serializers import AlertAnswer, AlertsAnswer
from reports.alerts.rest.shown import alerts_shown
from reports.alerts.rights import alerts_seen
from reports.models import Alert, AlertRule

_PATH = {"alert_id": Parameter(name="alert_id", text="The alert's `id`.", kind="number", most=ROW_ID_MAX, example=340)}


class AlertsView(ApiView):
    """The alerts of the key's tenants, newest first."""

    operations = {
        "GET": Operation(
            id="list_alerts",
            tag="Alerts",
            summary="List alerts",
            text=(
                "The alerts of the key's tenant and of all below it, newest first: what was unusual, against what is"
                " usual. `from` and `to` are about the time of opening. Closed ones are kept for two years. Alerts of"
                " budgets need the scope `billing`, too. Alerts belong to customers: an account's key has none."
            ),
            parameters=(
                TENANT,
                Parameter(
                    name="state",
                    text="Open ones, acknowledged or not; closed ones; or all.",
                    kind="choice",
                    choices=("open", "closed", "all"),
                    default="all",
                    example="open",
                ),
                Parameter(
                    name="kind",
                    text="Only alerts of rules of this kind.",
                    kind="choice",
                    choices=tuple(AlertRule.Kind.values),
                    example="delivery",
                ),
                Parameter(name="rule", text="Only alerts of this rule, by its `id`.", kind="number", example=12),
                *LISTED,
            ),
            sample={"state": "open"},
            answer=AlertsAnswer,
            answer_text="A page of alerts.",
            answer_example=PAGE_EXAMPLE | {"data": [ALERT]},
        )
    }

    def get(self, request: Request) -> Response:
        alerts = _seen(self.access)
        if (asked := self.given.tenants(self.access)) is not None:
            alerts = alerts.filter(tenant_id__in=asked.values())
        if (state := self.given.choice("state")) != "all":
            alerts = alerts.filter(closed_at__isnull=state == "open")
        if kind := self.given.choice("kind"):
            alerts = alerts.filter(rule__kind=kind)
        if (rule := self.given.number("rule")) is not None:
            alerts = alerts.filter(rule_id=rule)
        page = page_of(
            alerts, self.given, self.access, lambda page: alerts_shown(page, self.access), created="opened_at"
        )
        return self.answer(page)


class AlertView(ApiView):
    """One alert."""

    operations = {
        "GET": Operation(
            id="get_alert",
            tag="Alerts",
            summary="One alert",
            text="An alert with what the look that opened it found.",
            path=_PATH,
            answer=AlertAnswer,
            answer_text="The alert.",
            answer_example=ALERT,
        )
    }

    def get(self, request: Request, alert_id: int) -> Response:
        [shown] = alerts_shown([_found(self.access, alert_id)], self.access)
        return self.answer(shown)


class AcknowledgeView(ApiView):
    """Acknowledgement of an alert."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="acknowledge_alert",
            tag="Alerts",
            summary="Acknowledge an alert",
            text=(
                "Note that somebody knows of an open alert: it is in no e-mail and in no header any more. One that is"
                " acknowledged stays as it is; a closed one is a conflict. The body is `{}`."
            ),
            scope=ALERTS,
            path=_PATH,
            body=NoFields,
            body_example={},
            answer=AlertAnswer,
            answer_text="The alert as it is now.",
            answer_example=ACKNOWLEDGED,
            problems=("conflict",),
        )
    }

    def post(self, request: Request, alert_id: int) -> Response:
        alert = _found(self.access, alert_id)
        checked(NoFields, request.data)
        changing.acknowledge(alert, actor=str(self.access.key), now=timezone.now())
        now = _found(self.access, alert_id)
        if now.closed_at is not None:
            raise Conflict("The alert is closed: there is nothing to acknowledge.")
        [shown] = alerts_shown([now], self.access)
        return self.answer(shown)


def customer_of(access: Access) -> Tenant:
    """Return the customer of the key. Raises PermissionDenied for the key of a whole account."""
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("Alerts belong to a customer: use a key of the customer, not of an account.")
    return access.tenant


def _seen(access: Access) -> QuerySet[Alert]:
    customer_of(access)
    return alerts_seen(access).select_related("tenant", "rule__tenant")


def _found(access: Access, alert_id: int) -> Alert:
    found = _seen(access).filter(pk=alert_id).first() if alert_id <= ROW_ID_MAX else None
    if found is None:
        raise Http404
    return found

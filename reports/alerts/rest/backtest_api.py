"""/api/v1/alert-rules/<id>/backtest/: when a rule would have opened alerts in the past."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.accounts.access import Access
from portal.api.operations import Operation
from portal.api.problems import Conflict, TooSlow
from portal.api.views import ApiView
from reports.alerts.backtest import DAYS, SECONDS, Opened, TooManyMessages, backtest
from reports.alerts.rest.examples import BACKTEST
from reports.alerts.rest.rules_api import RULE_PATH, found_rule
from reports.alerts.rest.serializers import BacktestAnswer

MAX_PAST = 1000


class BacktestView(ApiView):
    """The backtest of a rule."""

    operations = {
        "GET": Operation(
            id="get_alert_rule_backtest",
            tag="Alerts",
            summary="Backtest of a rule",
            text=(
                f"The alerts that the rule, as it is now, would have opened in the past {DAYS} days, on or off. They"
                " are worked out when you ask, by whole quarters of an hour; alerts that it did open are among them."
                f" A rule on a partner ID, a campaign or a sender reads messages, for {SECONDS} seconds at most (422)."
                " A budget's rule has no backtest (409)."
            ),
            path=RULE_PATH,
            answer=BacktestAnswer,
            answer_text="The backtest.",
            answer_example=BACKTEST,
            problems=("conflict", "too-slow"),
        )
    }

    def get(self, request: Request, rule_id: int) -> Response:
        rule = found_rule(self.access, rule_id)
        if rule.budget_id is not None:
            raise Conflict("The rule of a budget has no backtest: usual traffic says nothing about an amount.")
        as_of = no_writes_before()
        try:
            result = backtest(rule, now=timezone.now())
        except TooManyMessages as error:
            raise TooSlow(f"Reading the rule's messages took more than {SECONDS} seconds.") from error
        return self.answer(
            {
                "data_as_of": as_of,
                "rule": rule.pk,
                "since": result.since,
                "number": len(result.alerts),
                "alerts": [_shown(one, self.access) for one in result.alerts[:MAX_PAST]],
            }
        )


def _shown(one: Opened, access: Access) -> dict[str, Any]:
    return {
        "at": one.at,
        "country": one.part.country or None,
        "operator": access.masking.text(one.part.operator) or None,
        "now": one.verdict.now,
        "usual": one.verdict.usual,
        "messages": one.verdict.messages,
    }

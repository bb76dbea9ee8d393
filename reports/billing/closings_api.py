"""/api/v1/billing/closings/: closing a month, with progress, cancelling and retrying."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates.rest.serializers import NoFields
from portal.accounts.access import Access
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.problems import BadField, BadParameter, Conflict
from portal.api.views import ApiView
from portal.common.jobs import JobState
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.closing import (
    MONTHS,
    IsOpen,
    TooEarly,
    cancel_closing,
    closable_months,
    request_closing,
    retry_closing,
)
from reports.billing.closings_serializers import CLOSING, ClosingAnswer, ClosingBody, ClosingsAnswer
from reports.models import ClosingRun

_TAG = "Statements"
_PATH = {
    "closing_id": Parameter(name="closing_id", text="The closing's `id`.", kind="number", most=ROW_ID_MAX, example=7)
}
_RESULTS = ("issued", "drafts", "odd", "kept", "without")


class ClosingsView(ApiView):
    """The closings of the key's tenant, newest first. POST closes a month."""

    operations = {
        "GET": Operation(
            id="list_closings",
            tag=_TAG,
            summary="List closings of months",
            text="The closings of months that the key's tenant has asked for, newest first.",
            scope=BILLING,
            parameters=(
                Parameter(name="month", text="Only of this month.", pattern="^[0-9]{4}-[0-9]{2}$", example="2026-10"),
                Parameter(
                    name="state", text="Only with this state.", kind="choice", choices=tuple(JobState.values),
                    example="done",
                ),
                *LISTED,
            ),
            sample={"state": "done"},
            answer=ClosingsAnswer,
            answer_text="A page of closings.",
            answer_example=PAGE_EXAMPLE | {"data": [CLOSING]},
        ),
        "POST": Operation(
            id="close_month",
            tag=_TAG,
            summary="Close a month",
            text=(
                "Make the statements of all customers directly below the key's tenant for a month, as drafts; those"
                " without remarks are issued at once on request. Drafts of the month are made again, issued statements"
                f" stay. One of the last {MONTHS} months whose late reports are no longer awaited. A month that is"
                " being closed is a conflict. Poll the closing until its `state` is `done`, `failed` or `cancelled`."
            ),
            scope=BILLING,
            body=ClosingBody,
            body_example={"month": "2026-10"},
            answer=ClosingAnswer,
            answer_text="The closing is queued; `Location` is its path.",
            answer_example=CLOSING | {"state": "queued", "progress": 0, "started_at": None, "finished_at": None}
            | {"customers": None, "customers_done": 0} | dict.fromkeys(_RESULTS, 0),
            status=202,
            headers={"Location": "The closing's path."},
            problems=("conflict",),
        ),
    }  # fmt: skip

    def get(self, request: Request) -> Response:
        rows = _closings(self.access)
        if "month" in self.given:
            try:
                rows = rows.filter(month=Month.parse(self.given.text("month")).first_day)
            except ValueError as error:
                raise BadParameter("month", str(error)) from error
        if state := self.given.choice("state"):
            rows = rows.filter(state=state)
        return self.answer(page_of(rows, self.given, self.access, lambda page: [_shown(run) for run in page]))

    def post(self, request: Request) -> Response:
        issuer, body, now = issuer_of(self.access), self.body(request), timezone.now()
        months = closable_months(issuer, now=now)
        try:
            month = Month.parse(body["month"])
        except ValueError as error:
            raise BadField("month", str(error)) from error
        if month not in months:
            raise BadField("month", f"from {months[-1]} to {months[0]}, the last month that can be closed yet")
        try:
            with translation.override("en"):
                run = request_closing(
                    issuer=issuer, month=month, is_issuing=body["issue"], actor=str(self.access.key), now=now
                )
        except TooEarly as error:
            raise BadField("month", str(error)) from error
        except IsOpen as error:
            raise Conflict(str(error)) from error
        shown = _shown(_found(self.access, run.pk))
        return self.answer(shown, Location=shown["url"])


class ClosingView(ApiView):
    """One closing; DELETE cancels it."""

    operations = {
        "GET": Operation(
            id="get_closing",
            tag=_TAG,
            summary="One closing of a month",
            text="A closing with its progress and what came of the customers so far.",
            scope=BILLING,
            path=_PATH,
            answer=ClosingAnswer,
            answer_text="The closing.",
            answer_example=CLOSING,
        ),
        "DELETE": Operation(
            id="cancel_closing",
            tag=_TAG,
            summary="Cancel a closing",
            text=(
                "Stop a closing that waits or runs, after the customer that it is at. The statements that it has made"
                " stay. One that has ended is a conflict."
            ),
            scope=BILLING,
            path=_PATH,
            answer=ClosingAnswer,
            answer_text="The closing as it is now.",
            answer_example=CLOSING | {"state": "cancelled"},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, closing_id: int) -> Response:
        return self.answer(_shown(_found(self.access, closing_id)))

    def delete(self, request: Request, closing_id: int) -> Response:
        if not cancel_closing(_found(self.access, closing_id), actor=str(self.access.key)):
            raise Conflict("The closing has ended already.")
        return self.answer(_shown(_found(self.access, closing_id)))


class RetryClosingView(ApiView):
    """Continuing a closing that stopped."""

    operations = {
        "POST": Operation(
            id="retry_closing",
            tag=_TAG,
            summary="Retry a closing",
            text=(
                "Queue a failed or cancelled closing again; it goes on with the customer at which it stopped. It is a"
                " conflict if it is done or running, or if another one closes the month."
            ),
            scope=BILLING,
            path=_PATH,
            body=NoFields,
            body_example={},
            answer=ClosingAnswer,
            answer_text="The closing, queued again.",
            answer_example=CLOSING | {"state": "queued", "finished_at": None},
            problems=("conflict",),
        )
    }

    def post(self, request: Request, closing_id: int) -> Response:
        self.body(request)
        if not retry_closing(_found(self.access, closing_id), actor=str(self.access.key)):
            raise Conflict("This closing cannot be continued. Close the month again.")
        return self.answer(_shown(_found(self.access, closing_id)))


def issuer_of(access: Access) -> Tenant:
    """Return the tenant that charges its customers. Raises PermissionDenied for the key of a whole account."""
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("An account issues no statements: use a key of the customer, not of an account.")
    return access.tenant


def _closings(access: Access) -> QuerySet[ClosingRun]:
    return ClosingRun.objects.filter(issuer=issuer_of(access)).select_related("issuer")


def _found(access: Access, closing_id: int) -> ClosingRun:
    run = _closings(access).filter(pk=min(closing_id, ROW_ID_MAX)).first()
    if run is None:
        raise Http404
    return run


def _shown(run: ClosingRun) -> dict[str, Any]:
    is_done = run.state == JobState.DONE
    return {
        "id": run.pk,
        "month": f"{run.month:%Y-%m}",
        "issue": run.is_issuing,
        "state": run.state,
        "is_being_cancelled": run.is_open and run.cancel_requested,
        "progress": 100 if is_done else run.percent,
        "problem": run.error or None,
        "customers": run.total or None,
        "customers_done": run.done,
        **{name: run.result.get(name, 0) for name in _RESULTS},
        "requested_by": run.requested_by,
        "requested_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "url": reverse("api:closing", args=[run.pk]),
    }

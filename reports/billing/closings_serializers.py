"""Closings of months as the API takes and shows them."""

from rest_framework import serializers

from portal.api.serializers import ChangePageSerializer
from portal.common.jobs import JobState

CLOSING = {
    "id": 7,
    "month": "2026-10",
    "issue": False,
    "state": "done",
    "is_being_cancelled": False,
    "progress": 100,
    "problem": None,
    "customers": 40,
    "customers_done": 40,
    "issued": 0,
    "drafts": 37,
    "odd": 2,
    "kept": 1,
    "without": 2,
    "requested_by": "billing (srk_4fT9aQx1…)",
    "requested_at": "2026-11-05T09:00:00Z",
    "started_at": "2026-11-05T09:00:01Z",
    "finished_at": "2026-11-05T09:00:20Z",
    "url": "/api/v1/billing/closings/7/",
}


class ClosingBody(serializers.Serializer):
    """A month to close."""

    month = serializers.RegexField("^[0-9]{4}-[0-9]{2}$", help_text="The month, such as `2026-10`.")
    issue = serializers.BooleanField(
        default=False,
        help_text="Whether complete statements without remarks are issued at once; else all stay drafts.",
    )


class ClosingAnswer(serializers.Serializer):
    """A closing of a month, with the numbers of what came of the customers."""

    id = serializers.IntegerField(help_text="Its id.")
    month = serializers.CharField(help_text="The month.")
    issue = serializers.BooleanField(help_text="Whether complete statements without remarks are issued at once.")
    state = serializers.ChoiceField(
        choices=JobState.values, help_text="`done`, `failed` and `cancelled` are the ends of it."
    )
    is_being_cancelled = serializers.BooleanField(help_text="It stops after the customer that it is at.")
    progress = serializers.IntegerField(help_text="In percent.")
    problem = serializers.CharField(allow_null=True, help_text="Why the last attempt failed.")
    customers = serializers.IntegerField(allow_null=True, help_text="Number of customers; null: not known yet.")
    customers_done = serializers.IntegerField(help_text="Those that are done.")
    issued = serializers.IntegerField(help_text="Statements issued at once.")
    drafts = serializers.IntegerField(help_text="Statements that are drafts.")
    odd = serializers.IntegerField(help_text="Statements of which something looks odd.")
    kept = serializers.IntegerField(help_text="Statements that were issued before, and stay.")
    without = serializers.IntegerField(help_text="Customers without anything to charge.")
    requested_by = serializers.CharField(help_text="The key or the person that asked for it.")
    requested_at = serializers.DateTimeField(help_text="When it was asked for.")
    started_at = serializers.DateTimeField(allow_null=True, help_text="When work on it began; null: not yet.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended; null: not yet.")
    url = serializers.CharField(help_text="Its address.")


class ClosingsAnswer(ChangePageSerializer):
    """A page of closings, newest first."""

    data = ClosingAnswer(many=True, help_text="The closings.")  # type: ignore[assignment]  # Serializer has the name

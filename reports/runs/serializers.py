"""Shapes of reports in the API."""

from rest_framework import serializers

from portal.api.serializers import ForwardPageSerializer
from reports.figures.serializers import _share
from reports.models import ReportRun


class QueueReportSerializer(serializers.Serializer):
    """The report to make."""

    month = serializers.RegexField(
        r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        help_text="From ten years back to the one that it is now, by the tenant's days.",
        error_messages=dict.fromkeys(("required", "invalid", "null", "blank"), "say which one, such as 2026-10"),
    )
    tenant = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=63,
        help_text="A tenant at or below the key's, by its short name; the key's own where it is left out. Not for an "
        "account's key.",
    )


def _difference(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        allow_null=True, help_text=f"{what} now, above what is in the report; negative: below. Null: not known."
    )


class ChangedSinceSerializer(serializers.Serializer):
    """How the counts of a report's month have changed since it was made."""

    messages = _difference("Messages")
    parts = _difference("SMS parts")
    delivered = _difference("Delivered messages")
    failed = _difference("Failed messages")
    pending = _difference("Pending messages")
    unknown = _difference("Messages with a result that says nothing sure")
    rows_moved = serializers.BooleanField(
        help_text="All of these are 0, and figures have moved between rows, such as from one partner ID to another."
    )


class ReportSerializer(serializers.Serializer):
    """One making of one month's report."""

    id = serializers.IntegerField(help_text="Its number.")
    tenant = serializers.CharField(allow_null=True, help_text="Whose it is; null: an account's.")
    account = serializers.CharField(allow_null=True, help_text="The gateway account's; null: a tenant's.")
    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", help_text="The month.")
    kind = serializers.ChoiceField(
        choices=ReportRun.Kind.values, help_text="Provisional until late delivery reports have had their time."
    )
    revision = serializers.IntegerField(help_text="Counts the reports of the month that differ from the one before.")
    unchanged = serializers.BooleanField(
        help_text="Figures and layout came out as in an earlier report, whose `revision` and file these are."
    )
    state = serializers.ChoiceField(
        choices=ReportRun.State.values,
        help_text="`done`, `failed` and `cancelled` are final; a report that is `queued` or `running` goes on.",
    )
    waits_for_delivery_reports = serializers.BooleanField(
        help_text="It is `queued` until the delivery reports that came in before it was requested are applied."
    )
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="Percent.")
    requested_at = serializers.DateTimeField(help_text="When it was asked for.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it was done or given up.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text="Reports that came in before are counted.")
    messages = serializers.IntegerField(allow_null=True, help_text="Messages in it.")
    maturity = _share("Share of its messages with a final state.")
    changed_since = ChangedSinceSerializer(
        allow_null=True,
        help_text="What has changed since a final report was made; null: nothing, or it is not final or not done. "
        "`POST` its month to make the next revision.",
    )
    bytes = serializers.IntegerField(allow_null=True, help_text="Size of its file.")
    sha256 = serializers.CharField(allow_null=True, help_text="SHA-256 of its file, in hexadecimal digits.")
    url = serializers.CharField(help_text="This report.")
    download_url = serializers.CharField(
        allow_null=True, help_text="Its file; null until `state` is `done`, and once the file was deleted."
    )
    file_erased_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the file was deleted, as a phone number in it was erased; a new revision follows.",
    )


class ReportPageSerializer(ForwardPageSerializer):
    """A page of reports, newest first."""

    data = ReportSerializer(many=True, help_text="The reports.")

"""Shapes of reports in the API."""

from rest_framework import serializers

from deliveries.counts.causes import Cause
from portal.api.serializers import ChangePageSerializer
from reports.figures.serializers import _share
from reports.models import ReportRun


class QueueReportSerializer(serializers.Serializer):
    """The report to make."""

    month = serializers.RegexField(
        r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        help_text="A month from ten years ago to the current month, in the tenant's time zone.",
        error_messages=dict.fromkeys(("required", "invalid", "null", "blank"), "enter a month such as 2026-10"),
    )
    tenant = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=63,
        help_text="The key's tenant or one below it, by slug; default: the key's own. Not for an account's key.",
    )


def _difference(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, help_text=f"{what} now minus those in the report. Null: unknown.")


def _part(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=f"{what} that were added; negative: taken away.")


class ChangedSinceSerializer(serializers.Serializer):
    """Changes in the counts of a report's month since it was created."""

    messages = _difference("Messages")
    parts = _difference("SMS parts")
    delivered = _difference("Delivered messages")
    failed = _difference("Failed messages")
    pending = _difference("Pending messages")
    unknown = _difference("Messages whose result is uncertain")
    rows_moved = serializers.BooleanField(
        help_text="All differences are 0, but figures moved between rows, for example between partner IDs."
    )


class CauseSerializer(serializers.Serializer):
    """The changes of one cause in the counts of a report's month."""

    cause = serializers.ChoiceField(
        choices=[cause.value for cause in Cause],
        help_text=(
            "`late_reports`: delivery reports or submissions that came after the month was final. `partner_ids`: a"
            " partner ID was declared or moved. `settings`: the time zone or the refId scheme was changed. `refold`:"
            " result codes or rules were reinterpreted. `reconcile`: counts were corrected after a check."
        ),
    )
    messages = _part("Messages")
    parts = _part("SMS parts")
    delivered = _part("Delivered messages")
    failed = _part("Failed messages")
    pending = _part("Pending messages")
    unknown = _part("Messages whose result is uncertain")


class RevisionChangesSerializer(serializers.Serializer):
    """Differences between a revision and the one before it."""

    since_revision = serializers.IntegerField(help_text="The revision that it is compared with.")
    messages = _part("Messages")
    parts = _part("SMS parts")
    delivered = _part("Delivered messages")
    failed = _part("Failed messages")
    pending = _part("Pending messages")
    unknown = _part("Messages whose result is uncertain")
    causes = CauseSerializer(many=True, help_text="The causes, each with its part of the differences.")


class ReportSerializer(serializers.Serializer):
    """One making of one month's report."""

    id = serializers.IntegerField(help_text="Its number.")
    tenant = serializers.CharField(allow_null=True, help_text="The report's tenant; null: a report of an account.")
    account = serializers.CharField(
        allow_null=True, help_text=("The report's gateway account; null: a report of a tenant.")
    )
    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", help_text="The month.")
    timezone = serializers.CharField(help_text="The zone of the month: the tenant's, or the account's.")
    kind = serializers.ChoiceField(
        choices=ReportRun.Kind.values,
        help_text=("Provisional until the waiting time for late delivery reports is over."),
    )
    revision = serializers.IntegerField(
        help_text=("Counts the reports of the month that differ from the previous one.")
    )
    unchanged = serializers.BooleanField(
        help_text=("Figures and layout equal those of an earlier report; `revision` and the file are of that report.")
    )
    state = serializers.ChoiceField(
        choices=ReportRun.State.values,
        help_text="`done`, `failed` and `cancelled` are final states; the others change.",
    )
    waits_for_delivery_reports = serializers.BooleanField(
        help_text="It stays `queued` until the delivery reports received before the request are processed."
    )
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="Percent.")
    requested_at = serializers.DateTimeField(help_text="When the report was requested.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When the report was done or failed.")
    data_as_of = serializers.DateTimeField(
        allow_null=True, help_text=("Delivery reports received before this time are counted.")
    )
    messages = serializers.IntegerField(allow_null=True, help_text="Number of messages.")
    maturity = _share("Share of messages with a final status.")
    changed_since = ChangedSinceSerializer(
        allow_null=True,
        help_text=(
            "Changes since a final report was created; null: no changes, or the report is not final or not done."
            " `POST` the month to create the next revision."
        ),
    )
    causes = CauseSerializer(
        many=True,
        help_text=(
            "Causes of `changed_since`, each with its part of the differences. Empty if nothing has changed, or if the"
            " report is older than the record of causes."
        ),
    )
    revision_changes = RevisionChangesSerializer(
        allow_null=True,
        help_text="Changes of a final revision against the one before it; null: none, or it cannot be compared.",
    )
    bytes = serializers.IntegerField(allow_null=True, help_text="Size of the file.")
    sha256 = serializers.CharField(allow_null=True, help_text="SHA-256 of the file, in hexadecimal digits.")
    url = serializers.CharField(help_text="This report.")
    download_url = serializers.CharField(
        allow_null=True, help_text=("URL of the file; null until `state` is `done`, and after the file was deleted.")
    )
    file_erased_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the file was deleted because a phone number in it was erased; a new revision follows.",
    )
    removed_at = serializers.DateTimeField(
        allow_null=True,
        help_text=(
            "When somebody removed the report on the Reports page. The file is deleted, and its download is 410;"
            " the number of the revision is not used again."
        ),
    )


class ReportPageSerializer(ChangePageSerializer):
    """A page of reports, newest first."""

    data = ReportSerializer(many=True, help_text="The reports.")

"""Shapes of exports in the API."""

from rest_framework import serializers

from campaigns.segments import MAX_KEY_LENGTH
from deliveries.exports.forms import MAX_PARAMETERS
from deliveries.message_pages.columns import ALL_COLUMNS, COLUMNS
from deliveries.message_pages.parameter_fields import PARAMETER, is_parameter, key_of
from deliveries.models import Export
from portal.api.serializers import ChangePageSerializer
from portal.common.masking import Masking


class AskForExportSerializer(serializers.Serializer):
    """The file to make; what is in it is said by the query parameters."""

    format = serializers.ChoiceField(
        choices=Export.Format.values,
        help_text="`parquet` and `csv` are for programs; `xlsx` is split into sheets of 1,048,575 messages.",
        error_messages=dict.fromkeys(("required", "invalid_choice", "null"), "enter xlsx, csv or parquet"),
    )
    columns = serializers.ListField(
        child=serializers.CharField(max_length=len(PARAMETER) + MAX_KEY_LENGTH),
        required=False,
        allow_empty=False,
        max_length=len(ALL_COLUMNS) + MAX_PARAMETERS,
        default=list(COLUMNS),
        help_text=(
            f"The columns, in the file's own order: {', '.join(ALL_COLUMNS)}; and behind them up to {MAX_PARAMETERS}"
            " custom parameters such as `custom_parameters[city]`."
            f" Default: all but {', '.join(ALL_COLUMNS.keys() - COLUMNS)}."
        ),
    )

    def validate_columns(self, names: list[str]) -> list[str]:
        """Return the names in the file's order, each once."""
        parameters = [name for name in dict.fromkeys(names) if is_parameter(name) and key_of(name)]
        for name in names:
            if name not in ALL_COLUMNS and name not in parameters:
                raise serializers.ValidationError(
                    f"no column “{name}”; one of {', '.join(ALL_COLUMNS)}, custom_parameters[…]"
                )
        if any(Masking(in_full=False).hides(name) for name in parameters):
            raise serializers.ValidationError("a name must not hold a phone number")
        if len(parameters) > MAX_PARAMETERS:
            raise serializers.ValidationError(f"at most {MAX_PARAMETERS} custom parameters")
        return [*(name for name in ALL_COLUMNS if name in names), *parameters]


class ExportSerializer(serializers.Serializer):
    """One search or table as one file."""

    id = serializers.IntegerField(help_text="Its number.")
    kind = serializers.CharField(help_text="What its rows are, such as `messages`.")
    tenant = serializers.CharField(help_text="The key's tenant, by slug: its language and time zone are the file's.")
    timezone = serializers.CharField(help_text="The zone of the file's times.")
    search = serializers.CharField(help_text="The filters in words, with phone numbers masked.")
    format = serializers.ChoiceField(choices=Export.Format.values, help_text="The file's format.")
    columns = serializers.ListField(child=serializers.CharField(), help_text="Its columns.")
    state = serializers.ChoiceField(
        choices=Export.State.values, help_text="`done`, `failed` and `cancelled` are final states; the others change."
    )
    problem = serializers.ChoiceField(
        choices=Export.Problem.values,
        allow_null=True,
        help_text=(
            "Why it was cancelled by the portal: `rows` or `size` (over a limit), `rights` (the key is not valid any"
            " more), `search` (a filter cannot be searched any more)."
        ),
    )
    rows_done = serializers.IntegerField(help_text="Rows written so far; when it is done, all in the file.")
    rows = serializers.IntegerField(allow_null=True, help_text="Rows that it will have; null: not counted yet.")
    requested_at = serializers.DateTimeField(help_text="When the export was requested.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text="The moment of which the file is the picture.")
    numbers = serializers.ChoiceField(
        choices=["full", "masked"],
        allow_null=True,
        help_text="How the file shows phone numbers; null until it is done.",
    )
    bytes = serializers.IntegerField(allow_null=True, help_text="Size of the file.")
    sha256 = serializers.CharField(allow_null=True, help_text="SHA-256 of the file, in hexadecimal digits.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted.")
    deleted = serializers.ChoiceField(
        choices=Export.Gone.values,
        allow_null=True,
        help_text=(
            "Why the file was deleted: `expired`, `deleted` (by a person or key), `erased` (a phone number was erased"
            " that may be in it), `retention` (messages or numbers in it are past their retention period)."
        ),
    )
    url = serializers.CharField(help_text="This export.")
    download_url = serializers.CharField(allow_null=True, help_text="URL of the file; null while there is none.")


class ExportPageSerializer(ChangePageSerializer):
    """A page of exports, newest first."""

    data = ExportSerializer(many=True, help_text="The exports.")  # type: ignore[assignment] # the API's own name for the rows

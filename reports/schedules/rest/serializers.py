"""The bodies and answers of the API about saved reports."""

from django.conf import settings
from rest_framework import serializers

from deliveries.dialects.codes import COUNTS_AS
from portal.api.pages import ROW_ID_MAX
from portal.api.serializers import ChangePageSerializer
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition, ReportMail
from reports.models.definitions import MAX_NAME
from reports.schedules.kinds import AB_METRICS, AB_WITHIN
from reports.schedules.pages.typed_filters import MAX_VALUES

LANGUAGES = ("", *dict(settings.LANGUAGES))
RECIPIENT_KINDS = ("member", "address")
RECIPIENT_STATES = ("receives", "waiting", "expired", "declined", "unsubscribed", "left")
MAX_NAMES = 100
_HELP = {
    "name": "Its name, once among the tenant's saved reports. Texts with phone numbers are refused.",
    "kind": "What it shows.",
    "parameters": "What it shows in detail, by its kind.",
    "period": "The days that a run reports on; `custom`: from `first` to `last`.",
    "first": "First day, of the period `custom`.",
    "last": "Last day, of the period `custom`.",
    "language": "Language of the files; empty: the tenant's.",
    "formats": "The formats of its files.",
    "frequency": "How often it is made by itself; empty: on request alone.",
    "weekday": "Of a weekly one: 1 (Monday) to 7.",
    "month_day": "Of a monthly one: 1 to 31; in a shorter month the last day.",
    "at": "Local time of the tenant at which it is made, such as 07:00.",
    "condition": "When a scheduled run makes files; empty: always.",
    "gates": "Ids of the gates that are told `report.ready`; empty: all that send this event.",
}


def _texts(text: str, most: int = MAX_NAMES) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=256, allow_blank=True), max_length=most, required=False, help_text=text
    )


class SearchBody(serializers.Serializer):
    """The search of a message log. A number or a refId is no filter of a saved report."""

    campaign = serializers.CharField(required=False, max_length=256, help_text="A campaign by its name.")
    variant = serializers.CharField(required=False, max_length=256, help_text="A variant.")
    partner_id = serializers.CharField(required=False, max_length=256, help_text="A platformPartnerId.")
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False, help_text="A country code such as FI.")
    operator = serializers.CharField(required=False, max_length=256, help_text="An operator.")
    statuses = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(COUNTS_AS)), required=False, help_text="Any of these statuses."
    )
    result_code = serializers.IntegerField(
        required=False, min_value=-1, max_value=999_999_999, help_text="A result code."
    )
    delivered_within = serializers.IntegerField(
        required=False, min_value=1, max_value=AB_WITHIN, help_text="Delivered within so many seconds."
    )
    hour = serializers.IntegerField(required=False, min_value=0, max_value=23, help_text="The hour of sending.")
    parameters = serializers.DictField(
        child=serializers.CharField(max_length=256), required=False, help_text="Custom parameters with their values."
    )


class ParametersBody(serializers.Serializer):
    """Details of a report. docs/reports.md says which of these a kind takes."""

    columns = _texts("The columns, in their order; without it the usual ones.")
    group_by = _texts("Of `volumes`: what to group by, at most four together.")
    filters = serializers.DictField(
        child=serializers.ListField(
            child=serializers.CharField(max_length=256, allow_blank=True), max_length=MAX_VALUES
        ),
        required=False,
        help_text="Values of dimensions, any of each: as in `/statistics/`.",
    )
    campaign = serializers.IntegerField(
        required=False, min_value=1, max_value=ROW_ID_MAX, help_text="Of `campaign` and `ab_test`: a campaign's `id`."
    )
    metric = serializers.ChoiceField(choices=AB_METRICS, required=False, help_text="Of `ab_test`: what is compared.")
    within = serializers.IntegerField(
        required=False, min_value=1, max_value=AB_WITHIN, help_text="Of `ab_test`: seconds of the metric `within`."
    )
    key = serializers.CharField(required=False, max_length=256, help_text="Of `segment`: a segment key.")
    by = serializers.CharField(required=False, max_length=256, help_text="Of `segment`: a second one.")
    search = SearchBody(required=False, help_text="Of `messages`: which messages.")
    account = serializers.CharField(required=False, max_length=63, help_text="Of `account`: a gateway account's name.")
    template = serializers.IntegerField(
        required=False, min_value=1, max_value=ROW_ID_MAX, help_text="Of `monthly`: a workbook template's number."
    )


class DefinitionBody(serializers.Serializer):
    """Values of a saved report."""

    name = serializers.CharField(max_length=MAX_NAME, help_text=_HELP["name"])
    kind = serializers.ChoiceField(choices=ReportDefinition.Kind.values, help_text=_HELP["kind"])
    parameters = ParametersBody(required=False, help_text=_HELP["parameters"])
    period = serializers.ChoiceField(choices=ReportDefinition.Period.values, help_text=_HELP["period"])
    first = serializers.DateField(required=False, allow_null=True, help_text=_HELP["first"])
    last = serializers.DateField(required=False, allow_null=True, help_text=_HELP["last"])
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, help_text=_HELP["language"])
    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=ReportDefinition.Format.values),
        allow_empty=False,
        max_length=len(ReportDefinition.Format.values),
        help_text=_HELP["formats"],
    )
    frequency = serializers.ChoiceField(
        choices=("", *ReportDefinition.Frequency.values), required=False, help_text=_HELP["frequency"]
    )
    weekday = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=7, help_text=_HELP["weekday"]
    )
    month_day = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=31, help_text=_HELP["month_day"]
    )
    at = serializers.TimeField(
        required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"], help_text=_HELP["at"]
    )
    condition = serializers.ChoiceField(
        choices=("", *ReportDefinition.Condition.values), required=False, help_text=_HELP["condition"]
    )
    gates = _texts(_HELP["gates"])


class NewDefinitionBody(DefinitionBody):
    """A report to save."""

    tenant = serializers.CharField(required=False, max_length=63, help_text="By slug; without it the key's own.")


class DefinitionAnswer(serializers.Serializer):
    """A saved report."""

    id = serializers.IntegerField(help_text="Its number.")
    tenant = serializers.CharField(help_text="Slug of the tenant.")
    name = serializers.CharField(help_text=_HELP["name"])
    kind = serializers.ChoiceField(choices=ReportDefinition.Kind.values, help_text=_HELP["kind"])
    parameters = serializers.DictField(help_text=_HELP["parameters"])
    period = serializers.ChoiceField(choices=ReportDefinition.Period.values, help_text=_HELP["period"])
    first = serializers.DateField(allow_null=True, help_text=_HELP["first"])
    last = serializers.DateField(allow_null=True, help_text=_HELP["last"])
    language = serializers.ChoiceField(choices=LANGUAGES, help_text=_HELP["language"])
    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=ReportDefinition.Format.values), help_text=_HELP["formats"]
    )
    frequency = serializers.ChoiceField(choices=("", *ReportDefinition.Frequency.values), help_text=_HELP["frequency"])
    weekday = serializers.IntegerField(allow_null=True, help_text=_HELP["weekday"])
    month_day = serializers.IntegerField(allow_null=True, help_text=_HELP["month_day"])
    at = serializers.TimeField(allow_null=True, help_text=_HELP["at"])
    condition = serializers.ChoiceField(choices=("", *ReportDefinition.Condition.values), help_text=_HELP["condition"])
    gates = serializers.ListField(child=serializers.CharField(), help_text=_HELP["gates"])
    owned_by = serializers.CharField(help_text="Who saved it last; its files are made with the rights of that person.")
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is made next; null: not by itself, or not planned yet."
    )
    stopped_at = serializers.DateTimeField(allow_null=True, help_text="When its schedule was paused; null: it is not.")
    stopped_reason = serializers.ChoiceField(
        choices=ReportDefinition.Stopped.values, allow_null=True, help_text="Why it was paused; null: it is not."
    )
    created_at = serializers.DateTimeField(help_text="When it was saved first.")
    changed_at = serializers.DateTimeField(help_text="When it was changed.")
    url = serializers.CharField(help_text="This saved report.")


class DefinitionsAnswer(ChangePageSerializer):
    """A page of saved reports."""

    data = DefinitionAnswer(many=True, help_text="Saved reports, newest first.")  # type: ignore[assignment]  # Serializer has the name, too


class EmptyBody(serializers.Serializer):
    """A body without fields: `{}`."""


class RunFileAnswer(serializers.Serializer):
    """A file of a run, in the edition that the key may read."""

    format = serializers.ChoiceField(choices=ReportDefinition.Format.values, help_text="Its format.")
    bytes = serializers.IntegerField(help_text="Its length.")
    sha256 = serializers.CharField(help_text="SHA-256 of its content.")
    gone = serializers.ChoiceField(
        choices=DefinitionFile.Gone.values, allow_null=True, help_text="Why it was deleted; null: it is there."
    )
    url = serializers.CharField(help_text="The file.")


class DefinitionRunAnswer(serializers.Serializer):
    """One making of a saved report's files."""

    id = serializers.IntegerField(help_text="Its number.")
    definition = serializers.IntegerField(help_text="Number of the saved report.")
    tenant = serializers.CharField(help_text="Slug of the tenant.")
    cause = serializers.ChoiceField(choices=DefinitionRun.Cause.values, help_text="What it was made for.")
    requested_by = serializers.CharField(help_text="The person, key or schedule that requested it.")
    requested_at = serializers.DateTimeField(help_text="When it was requested.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="When a schedule wanted it; null: no schedule did.")
    first = serializers.DateField(help_text="First day.")
    last = serializers.DateField(help_text="Last day.")
    timezone = serializers.CharField(help_text="The zone of the days: the tenant's.")
    state = serializers.ChoiceField(
        choices=DefinitionRun.State.values, help_text="`done`, `failed` and `cancelled` are final."
    )
    progress = serializers.IntegerField(help_text="Percent.")
    skipped = serializers.ChoiceField(
        choices=DefinitionRun.Skipped.values, allow_null=True, help_text="Why it has no files; null: it has, or will."
    )
    kind = serializers.ChoiceField(
        choices=DefinitionRun.Kind.values,
        allow_null=True,
        help_text="Whether figures may still change; null: not known yet.",
    )
    data_as_of = serializers.DateTimeField(allow_null=True, help_text="When the figures were read; null: not yet.")
    maturity = serializers.FloatField(allow_null=True, help_text="Share of messages with a final state; null: unknown.")
    rows = serializers.IntegerField(allow_null=True, help_text="Number of rows; null: not known.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended; null: not yet.")
    files = RunFileAnswer(many=True, help_text="Its files; empty until it is done.")
    url = serializers.CharField(help_text="This run.")


class DefinitionRunsAnswer(ChangePageSerializer):
    """A page of runs."""

    data = DefinitionRunAnswer(many=True, help_text="Runs, newest first.")  # type: ignore[assignment]  # Serializer has the name, too


class RecipientBody(serializers.Serializer):
    """A recipient to add."""

    email = serializers.EmailField(
        max_length=254, help_text="A member's address, or another one, which is asked once to confirm."
    )
    language = serializers.ChoiceField(
        choices=LANGUAGES[1:], required=False, help_text="Language of an outside address; without it the tenant's."
    )


class ReportRecipientAnswer(serializers.Serializer):
    """A person or address that gets the report by e-mail."""

    id = serializers.IntegerField(help_text="Its number.")
    email = serializers.CharField(allow_null=True, help_text="The address; null: it was deleted.")
    kind = serializers.ChoiceField(
        choices=RECIPIENT_KINDS, help_text="`address` is a person without an account, who sees numbers masked."
    )
    state = serializers.ChoiceField(
        choices=RECIPIENT_STATES,
        help_text="`waiting` for the confirmation, which expires after 14 days; the others say what it does.",
    )
    added_by = serializers.CharField(help_text="The person or key that added it.")
    added_at = serializers.DateTimeField(help_text="When it was added.")


class ReportRecipientsAnswer(ChangePageSerializer):
    """The recipients of a saved report."""

    data = ReportRecipientAnswer(many=True, help_text="Recipients, newest first.")  # type: ignore[assignment]  # Serializer has the name, too


class ReportMailAnswer(serializers.Serializer):
    """One e-mail about a run."""

    id = serializers.IntegerField(help_text="Its number.")
    run = serializers.IntegerField(help_text="Number of the run.")
    kind = serializers.ChoiceField(
        choices=ReportMail.Kind.values, help_text="The report, or a notice to a member that it failed or was stopped."
    )
    email = serializers.CharField(allow_null=True, help_text="The address; null: it was deleted.")
    state = serializers.ChoiceField(
        choices=ReportMail.State.values,
        help_text="`sent` and `skipped` are final; `unknown`: the mail server may have taken it.",
    )
    skipped = serializers.ChoiceField(
        choices=ReportMail.Skipped.values, allow_null=True, help_text="Why nothing was sent; null: it was, or will be."
    )
    error = serializers.CharField(allow_null=True, help_text="The mail server's last words; null: none.")
    sent_as = serializers.ChoiceField(
        choices=ReportMail.How.values, allow_null=True, help_text="With the file or a link; null: not sent."
    )
    number = serializers.IntegerField(help_text="From 2 on it was sent again.")
    requested_by = serializers.CharField(
        allow_null=True, help_text="The person or key that sent it again; null: nobody."
    )
    created_at = serializers.DateTimeField(help_text="When it was queued.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When the mail server took it; null: not yet.")
    may_send_again = serializers.BooleanField(help_text="`true`: it can be sent again.")
    url = serializers.CharField(help_text="This e-mail.")


class ReportMailsAnswer(ChangePageSerializer):
    """The e-mails of a saved report."""

    data = ReportMailAnswer(many=True, help_text="E-mails, newest first.")  # type: ignore[assignment]  # Serializer has the name, too

"""Shapes of replays in the API."""

from rest_framework import serializers

from deliveries.models import GateReplay
from portal.api.serializers import ChangePageSerializer


class ReplayBody(serializers.Serializer):
    """The reports to replay; of a search the query parameters say which messages."""

    kind = serializers.ChoiceField(
        choices=GateReplay.Kind.values,
        help_text=(
            "`attempt`: the report of one attempt. `failed`: those that failed for good since a time and did not arrive"
            " since. `period`: all that were received in a period and pass the gate's filter. `search`: those of the"
            " messages that the query parameters find, if they pass the filter."
        ),
    )
    attempt = serializers.IntegerField(
        required=False, min_value=1, help_text="Of `attempt`: the attempt's `id` in the list of attempts."
    )
    since = serializers.DateTimeField(required=False, help_text="Of `failed` and `period`: the first instant.")
    until = serializers.DateTimeField(
        required=False, help_text="Of `failed` and `period`: the end, not included. Default: now."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only count: nothing is started.")


class ReplayAnswer(serializers.Serializer):
    """One replay, or what one would do."""

    id = serializers.IntegerField(allow_null=True, help_text="Its number; null: a dry run.")
    gate = serializers.CharField(help_text="The gate, by its `id`.")
    kind = serializers.ChoiceField(choices=GateReplay.Kind.values, help_text="Which reports.")
    search = serializers.CharField(help_text="The filters of a search in words, with phone numbers masked.")
    since = serializers.DateTimeField(allow_null=True, help_text="The first instant; null: of any time.")
    until = serializers.DateTimeField(help_text="The end: what was received or failed later is not replayed.")
    state = serializers.ChoiceField(
        choices=GateReplay.State.values,
        allow_null=True,
        help_text="`done`, `failed` and `cancelled` are final; null: a dry run.",
    )
    problem = serializers.ChoiceField(
        choices=GateReplay.Problem.values,
        allow_null=True,
        help_text="Why the portal cancelled it: `search` (a filter cannot be searched any more).",
    )
    is_held = serializers.BooleanField(help_text="Whether it stands still because the gate is paused or switched off.")
    expected = serializers.IntegerField(
        allow_null=True, help_text="Reports that it is for, counted before; null: counting them takes too long."
    )
    is_exact = serializers.BooleanField(
        allow_null=True, help_text="Of a dry run: whether `expected` is exact and not an estimate."
    )
    rate_per_second = serializers.FloatField(help_text="Reports per second that it sends at most.")
    seconds_left = serializers.IntegerField(
        allow_null=True, help_text="How long the rest takes at least; null: not known, or it has ended."
    )
    queued = serializers.IntegerField(
        help_text="Reports that were queued: the sum of the five below without `already_waiting`."
    )
    waiting = serializers.IntegerField(help_text="Of these, still to be sent.")
    delivered = serializers.IntegerField(help_text="Of these, delivered.")
    failed = serializers.IntegerField(help_text="Of these, failed.")
    gone = serializers.IntegerField(help_text="Of these, not sent: deleted, or of another customer by then.")
    withdrawn = serializers.IntegerField(help_text="Of these, not sent: the replay was cancelled.")
    already_waiting = serializers.IntegerField(help_text="Reports that waited already, so they were not queued.")
    requested_at = serializers.DateTimeField(allow_null=True, help_text="When it was started.")
    requested_by = serializers.CharField(help_text="The person or key.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended.")
    url = serializers.CharField(allow_null=True, help_text="This replay; null: a dry run.")


class ReplaysAnswer(ChangePageSerializer):
    """A page of replays, newest first."""

    data = ReplayAnswer(many=True, help_text="The replays.")  # type: ignore[assignment] # the API's own name for the rows

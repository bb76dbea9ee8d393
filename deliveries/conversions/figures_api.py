"""GET /api/v1/conversions/figures/: numbers of conversion events by kind, by reason and by customer."""

from django.utils import timezone, translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import ConversionEvent
from deliveries.attributing.due import data_as_of
from deliveries.conversions.api import amount
from deliveries.conversions.asked_api import EVENTS_OF, asked_events
from deliveries.conversions.selectors import by_customer, by_kind, by_reason
from portal.api.operations import Operation
from portal.api.parameters import WORDS_LANG
from portal.api.serializers import CountedSerializer
from portal.api.views import ApiView


class ConversionValueSerializer(serializers.Serializer):
    """The value of events in one currency."""

    currency = serializers.CharField(help_text="ISO 4217.")
    total = serializers.CharField(help_text="The sum as a decimal, 2 to 6 decimals.")


class KindNumbersSerializer(serializers.Serializer):
    """Events of one kind."""

    kind = serializers.CharField(help_text="The kind, by its name.")
    events = serializers.IntegerField(help_text="All of them.")
    attributed = serializers.IntegerField(help_text="Those with a message.")
    unattributed = serializers.IntegerField(help_text="Those without one.")
    values = ConversionValueSerializer(many=True, help_text="The value of the attributed ones by currency.")


class ReasonNumbersSerializer(serializers.Serializer):
    """Events that have no message for one reason."""

    reason = serializers.ChoiceField(choices=ConversionEvent.Reason.values, help_text="The reason.")
    text = serializers.CharField(help_text="The same in words, in `lang`.")
    events = serializers.IntegerField(help_text="How many.")


class CustomerNumbersSerializer(serializers.Serializer):
    """Events of one tenant."""

    tenant = serializers.CharField(help_text="The tenant, by slug.")
    events = serializers.IntegerField(help_text="All of them.")
    attributed = serializers.IntegerField(help_text="Those with a message.")
    unattributed = serializers.IntegerField(help_text="Those without one.")


class ConversionFiguresSerializer(CountedSerializer):
    """Numbers of events."""

    data_as_of = serializers.DateTimeField(help_text="Events and messages up to this time are attributed.")
    timezone = serializers.CharField(help_text="The zone of today in `period`. Days are each tenant's own.")
    events = serializers.IntegerField(help_text="All events.")
    kinds = KindNumbersSerializer(many=True, help_text="By kind, kinds without events too, by name.")
    reasons = ReasonNumbersSerializer(many=True, help_text="Those without a message, by reason.")
    tenants = CustomerNumbersSerializer(many=True, help_text="By tenant, those with the most events first.")


class ConversionFiguresView(ApiView):
    """Numbers of conversion events."""

    operations = {
        "GET": Operation(
            id="get_conversion_figures",
            tag="Conversions",
            summary="Numbers of conversion events",
            text=(
                "How many conversion events there are by kind, by the reason why they have no message, and by tenant:"
                " of those that `list_conversions` lists with the same parameters. Without a period all events count."
            ),
            parameters=(*EVENTS_OF, WORDS_LANG),
            sample={"from": "2026-10-01", "to": "2026-10-31"},
            answer=ConversionFiguresSerializer,
            answer_text="The numbers.",
            answer_example={
                "data_as_of": "2026-11-05T06:00:00Z",
                "timezone": "Europe/Helsinki",
                "events": 120,
                "kinds": [
                    {
                        "kind": "purchase",
                        "events": 120,
                        "attributed": 96,
                        "unattributed": 24,
                        "values": [{"currency": "EUR", "total": "4790.40"}],
                    }
                ],
                "reasons": [{"reason": "outside_window", "text": "Outside the window", "events": 24}],
                "tenants": [{"tenant": "nordic-retail", "events": 120, "attributed": 96, "unattributed": 24}],
            },
        )
    }

    def get(self, request: Request) -> Response:
        events, tenant_ids = asked_events(request, self.given, self.access)
        as_of, own = data_as_of(tenant_ids, now=timezone.now()), self.access.tenant
        assert own is not None  # every key has one
        kinds = by_kind(events, tenant_ids)
        if "kind" in self.given:
            kinds = [one for one in kinds if one.name == self.given.text("kind")]
        with translation.override(self.given.choice("lang")):
            reasons = by_reason(events)
        return self.answer(
            {
                "data_as_of": as_of,
                "timezone": own.timezone,
                "events": sum(one.events for one in kinds),
                "kinds": [
                    {
                        "kind": one.name,
                        "events": one.events,
                        "attributed": one.attributed,
                        "unattributed": one.unattributed,
                        "values": [{"currency": currency, "total": amount(total)} for currency, total in one.values],
                    }
                    for one in kinds
                ],
                "reasons": [{"reason": one.code, "text": one.text, "events": one.events} for one in reasons],
                "tenants": [
                    {
                        "tenant": one.tenant.slug,
                        "events": one.events,
                        "attributed": one.attributed,
                        "unattributed": one.unattributed,
                    }
                    for one in by_customer(events)
                ],
            }
        )

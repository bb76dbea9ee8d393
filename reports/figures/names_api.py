"""/api/v1/countries/, /operators/ and /result-codes/: the names and meanings of what figures are grouped by."""

from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.dialects.advice import advice
from deliveries.dialects.codes import COUNTS_AS
from deliveries.dialects.registry import DIALECTS
from deliveries.messages.slices import no_writes_before
from deliveries.models import ResultCode
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, FROM, PERIOD, TENANT, TO, WORDS_LANG, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from portal.common.countries import calling_code_of
from portal.common.country_choices import country_choices
from reports.figures.examples import COUNTRIES, OPERATORS, RESULT_CODES
from reports.figures.names_serializers import CountriesSerializer, OperatorsSerializer, ResultCodesSerializer
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.figures.statistics import statistics


class CountriesView(ApiView):
    """All countries with their names."""

    operations = {
        "GET": Operation(
            id="list_countries",
            tag="Names",
            summary="List countries",
            text="All countries by name, with their calling codes. `ZZ` stands for an unknown country.",
            parameters=(WORDS_LANG,),
            answer=CountriesSerializer,
            answer_text="All countries.",
            answer_example=COUNTRIES,
        )
    }

    def get(self, request: Request) -> Response:
        with translation.override(lang := self.given.choice("lang")):
            rows = [
                {"code": code, "name": name, "calling_code": calling_code_of(code)}
                for code, name in country_choices(lang)
            ]
        return self.answer({"data": rows})


class OperatorsView(ApiView):
    """The operators that messages of a period went to."""

    operations = {
        "GET": Operation(
            id="list_operators",
            tag="Names",
            summary="List operators",
            text=(
                "The operators of the period's messages by country, those with the most messages first, spelled as in"
                " delivery reports and as the filter `operator` takes them. An empty name: unknown. Possible phone"
                " numbers in names are masked unless the key has the scope `numbers`."
            ),
            parameters=(
                PERIOD,
                FROM,
                TO,
                Parameter(
                    name="country", text="Only these countries.", kind="country", repeatable=True, example=["FI"]
                ),
                TENANT,
                ACCOUNT,
            ),
            sample={"period": "last_month", "country": "FI"},
            answer=OperatorsSerializer,
            answer_text="All operators of the period.",
            answer_example=OPERATORS,
        )
    }

    def get(self, request: Request) -> Response:
        period, tenants = self.given.period(self.access), self.given.tenants(self.access)
        countries, as_of, own = self.given.texts("country"), no_writes_before(), self.access.tenant
        assert own is not None  # every key has one
        try:
            groups = statistics(
                StatisticsQuery(
                    tenant_ids=self.access.tenant_ids if tenants is None else tenants.values(),
                    first=period.first,
                    last=period.last,
                    group_by=("country", "operator"),
                    filters={} if countries is None else {"country": countries},
                    account_id=self.given.account_id(self.access),
                    with_latency=False,
                )
            )
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        rows = [
            {
                "country": group.key["country"],
                "operator": self.access.masking.text(str(group.key["operator"])),
                "messages": group.totals.messages,
            }
            for group in groups
        ]
        answered = {"from": period.first, "to": period.last, "data_as_of": as_of, "timezone": own.timezone}
        return self.answer(answered | {"data": rows})


class ResultCodesView(ApiView):
    """The meanings of the gateways' result codes."""

    operations = {
        "GET": Operation(
            id="list_result_codes",
            tag="Names",
            summary="List result codes",
            text=(
                "All result codes by dialect and code: the status that they give a message, whether it is final, what"
                " it counts as, whether the gateway says that the message is billed, the class of the failure, and"
                " what a sender can do."
            ),
            parameters=(
                Parameter(
                    name="dialect",
                    text="Only codes of this kind of gateway.",
                    kind="choice",
                    choices=tuple(DIALECTS),
                    example="link",
                ),
                WORDS_LANG,
            ),
            answer=ResultCodesSerializer,
            answer_text="All result codes.",
            answer_example=RESULT_CODES,
        )
    }

    def get(self, request: Request) -> Response:
        lang, dialect = self.given.choice("lang"), self.given.choice("dialect")
        assert lang is not None  # it has a default
        codes = ResultCode.objects.order_by("dialect", "code")
        rows = codes.filter(dialect=dialect) if dialect else codes
        return self.answer({"data": [_shown_code(row, lang) for row in rows]})


def _shown_code(row: ResultCode, lang: str) -> dict:
    known = DIALECTS.get(row.dialect)
    return {
        "dialect": row.dialect,
        "code": row.code,
        "status": row.status,
        "counts_as": COUNTS_AS[row.status],
        "final": row.final,
        "billed": known is not None and row.code in known.billed,
        "reason": row.reason,
        "text": (row.text_fi if lang == "fi" else "") or row.text_en,
        "advice": advice(row.dialect, row.code, lang, is_known=True),
    }

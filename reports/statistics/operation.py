"""The description of GET /api/v1/statistics/: its parameters and what it answers."""

from dataclasses import replace
from typing import Literal

from deliveries.message_pages.serializers import STATUSES
from deliveries.messages.fold import NO_CODE
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, CSV, FROM, LANG, MAX_NUMBER, NDJSON, PERIOD, TIMEZONE, TO, Parameter
from portal.common.msisdn import SENDER_TYPES
from portal.common.period_picker import COMPARISONS
from reports.figures.compare import ORDERS
from reports.figures.query import FILTERS, GROUPS, SEGMENT
from reports.figures.statistics import MAX_GROUPS
from reports.segments.from_messages import MAX_DAYS
from reports.statistics.by_recipient import INCLUDED
from reports.statistics.examples import STATISTICS
from reports.statistics.serializers import StatisticsSerializer
from reports.statistics.table import FORMATS

_FILTER_TEXTS = {
    "tenant": ("Slug of a tenant.", "nordic-retail"),
    "partner_id": ("A platformPartnerId.", "nr-fi"),
    "campaign": ("Name of a campaign; empty: no campaign; `(other)`: beyond the daily limit.", "October sale"),
    "variant": ("A variant; empty: no variant.", "B"),
    "country": ("ISO 3166-1 alpha-2; `ZZ`: unknown.", "FI"),
    "operator": ("An operator, as named in delivery reports; empty: unknown.", "Example Mobile"),
    "sender_type": ("A type of sender, such as `alphanumeric`; empty: unknown.", "alphanumeric"),
    "status": ("A state.", "failed"),
    "result_code": ("The gateway's result code; -1: no report yet.", 1006),
}


def _filter(name: str) -> Parameter:
    text, example = _FILTER_TEXTS[name]
    kinds: dict[str, Literal["choice", "country", "number"]] = {
        "status": "choice",
        "sender_type": "choice",
        "country": "country",
        "result_code": "number",
    }
    choices: dict[str, tuple[str, ...]] = {"status": STATUSES, "sender_type": (*SENDER_TYPES, "")}
    return Parameter(
        name=name,
        text=f"{text} May be repeated: matches any of the values.",
        kind=kinds.get(name, "text"),
        choices=choices.get(name, ()),
        least=NO_CODE,
        most=MAX_NUMBER,
        repeatable=True,
        example=[example],
    )


OPERATION = Operation(
    id="get_statistics",
    tag="Statistics",
    summary="Get figures, in total and by group",
    text=(
        "Figures of up to 1100 days, first and last included, in each tenant's own time zone. They are"
        " read from counts, so the request is cheap. `partner_id` cannot be combined with `campaign` or"
        " `variant`, and `hour` only with `tenant`, `country`, `operator`, `status` and `account`. Hours"
        " are in the key's time zone, named by local time with the offset from UTC. With `compare`, each"
        " group also has the figures of the same group in the other period, and groups of only one period"
        " are included. Times are matched by position: the n-th day with the n-th day. Possible phone"
        " numbers in the name of a campaign, variant or operator, and a partner ID that contains the number"
        " of a message, are masked unless the key has the scope `numbers`. Groups stay separate even if"
        " their masked names are equal. With the scope `billing`, `costs` say what the messages cost the key's"
        " tenant by its price lists. There are none by hour, and none for other scopes. Groups by a segment key"
        " are of the tenants that have chosen it; it cannot be combined with `partner_id`, `campaign`,"
        " `variant` and `hour`. For keys without the scope `numbers`, groups of fewer than 10 recipients are"
        " one, `(small)`, and it can be combined with days, weeks and months alone."
    ),
    parameters=(
        PERIOD,
        FROM,
        TO,
        Parameter(
            name="group_by",
            text=(
                "Dimensions to group by, each at most once, separated by commas or repeated. `segment:` with a"
                " segment key (`GET /api/v1/segments/`) groups by its values."
            ),
            kind="choice",
            choices=GROUPS,
            beginning=SEGMENT,
            repeatable=True,
            commas=True,
            example=["country"],
        ),
        Parameter(
            name="include",
            text=(
                f"`recipients`: different recipients, `conversions`: those with an event, and the revenue. They"
                f" are read from the messages of at most {MAX_DAYS} days or of a `campaign`, and cannot be had"
                " by `hour` or `reason`."
            ),
            kind="choice",
            choices=INCLUDED,
            repeatable=True,
            commas=True,
            example=["recipients"],
        ),
        *map(_filter, FILTERS),
        ACCOUNT,
        Parameter(
            name="compare",
            text=(
                "`previous`: the period just before (whole months with as many whole months). `year`: the"
                " same days one year earlier."
            ),
            kind="choice",
            choices=COMPARISONS,
            default="none",
            example="previous",
        ),
        Parameter(
            name="order",
            text=(
                "Order of groups; a leading `-` sorts the largest first. Groups without the figure are"
                " last. Default: by time, then most messages first."
            ),
            kind="choice",
            choices=ORDERS,
            example="-failed",
        ),
        Parameter(
            name="limit",
            text="Number of groups, in that order; `other` is the sum of the rest.",
            kind="number",
            least=1,
            most=MAX_GROUPS,
            example=10,
        ),
        Parameter(
            name="format",
            text=(
                "`csv`: a table for spreadsheets and Power Query, with a row for each group (without `group_by`"
                " one row) and the columns of JSON; what lies below a name follows it after `_`. Decimal points"
                " and ISO dates, with `lang=fi` as Excel in Finland reads them. `ndjson`: a line of JSON for"
                " each group. Also by the header `Accept`: `text/csv`, `application/x-ndjson`."
            ),
            kind="choice",
            choices=FORMATS,
            default="json",
            example="csv",
        ),
        LANG,
        replace(
            TIMEZONE,
            text="The time zone of hours, by its IANA name. Default: that of the key's tenant or account.",
        ),
    ),
    also_media=(CSV, NDJSON),
    sample={"period": "last_month", "group_by": "country", "compare": "previous"},
    answer=StatisticsSerializer,
    answer_text="The figures.",
    answer_example=STATISTICS,
    problems=("too-slow",),
)

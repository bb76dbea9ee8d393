"""The filters of Message Search as query parameters: declared, read, and their errors."""

from dataclasses import replace

from campaigns.models import OTHER_CAMPAIGNS_ID
from deliveries.dialects.codes import COUNTS_AS
from deliveries.message_pages.serializers import CLASSES, STATUSES
from deliveries.messages.fold import NO_CODE
from deliveries.search.find import SearchTooSlow
from deliveries.search.operators import other_spellings
from deliveries.search.query import MAX_DELIVERED_WITHIN, BadFilter, MessageQuery
from portal.accounts.access import Access
from portal.api.parameters import ACCOUNT, PERIOD, SINCE, TENANT, UNTIL, Parameter, Parameters
from portal.api.problems import BadParameter, Problem, TooSlow
from portal.common.keyset import BadCursor
from portal.common.msisdn import may_be_part_of_number

MAX_WITHIN = 10.0

_TEXTS = (
    Parameter(
        name="number",
        text=(
            "The whole number of the recipient, in any notation. Without a country code it is read in the key's"
            " `country`."
        ),
        example="+358401234567",
    ),
    Parameter(name="ref_id", text="The refId, whole.", example="october-sale"),
    Parameter(
        name="ref_id_prefix",
        text=("Beginning of the refId. Without the scope `numbers`, not 5 digits that may be part of a phone number."),
        example="october-",
    ),
    Parameter(
        name="message_id", text="The gateway's message id, or the id of one part (`a1b2c3$0`).", example="a1b2c3"
    ),
    Parameter(
        name="campaign",
        text="The campaign's name; `(other)`: beyond the daily limit; `(none)`: no campaign.",
        example="October sale",
    ),
    Parameter(name="variant", text="The campaign's variant.", example="B"),
    Parameter(name="partner_id", text="The platformPartnerId; `(other)`: beyond the daily limit.", example="nr-fi"),
    Parameter(name="country", text="ISO 3166-1 alpha-2; `ZZ`: unknown.", kind="country", example="FI"),
    Parameter(name="operator", text="The operator, as named in delivery reports.", example="Example Mobile"),
)

# What a message is, whatever its state.
OF_MESSAGE = (
    *_TEXTS,
    Parameter(
        name="custom_parameters",
        text=(
            "A custom parameter with its whole value, as `custom_parameters[key]=value`. Several"
            " parameters must all match. Only keys that the tenant has chosen (Settings, Segments) can"
            " be searched; of several tenants, only those that have chosen them all are searched."
        ),
        kind="map",
        example={"shop": "7"},
    ),
    Parameter(
        name="campaign_id",
        text="A campaign by the `campaign.id` of a message; 0: no campaign.",
        kind="number",
        least=OTHER_CAMPAIGNS_ID,
    ),
    ACCOUNT,
    TENANT,
)
MAX_NUMBERS = 100  # an address of less than 4 KB, which every proxy lets through
FILTERS = (
    PERIOD,
    SINCE,
    UNTIL,
    replace(
        _TEXTS[0],
        text=f"{_TEXTS[0].text} With the scope `numbers` it may be repeated up to {MAX_NUMBERS} times: any of them.",
        repeatable=True,
        example=["+358401234567"],
    ),
    *OF_MESSAGE[1:],
    Parameter(name="status", text="Any of these statuses.", kind="choice", choices=STATUSES, repeatable=True),
    Parameter(
        name="counts_as",
        text=(
            "Any of these: failed includes `failed`, `expired` and `rejected`; pending includes `queued` and `sent`."
        ),
        kind="choice",
        choices=CLASSES,
        repeatable=True,
        example=["failed"],
    ),
    Parameter(
        name="result_code",
        text="The gateway's result code; -1: no report yet.",
        kind="number",
        least=NO_CODE,
    ),
    Parameter(
        name="delivered_within",
        text="Delivered at most so many seconds after sending, with the accuracy of all times in figures (2 %).",
        kind="number",
        least=0,
        most=MAX_DELIVERED_WITHIN,
    ),
    Parameter(
        name="hour",
        text="The hour of sending on the clock, in each tenant's own time zone; 7: from 07:00 to 07:59.",
        kind="number",
        least=0,
        most=23,
    ),
)


def check_operator(query: MessageQuery, access: Access) -> None:
    """Refuse an operator that the messages have in another spelling alone."""
    if meant := other_spellings([query.operator], tenant_ids=query.tenant_ids, masking=access.masking).get(
        query.operator
    ):
        raise BadParameter("operator", f"no match for this spelling; did you mean {meant}?")


def problem_of(error: BadFilter | BadCursor | SearchTooSlow) -> Problem:
    """Return the problem that answers a search's error."""
    if isinstance(error, BadFilter):
        return BadParameter(error.field, error.text)
    if isinstance(error, BadCursor):
        return BadParameter("cursor", str(error))
    return TooSlow(f"The search took more than {MAX_WITHIN:g} seconds.")


def read_query(given: Parameters, access: Access) -> tuple[MessageQuery, list[str] | None]:
    """Return the search that FILTERS ask for, and its statuses: None for all, empty if nothing can match.

    Raises BadParameter.
    """
    statuses = read_statuses(given)
    span, numbers = given.span(access), given.texts("number") or []
    if len(numbers) > 1:
        if not access.masking.in_full:
            raise BadParameter("number", "only once: several numbers need the scope `numbers`")
        if len(numbers) > MAX_NUMBERS:
            raise BadParameter("number", f"at most {MAX_NUMBERS} numbers")
        if "" in numbers:
            raise BadParameter("number", "an empty one among several")
    query = query_of_message(given, access)
    query = replace(
        query,
        number=query.number if len(numbers) < 2 else "",
        numbers=tuple(numbers) if len(numbers) > 1 else (),
        first=span.first,
        last=span.last,
        since=span.since,
        until=span.until,
        statuses=tuple(statuses or ()),
        result_code=given.number("result_code"),
        delivered_within=given.number("delivered_within"),
        hour=given.number("hour"),
    )
    return query, statuses


def query_of_message(given: Parameters, access: Access) -> MessageQuery:
    """Return the search that OF_MESSAGE asks for. Raises BadParameter."""
    texts = {parameter.name: given.text(parameter.name) for parameter in _TEXTS}
    check_prefix(texts["ref_id_prefix"], access)
    asked = given.tenants(access)
    return MessageQuery(
        tenant_ids=access.tenant_ids if asked is None else frozenset(asked.values()),
        campaign_id=given.number("campaign_id"),
        account_id=given.account_id(access),
        number_country=access.tenant.country,
        parameters=given.map("custom_parameters"),
        **texts,
    )


def searched_texts(query: MessageQuery) -> list[tuple[str, str]]:
    """Return the filters of a search that may hold a phone number."""
    texts = [(parameter.name, getattr(query, parameter.name)) for parameter in _TEXTS]
    return [*texts, *(("number", number) for number in query.numbers), *query.parameters.items()]


def check_prefix(prefix: str, access: Access) -> None:
    """Reject a refId prefix that could reveal a masked number digit by digit."""
    if may_be_part_of_number(prefix) and not access.masking.in_full:
        text = "5 or more digits may be part of a phone number: use the scope `numbers`, or a whole `ref_id`."
        raise BadParameter("ref_id_prefix", text)


def read_statuses(given: Parameters) -> list[str] | None:
    """Return the requested statuses, given by name and by count; None for all."""
    named, classes = given.texts("status"), given.texts("counts_as")
    if classes is None:
        return named
    return [status for status in named or STATUSES if COUNTS_AS[status] in classes]

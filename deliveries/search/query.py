"""Query of Message Search, with each filter as a condition that an index can serve."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from campaigns.latency import bucket_of
from campaigns.merging import ids_of_names
from campaigns.models import OTHER_CAMPAIGNS_ID
from campaigns.segments import INDEXED_VALUE, NO_SEGMENTS, NO_VALUE, OTHER_VALUES, value_sql
from deliveries.dialects.codes import STATUS_RANK
from deliveries.dialects.link import message_id_of
from deliveries.messages.fold import PARTNER_OVER_LIMIT
from deliveries.messages.number_hashes import search_forms
from deliveries.messages.row import OTHER_LABEL
from deliveries.search.day_bounds import bounds_of
from deliveries.search.segment_keys import search_keys
from portal.common.prefixes import after_prefix
from portal.tenants.models import Tenant

MAX_DELIVERED_WITHIN = 30 * 86_400  # seconds: what `delivered_within` takes
_DAY = timedelta(days=1)
NO_CAMPAIGN_FILTER = "(none)"  # as a campaign's name: messages without one


# What a message is counted by that has no registered value (deliveries/counts/segment_facts.py).
_OF_NO_SEGMENT = {
    NO_VALUE: "coalesce({found}, '') IN ('', {value})",
    OTHER_VALUES: (
        "(coalesce({found}, '') NOT IN ('', '(none)') AND NOT EXISTS (SELECT FROM segment_value v"
        " WHERE v.tenant_id = m.tenant_id AND v.key = {key} AND v.value = {indexed}"
        " AND v.month = date_trunc('month', m.day::timestamp)::date))"
    ),
}


class BadFilter(ValueError):
    """A filter's value cannot be searched; `field` names it."""

    def __init__(self, field_: str, text: str) -> None:
        super().__init__(f"{field_}: {text}")
        self.field, self.text = field_, text


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Filters of a search; '' and None match all. Days are inclusive, in each tenant's own zone.

    `since` and `until` are instants of sending, the latter not included.

    `number` is a whole number in any notation (parts are not searched: they would reveal the rest of a masked number).
    One without a country code is read in `number_country`. `numbers` are such numbers too: a message to any of them
    matches. `message_id` may be that of a part. `campaign` is a name, with the campaigns that are merged into it,
    `campaign_id` a row of one tenant without them; `(other)` as a
    campaign or PPID matches values over the daily limit of new ones, `(none)` as a campaign messages without one.
    `delivered_within` is a time in seconds: of delivered messages those whose time to the phone lies in that time's
    latency bucket or a lower one (campaigns/latency.py), so as many as the figures count.
    `hour` is the hour of sending on the clock, 0 to 23, in each tenant's own zone.
    `parameters` are custom parameters that tenants have chosen, each with its whole value; only tenants that have
    chosen all of them are searched. `(none)` matches messages without the parameter, `(other)` those whose value is not
    counted by itself in their month; both match that very text, too.
    """

    tenant_ids: frozenset[int]
    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: str = ""
    number_country: str = ""
    numbers: tuple[str, ...] = ()
    ref_id: str = ""
    ref_id_prefix: str = ""
    message_id: str = ""
    campaign: str = ""
    campaign_id: int | None = None
    variant: str = ""
    account_id: int | None = None
    partner_id: str = ""
    statuses: tuple[str, ...] = ()
    country: str = ""
    operator: str = ""
    result_code: int | None = None
    delivered_within: int | None = None
    hour: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def indexed_parameters(self) -> dict[str, str]:
        """The custom parameters whose value leads to the messages by rows of message_parameter."""
        return {key: value for key, value in self.parameters.items() if value not in NO_SEGMENTS}


def tenants_with_campaigns(query: MessageQuery) -> list[tuple[int, int | None]]:
    """Return the tenants to search, each with its requested campaign (None: any).

    A name is another row in each tenant, and one for each campaign that is merged into it: only a single row lets the
    index return its messages newest first. Raises BadFilter if no tenant has chosen the custom parameters.
    """
    tenant_ids = _tenants_that_chose(query) if query.parameters else query.tenant_ids
    if not query.campaign:
        return [(tenant_id, query.campaign_id) for tenant_id in sorted(tenant_ids)]
    found = ids_of_names(tenant_ids, [query.campaign])
    if query.campaign == OTHER_LABEL:
        found |= {(tenant_id, OTHER_CAMPAIGNS_ID) for tenant_id in tenant_ids}
    if query.campaign == NO_CAMPAIGN_FILTER:
        found |= {(tenant_id, 0) for tenant_id in tenant_ids}
    return sorted(place for place in found if query.campaign_id in (None, place[1]))


def _tenants_that_chose(query: MessageQuery) -> set[int]:
    """Return the tenants in which messages are found by all of the custom parameters."""
    chosen = search_keys(query.tenant_ids, query.parameters.keys())
    tenant_ids = set(query.tenant_ids)
    for key, value in query.parameters.items():
        name = f"custom_parameters[{key}]"
        if "\0" in key or "\0" in value:
            raise BadFilter(name, "a text without the character U+0000")
        if not value:
            raise BadFilter(name, "enter a value")
        if key not in chosen:
            raise BadFilter(name, "this key cannot be searched: choose it in the settings, under Segments")
        if chosen[key].making:
            made = f"{chosen[key].percent} % of the messages are done"
            raise BadFilter(name, f"stored messages are being indexed for this key, {made}; try again later")
        if chosen[key].failed:
            raise BadFilter(
                name, "indexing stored messages for this key failed: choose it again in the settings, under Segments"
            )
        tenant_ids &= chosen[key].ready
    if not tenant_ids:
        raise BadFilter("custom_parameters", "no tenant has chosen all of these keys")
    return tenant_ids


def _forms(query: MessageQuery, tenant_id: int) -> list[str]:
    """Return all that the numbers of the query's list may be stored as in the tenant's messages."""
    found = (search_forms(one, country=query.number_country, tenant_ids={tenant_id}) for one in query.numbers)
    return sorted({form for forms in found for form in forms})


def days_around(query: MessageQuery) -> tuple[date | None, date | None]:
    """Return the first and last day that a query's messages can have; None: any. A day is within a day of UTC's."""
    first, last = query.first, query.last
    if query.since is not None:
        first = max(first or date.min, query.since.astimezone(UTC).date() - _DAY)
    if query.until is not None:
        last = min(last or date.max, query.until.astimezone(UTC).date() + _DAY)
    return first, last


def conditions(query: MessageQuery) -> tuple[list[str], dict]:
    """Return what a message `m` of the tenant `t` has to meet but its status, and the parameters. Raises BadFilter."""
    where, parameters = ["m.tenant_id = t.id"], {}

    def add(condition: str, **values) -> None:
        where.append(condition)
        parameters.update(values)

    # The days are the tenants' own; the instants let the index begin there.
    if query.first is not None or query.last is not None:
        begin, end = bounds_of(query.tenant_ids)(query.first or date.min, query.last or date.max)
    if query.first is not None:
        add("m.day >= %(first)s", first=query.first)
        add("m.sent_at >= %(begin)s", begin=begin)
    if query.last is not None:
        add("m.day <= %(last)s", last=query.last)
        add("m.sent_at < %(end)s", end=end)
    first, last = days_around(query)
    if query.since is not None:
        add("m.sent_at >= %(since)s", since=query.since)
        add("m.day >= %(since_day)s", since_day=first)
    if query.until is not None:
        add("m.sent_at < %(until)s", until=query.until)
        add("m.day <= %(until_day)s", until_day=last)
    for name in ("ref_id", "ref_id_prefix", "message_id", "campaign", "variant", "partner_id", "operator", "number"):
        if "\0" in getattr(query, name):
            raise BadFilter(name, "a text without the character U+0000")
    if query.number:
        # Older messages hold a keyed hash in the number's place (deliveries/erasure/erase.py).
        number_forms = search_forms(query.number, country=query.number_country, tenant_ids=query.tenant_ids)
        add("m.destination = ANY (%(number)s)", number=number_forms)
    if query.numbers:
        # The hashes are each tenant's own, and so is the list of all forms (sql.py joins it).
        tenant_ids = sorted(query.tenant_ids)
        lists = [json.dumps(_forms(query, tenant_id)) for tenant_id in tenant_ids]
        add("m.destination = ANY (n.forms)", number_tenants=tenant_ids, number_lists=lists)
    if query.ref_id:
        add("m.ref_id = %(ref_id)s", ref_id=query.ref_id)
    if query.ref_id_prefix:
        add("m.ref_id >= %(prefix)s", prefix=query.ref_id_prefix)
        if end := after_prefix(query.ref_id_prefix):
            add("m.ref_id < %(prefix_end)s", prefix_end=end)
    if query.message_id:
        # A message's own id may look like that of a part.
        add("m.message_id = ANY (%(ids)s)", ids=list({query.message_id, message_id_of(query.message_id)}))
    if query.campaign or query.campaign_id is not None:
        add("m.campaign_id = t.campaign_id")
    if query.variant:
        add("m.variant = %(variant)s", variant=query.variant)
    if query.account_id is not None:
        add("m.account_id = %(account_id)s", account_id=query.account_id)
    if query.partner_id == OTHER_LABEL:
        add(f"m.flags & {PARTNER_OVER_LIMIT} <> 0")
    elif query.partner_id:
        add("m.partner_id = %(partner_id)s", partner_id=query.partner_id)
    if query.country:
        add("m.country = %(country)s", country=query.country)
    if query.operator:
        add("m.operator = %(operator)s", operator=query.operator)
    if query.result_code is not None:
        add("m.result_code = %(code)s", code=query.result_code)
    if query.delivered_within is not None:
        add("m.latency_bucket <= %(bucket)s", bucket=bucket_of(query.delivered_within))
    if query.hour is not None:
        zones = dict(Tenant.objects.filter(id__in=query.tenant_ids).values_list("id", "timezone"))
        add(
            "extract(hour FROM m.sent_at AT TIME ZONE (%(zones)s::jsonb ->> m.tenant_id::text)) = %(hour)s",
            zones=json.dumps(zones),
            hour=query.hour,
        )
    for number, (key, value) in enumerate(sorted(query.parameters.items())):
        # Reaches no index: rows of message_parameter lead to the messages (deliveries/search/find.py).
        names = {"key": f"%(key{number})s::text", "value": f"%(value{number})s"}
        condition = _OF_NO_SEGMENT.get(value, "{found} = {value}")
        found = value_sql(names["key"])
        add(
            condition.format(found=found, indexed=INDEXED_VALUE.format(value=found), **names),
            **{f"key{number}": key, f"value{number}": value},
        )
    if unknown := set(query.statuses) - STATUS_RANK.keys():
        raise BadFilter("status", f"{', '.join(sorted(unknown))}: one of {', '.join(STATUS_RANK)}")
    return where, parameters

"""Claimed deliveries with their reports and messages, or their events, as they are when they are sent.

So an erased number is sent masked, and a message that another tenant got meanwhile is not sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from msgspec import Struct

from campaigns.models import SegmentKey
from campaigns.segments import value_of
from deliveries.gates.claims import Claim
from deliveries.gates.events import read_events
from deliveries.gates.forwarded import Forwarded, Sendable
from deliveries.messages.code_tables import code_tables
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.store import Key, read_messages, same_message
from portal.common.bulk import EACH, bulk_cursor
from portal.common.msisdn import HIDDEN
from portal.tenants.models import Feed, Tenant

MOVED, GONE = "moved", "gone"  # outcomes of deliveries that are not sent

_PLACES = (
    "SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::date[])"
    " c (tenant_id, gate_id, inbox_id, account_id, message_id, day)"
)
# Each a look-up of its own (EACH): as a join it would be planned for tables that are believed empty.
READ = (
    "SELECT c.gate_id, c.inbox_id, r.part, r.result_code, r.status_at, r.sent_at, r.received_at,"  # noqa: S608  names and conditions of this module, constants
    " r.operator, r.operator_result_code, m.account_id, m.message_id, m.parts, m.ref_id, m.partner_id, m.source,"
    " m.destination, m.flags, m.custom_parameters, m.country,"
    " coalesce(nullif(a.title, ''), a.name, nullif(b.title, ''), b.name, ''), m.variant, m.labels, m.campaign_id,"
    " m.sender_type, c.tenant_id"
    f" FROM ({_PLACES}) c CROSS JOIN LATERAL (SELECT * FROM delivery_report y WHERE y.tenant_id + 0 = c.tenant_id"
    f" AND y.day = c.day AND {same_message('y', 'c')} AND y.inbox_id = c.inbox_id {EACH}) r"
    " CROSS JOIN LATERAL (SELECT * FROM message x WHERE x.tenant_id + 0 = c.tenant_id AND x.day = c.day"
    f" AND {same_message('x', 'c')} {EACH}) m"
    " LEFT JOIN campaigns_campaign b ON b.tenant_id = m.tenant_id AND b.id = m.campaign_id"
    " LEFT JOIN campaigns_campaign a ON a.tenant_id = m.tenant_id AND a.id = b.merged_into_id"
)


class Place(Struct, frozen=True, gc=False):
    """Place where a delivery's report is looked for."""

    tenant_id: int
    gate_id: int
    inbox_id: int
    account_id: int
    message_id: str
    day: date


Loaded = dict[tuple[int, int], Sendable | str]  # by gate id and inbox id


def place_of(claim: Claim) -> Place:
    """Return where the report of a claimed delivery is looked for."""
    return Place(claim.tenant_id, claim.gate_id, claim.inbox_id, claim.account_id, claim.message_id, claim.day)


def load(places: Iterable[Place]) -> Loaded:
    """Return the reports with their messages and the events, or MOVED or GONE for what the tenant has no more.

    Pages may call it, too: it needs no tables of its own.
    """
    wanted = {(place.gate_id, place.inbox_id): place for place in places}
    of_events = {key: (place.tenant_id, place.inbox_id) for key, place in wanted.items() if place.inbox_id < 0}
    events = read_events(set(of_events.values())) if of_events else {}
    found: Loaded = {key: events.get(event, GONE) for key, event in of_events.items()}
    found |= _read([place for key, place in wanted.items() if key not in of_events])
    missing = [place for key, place in wanted.items() if key not in found]
    if not missing:
        return found
    # Their messages have another day or another tenant by now.
    keys: list[Key] = [(place.account_id, place.message_id) for place in missing]
    messages = read_messages(keys, around=None)
    again = []
    for place in missing:
        message = messages.get((place.account_id, place.message_id))
        if message is None:
            found[place.gate_id, place.inbox_id] = GONE
        elif message.tenant_id != place.tenant_id:
            found[place.gate_id, place.inbox_id] = MOVED
        else:
            again.append(
                Place(place.tenant_id, place.gate_id, place.inbox_id, place.account_id, place.message_id, message.day)
            )
    late = _read(again)
    return found | {(p.gate_id, p.inbox_id): late.get((p.gate_id, p.inbox_id), GONE) for p in again}


def _read(places: Collection[Place]) -> Loaded:
    if not places:
        return {}
    with bulk_cursor() as cursor:
        wanted = [(p.tenant_id, p.gate_id, p.inbox_id, p.account_id, p.message_id, p.day) for p in places]
        cursor.execute(READ, [list(column) for column in zip(*wanted, strict=True)])
        rows = cursor.fetchall()
    if not rows:
        return {}
    tenants = {tenant.id: tenant for tenant in Tenant.objects.filter(id__in={row[-1] for row in rows})}
    accounts = {row[9] for row in rows}
    dialects = dict(Feed.objects.filter(account_id__in=accounts).values_list("account_id", "dialect"))
    segments = _segment_keys(tenants)
    tables = code_tables()
    found: Loaded = {}
    for (
        gate_id, inbox_id, part, result_code, status_at, sent_at, received_at, operator, operator_code, account_id,
        message_id, parts, ref_id, partner_id, source, destination, flags, parameters, country, campaign,
        variant, labels, campaign_id, sender_type, tenant_id,
    ) in rows:  # fmt: skip
        status, final = (
            tables[dialects[account_id]].meaning(result_code) if account_id in dialects else ("unknown", False)
        )
        is_masked = bool(flags & NUMBER_ERASED)
        parameters, labels = parameters or {}, labels or {}
        found[gate_id, inbox_id] = Forwarded(
            inbox_id=inbox_id,
            account_id=account_id,
            message_id=message_id,
            part=part,
            result_code=result_code,
            status_at=status_at,
            sent_at=sent_at,
            received_at=received_at,
            operator=operator,
            operator_result_code=operator_code,
            segments=parts,
            ref_id=ref_id,
            partner_id=partner_id,
            source=source,
            sender_type=sender_type,
            destination=HIDDEN if is_masked and destination else destination,
            custom_parameters=parameters,
            is_masked=is_masked,
            tenant_slug=tenants[tenant_id].slug,
            tenant_name=tenants[tenant_id].name,
            country=country,
            campaign_id=campaign_id,
            campaign=campaign,
            variant=variant,
            labels=labels,
            segments_of={
                key: value for key in segments.get(tenant_id, ()) if (value := value_of(key, parameters, labels))
            },
            status=status,
            final=final,
        )
    return found


def _segment_keys(tenant_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    chosen = SegmentKey.objects.filter(tenant_id__in=tenant_ids, removed=False).order_by("key")
    for tenant_id, key in chosen.values_list("tenant_id", "key"):
        found[tenant_id].append(key)
    return found

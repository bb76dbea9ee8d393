"""Order, repetition and batches of reports cannot matter: in the fold alone, and in the database."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from campaigns.models import Campaign
from deliveries.applying.apply import apply_waiting
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Submission
from deliveries.messages import fold
from deliveries.messages.fold import Folded
from deliveries.messages.row import StoredMessage, from_row, to_row
from deliveries.models import DeliveryReport, IngestCount, Message
from portal.common.msisdn import destination_rank
from tests.deliveries.helpers import put
from tests.e2e import recount as naive
from tests.hypothesis_profile import examples
from tests.messages.folding import SENT, TABLE

RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNKNOWN_CODES = (-1, 1099, 9999, 2_147_483_647)
COMMON_CODES = (1001, 1001, 1007, 1000, 1005, 1006, 1010)
OUTCOMES = {code: known for code, known in CODES.items() if known.status not in ("queued", "sent", "unknown")}

codes = st.sampled_from([*COMMON_CODES * 4, *UNKNOWN_CODES * 2, *CODES])
seconds = st.none() | st.integers(-3, 6) | st.integers(-200, 200_000)  # many equal ones, some far apart
parts = st.none() | st.integers(0, 3) | st.sampled_from([0, 254])
segments = st.integers(0, 4) | st.just(255)


def some(values: dict) -> st.SearchStrategy[dict]:
    return st.sets(st.sampled_from(sorted(values))).map(lambda names: {name: values[name] for name in names})


# --- the fold alone

ATTRIBUTES = {
    "ref_id": "sale|A",
    "operator": "no.telenor",
    "source": "ACME",
    "destination": "+4799223344",
}
LESSER = ["0799223344", "+8816123456789", "NO-2333"]  # one of each rank below a number with a country
PARAMETERS = {"shop": "5", "language": "nb", "tier": "gold"}
PARTNERS = {FROM_GATE: "gate", FROM_PARAMETERS: "custom", FROM_FEED: "feed", FROM_NOWHERE: ""}


@st.composite
def received_reports(draw) -> tuple[Report, datetime]:
    """A report that contradicts none of the others, and when it was received."""
    at, sent_at = draw(seconds), draw(seconds)
    rank = draw(st.sampled_from(sorted(PARTNERS)))
    attributes = dict.fromkeys(ATTRIBUTES) | draw(some(ATTRIBUTES))
    if draw(st.booleans()):  # what tells less contradicts nothing, and is only there where nothing better is
        attributes["destination"] = draw(st.sampled_from(LESSER))
    report = Report(
        message_id="X",
        part=draw(parts),
        code=draw(codes),
        at=None if at is None else SENT + timedelta(seconds=at),
        sent_at=None if sent_at is None else SENT + timedelta(seconds=sent_at),
        operator_code=None,
        segments=draw(segments),
        partner_id=PARTNERS[rank],
        partner_rank=rank,
        parameters=draw(some(PARAMETERS)),
        clock_oddity=draw(st.booleans()),
        ref_id_cut=draw(st.booleans()) and attributes["ref_id"] is not None,
        **attributes,
    )
    return report, RECEIVED + timedelta(seconds=draw(st.integers(0, 3)))


submissions = st.builds(
    Submission,
    submitted_at=st.integers(-5, 5).map(lambda n: SENT + timedelta(seconds=n)),
    partner_id=st.sampled_from(["", "own", "gate"]),
    ref_id=st.sampled_from([None, "", "sale|A", "own|B"]),
    source=st.sampled_from([None, "ACME", "2333"]),
    source_ton=st.sampled_from([None, "", "ALPHANUMERIC", "MSISDN", "odd"]),
    destination=st.sampled_from([None, "+4799223344", "+358401234567", "+80012345678", "NO-2333", "0799223344", "09"]),
    parameters=st.none() | some(PARAMETERS | {"shop": "6", "store": "1"}),
)


def take(message: Folded, item: tuple[Report, datetime] | Submission) -> None:
    if isinstance(item, Submission):
        fold.add_submission(message, item)
    else:
        fold.add_report(message, item[0], received_at=item[1], codes=TABLE)


def stored_and_read(message: Folded) -> Folded:
    """Return the message as the next batch finds it in its row."""
    return from_row(to_row(StoredMessage(message, 1, RECEIVED.date(), 0, "", None))).folded


@given(
    reports=st.lists(received_reports(), min_size=1, max_size=8),
    submission=st.none() | submissions,
    data=st.data(),
)
@examples(400, long=4000)
def test_fold_of_any_order_repetition_and_batches_is_the_same(reports, submission, data):
    items = [*reports, *([] if submission is None else [submission])]
    expected = Folded(1, "X")
    for item in items:
        take(expected, item)
    fold.settle(expected, codes=TABLE)

    repeated = items + data.draw(st.lists(st.sampled_from(items), max_size=4))
    message = Folded(1, "X")
    for item in data.draw(st.permutations(repeated)):
        take(message, item)
        if data.draw(st.booleans()):  # the end of a batch
            fold.settle(message, codes=TABLE)
            message = stored_and_read(message)
    fold.settle(message, codes=TABLE)

    assert message == expected
    assert stored_and_read(message) == expected


destinations = st.sampled_from(
    ["+4799223344", "+358401234567", "+80012345678", "+8816123456789", "SE-71234", "09", "ACME"]
)


@given(
    said=st.lists(destinations, max_size=5),
    submitted=st.lists(destinations, max_size=2),
    operator=st.sampled_from([None, "fi.elisa"]),
    data=st.data(),
)
@examples(400, long=4000)
def test_country_that_is_known_stays_known_in_any_order(said, submitted, operator, data):
    reports = [replace(plain_report(text), operator=operator) for text in said]
    items = [*((report, RECEIVED) for report in reports), *(Submission(SENT, destination=text) for text in submitted)]
    message, known = Folded(1, "X"), False
    for item in data.draw(st.permutations(items)):
        take(message, item)
        fold.settle(message, codes=TABLE)
        assert not known or message.country != "ZZ"
        known = message.country != "ZZ"

    told = naive.best_destination([*submitted, *said])
    assert (message.country == "ZZ") == (naive.country_of(told, operator if said and operator else "") == "ZZ")
    assert destination_rank(message.destination or "") == destination_rank(told)


def plain_report(destination: str) -> Report:
    return Report(
        message_id="X",
        part=None,
        code=1001,
        at=SENT,
        sent_at=SENT,
        operator_code=None,
        segments=1,
        partner_id="",
        partner_rank=FROM_NOWHERE,
        parameters=None,
        clock_oddity=False,
        ref_id_cut=False,
        ref_id=None,
        source=None,
        operator=None,
        destination=destination,
    )


@given(reports=st.lists(received_reports(), min_size=1, max_size=8), cut=st.integers(0, 8))
@examples(400, long=4000)
def test_outcome_stays_one_and_a_delivery_never_becomes_later(reports, cut):
    """Later reports only add to the known state of a part (5.3, 5.7)."""
    reports = [(replace(report, part=None), received) for report, received in reports]
    message = Folded(1, "X")
    for item in reports[:cut]:
        take(message, item)
    fold.settle(message, codes=TABLE)
    before = message.copy()
    message = stored_and_read(message)
    for item in reports[cut:]:
        take(message, item)
    fold.settle(message, codes=TABLE)

    if before.result_code in OUTCOMES:
        assert message.result_code in OUTCOMES
    deliveries = [r.at for r, _ in reports if r.at is not None and TABLE.status(r.code) == "delivered"]
    if message.status == "delivered":
        assert message.delivered_at == min(deliveries, default=None)
    elif deliveries:
        assert TABLE.delivery(message.whole) == min(deliveries)


@given(
    reports=st.lists(received_reports(), min_size=1, max_size=8),
    submission=st.none() | submissions,
)
@examples(200, long=2000)
def test_fold_of_any_reports_makes_a_possible_message(reports, submission):
    message = Folded(1, "X")
    for item in [*reports, *([] if submission is None else [submission])]:
        take(message, item)
    fold.settle(message, codes=TABLE)

    assert message.status in {"queued", "sent", "delivered", "failed", "expired", "rejected", "unknown"}
    assert 1 <= message.parts <= 255
    assert (message.latency_bucket is None) == (message.delivered_at is None)
    assert message.delivered_at is None or message.status == "delivered"
    assert not message.final or message.result_code in CODES
    assert message.flags & fold.CONTRADICTING_ATTRIBUTES == 0
    assert message.flags < 2**15  # a smallint


# --- in the database

MESSAGES = {
    "one": {
        "refId": "sale|A",
        "operator": "fi.elisa",
        "gateCustomParameters": {"platformPartnerId": "nr-fi"},
        "customParameters": {"destination": "+358401234567", "source": "ACME", "tier": "gold"},
    },
    "two+/=": {
        "refId": "sale|B",
        "operator": "ee.telia",
        "gateCustomParameters": {"platformPartnerId": 77},
        "customParameters": {"platformPartnerId": "baltic-ee", "destination": "NO-2333"},
    },
    "three$x": {"refId": "parcel", "customParameters": {"platformPartnerId": "baltic-ee"}},
    "": {},  # its id is "$5": no part of anything
}


@st.composite
def bodies(draw) -> dict:
    """A report as LINK sends it, with some of what is known of its message."""
    name = draw(st.sampled_from(sorted(MESSAGES)))
    part = draw(parts)
    body = {"id": "$5" if not name else name if part is None else f"{name}${part}", "resultCode": draw(codes)}
    for key in ("timestamp", "sentTimestamp"):
        value = draw(seconds | st.integers(-30, 30).map(lambda n: n * 86_400))  # over months, tenants' days, the window
        if value is not None:
            body[key] = (SENT + timedelta(seconds=value)).isoformat()
    if draw(st.booleans()):
        body["segments"] = draw(segments)
    return body | draw(some(MESSAGES[name]) if MESSAGES[name] else st.just({}))


COUNTS = {
    "daily_count": "tenant_id, day, account_id, partner_id, country, operator, sender_type, status, result_code,"
    " messages, parts",
    "campaign_count": "tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type, status,"
    " result_code, messages, parts",
    "hour_count": "tenant_id, quarter, account_id, country, operator, status, messages, parts",
    "latency_count": "tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type, bucket,"
    " messages",
}


def counts() -> dict[str, set[tuple]]:
    found = {}
    with connection.cursor() as cursor:
        for table, columns in COUNTS.items():
            cursor.execute(
                f"SELECT {columns} FROM {table} WHERE messages <> 0" + " OR parts <> 0" * ("parts" in columns)
            )
            found[table] = set(cursor.fetchall())
    return found


def recount() -> dict[str, set[tuple]]:
    """Count the messages once more, in plain Python."""
    messages = {table: Counter() for table in COUNTS}
    numbers = {table: Counter() for table in COUNTS}
    for m in Message.objects.all():
        where = (m.country, m.operator, m.sender_type)
        partner = "(other)" if m.flags & 8 else m.partner_id
        campaign = (m.tenant_id, m.day, m.account_id, m.campaign_id, m.variant, *where)
        quarter = datetime.fromtimestamp(m.sent_at.timestamp() // 900 * 900, UTC)
        keys = {
            "daily_count": (m.tenant_id, m.day, m.account_id, partner, *where, m.status, m.result_code),
            "campaign_count": (*campaign, m.status, m.result_code),
            "hour_count": (m.tenant_id, quarter, m.account_id, m.country, m.operator, m.status),
        }
        if m.delivered_at is not None:
            keys["latency_count"] = (*campaign, m.latency_bucket)
        for table, key in keys.items():
            messages[table][key] += 1
            numbers[table][key] += m.parts
    return {
        table: {
            (*key, count) if table == "latency_count" else (*key, count, numbers[table][key])
            for key, count in messages[table].items()
        }
        for table in COUNTS
    }


def snapshot() -> dict:
    """Return all that was made of the reports, with campaigns by their names."""
    assert counts() == recount()
    names = {0: None, -1: "other", **dict(Campaign.objects.values_list("id", "name"))}
    rows = [
        (
            *(value for name, value in row.items() if name not in ("campaign_id", "updated_at")),
            names[row["campaign_id"]],
        )
        for row in Message.objects.order_by("account_id", "message_id").values()
    ]
    reports = DeliveryReport.objects.values_list(
        "tenant_id", "day", "account_id", "message_id", "part", "result_code", "status_at"
    )
    assert len(set(reports)) == len(reports)
    daily = Counter()
    for *key, messages, parts_ in counts()["daily_count"]:
        daily[tuple(key)] += messages * 1000 + parts_
    return {"messages": rows, "reports": set(reports), "daily": daily}


def applied(feed, batches: list[list[dict]]) -> dict:
    """Apply the batches, return what they made, and undo it all."""
    with transaction.atomic():
        for batch in batches:
            put(feed, *batch, received_at=RECEIVED)
            apply_waiting(now=RECEIVED)
        result = snapshot()
        result["received = reports + duplicates + quarantined"] = all(
            row.received == row.reports + row.duplicates + row.quarantined for row in IngestCount.objects.all()
        )
        result["reports counted"] = sum(row.reports for row in IngestCount.objects.all())
        transaction.set_rollback(True)
    return result


@pytest.mark.django_db
@given(reports=st.lists(bodies(), min_size=1, max_size=10), data=st.data())
@examples(25, long=250)
def test_inbox_of_any_order_repetition_and_batches_makes_the_same(feed, tenant, other_tenant, reports, data):
    expected = applied(feed, [reports])

    repeated = data.draw(st.permutations(reports + data.draw(st.lists(st.sampled_from(reports), max_size=4))))
    batches, rest = [], repeated
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        batches.append(rest[:size])
        rest = rest[size:]

    assert applied(feed, batches) == expected
    assert expected["received = reports + duplicates + quarantined"]
    assert expected["reports counted"] == len(expected["reports"])

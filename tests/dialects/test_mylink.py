"""MyLINK's two APIs: fields, codes and other channels (docs/mylink.md)."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest

from deliveries.applying.accounting import balances
from deliveries.applying.apply import apply_waiting
from deliveries.applying.import_counts import outcome_of
from deliveries.applying.replay import replay_inbox
from deliveries.dialects import mobile_countries, mylink_multichannel
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_PARAMETERS, NoMessage, Report, Unreadable
from deliveries.erasure.erase import erase_number
from deliveries.importing.archives.reading import open_archive
from deliveries.importing.load import import_archive
from deliveries.ingest.split import split
from deliveries.models import ChannelCount, InboxRow, IngestCount, Message
from portal.tenants.models import Feed
from tests.deliveries.helpers import NOW, put

SAMPLE = Path(__file__).parent / "samples" / "mylink_sms.json"
T0 = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AT = "2026-11-20T10:00:00Z"
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "mylink.md").read_text()
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (yes|no) \| `(\w+)` \| ([^|]+) \|$", re.MULTILINE)


def sms(event: dict, **request) -> Report | NoMessage:
    return DIALECTS["mylink_sms"].parse(orjson.dumps(event), **{"received_at": NOW} | request)


def multi(event: dict, **request) -> Report | NoMessage:
    return DIALECTS["mylink_multichannel"].parse(orjson.dumps(event), **{"received_at": NOW} | request)


def event(code: int = 2000, id_: str = "m1", **more) -> dict:
    return {"channel": "sms", "timeStamp": AT, "status": {"messageId": id_, "code": code}} | more


def status(word: str = "DELIVERED", id_: str = "m1", **more) -> dict:
    return {
        "eventId": "e",
        "on": AT,
        "messageStatusChanged": {"messageId": id_, "channelId": "sms", "status": word} | more,
    }


@pytest.mark.parametrize(("name", "heading"), [("mylink_sms", "SMS API"), ("mylink_multichannel", "Multichannel API")])
def test_documented_codes_are_those_of_the_table(name, heading):
    section = PAGE.partition(f"## {heading}: result codes")[2].partition("\n## ")[0]
    listed = {
        int(code): (final == "yes", status, reason.strip("–"))
        for code, _, final, status, reason in ROW.findall(section)
    }
    assert listed == {c.code: (c.final, c.status, c.reason) for c in DIALECTS[name].codes.values()}
    if name == "mylink_multichannel":
        words = {word.strip("`"): int(code) for code, word, *_rest in ROW.findall(section) if word.startswith("`")}
        known = mylink_multichannel._STATUSES | mylink_multichannel._ERRORS
        assert words == {word: code for word, code in known.items() if word != "USER_UNKNOWN"}


# --- SMS API


def test_vendors_sample_is_read_from_an_array():
    (found,) = orjson.loads(SAMPLE.read_bytes())
    assert sms(found, received_at=datetime(2019, 8, 25, tzinfo=UTC)) == Report(
        message_id="8540d774-4863-4d2b-b788-4ecb19412e85", part=None, code=2000,
        at=datetime(2019, 8, 24, 14, 15, 22, tzinfo=UTC), sent_at=None, operator="string", operator_code="string",
        ref_id="string", segments=0, partner_id="", partner_rank=5, source=None, destination="string", parameters={},
        clock_oddity=False, ref_id_cut=False,
    )  # fmt: skip


def test_retried_is_no_failure_and_not_final():
    code = DIALECTS["mylink_sms"].codes[5000]
    assert (code.status, code.final, code.reason) == ("sent", False, "")


def test_time_is_the_operators_else_the_gateways_and_of_sending_with_its_code():
    later = {"timestamp": "2026-11-20T10:00:05Z"}
    assert sms(event(provider=later)).at == T0.replace(second=5)
    assert [sms(event(provider=given)).at for given in (None, {}, {"timestamp": None})] == [T0] * 3
    assert [sms(event(code, provider=later)).sent_at for code in (1000, 1001, 2000)] == [
        None,
        T0.replace(second=5),
        None,
    ]


@pytest.mark.parametrize(
    ("operator", "name"),
    [("24405", "fi.24405"), ("244-05", "fi.24405"), ("310260", "us.310260"), ("no.telenor", "no.telenor"),
     ("99999", "99999"), ("2440", "2440"), ("2440512", "2440512"), ("", None), (None, None)],
)  # fmt: skip
def test_operator_by_number_has_its_country(operator, name):
    assert sms(event(provider={"operator": operator})).operator == name
    assert multi(status(channelOperatorId=operator)).operator == name


def test_countries_of_operators_are_countries():
    from portal.common.msisdn import COUNTRIES

    assert set(mobile_countries.COUNTRIES.values()) <= COUNTRIES
    assert [mobile_countries.COUNTRIES[mcc] for mcc in ("244", "240", "242", "208", "310", "221")] == [
        "FI", "SE", "NO", "FR", "US", "XK",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("partner_id=lakeside", ("lakeside", FROM_GATE)), ("platformPartnerId=a%2Cb", ("a,b", FROM_GATE)),
        ("", ("of-feed", FROM_FEED)), ("partner_id=", ("of-feed", FROM_FEED)), ("other=x", ("of-feed", FROM_FEED)),
        ("partner_id=x&partner_id=x", ("x", FROM_GATE)),
    ],
)  # fmt: skip
def test_partner_id_of_the_address_goes_before_the_feeds(query, found):
    report = sms(event(), query=query, default_partner_id="of-feed")
    assert (report.partner_id, report.partner_rank) == found
    context = {"platformPartnerId": "of-context", "k": "v"}
    other = multi(status(context=context), query=query, default_partner_id="of-feed")
    assert (other.partner_id, other.partner_rank) == (
        found if found[1] == FROM_GATE else ("of-context", FROM_PARAMETERS)
    )


@pytest.mark.parametrize(
    "query", ["partner_id=a&partner_id=b", "partner_id=a%00", "partner_id=%ff", "partner_id=" + "x" * 257]
)
def test_partner_id_of_the_address_that_is_none_is_refused(query):
    with pytest.raises(Unreadable) as caught:
        sms(event(), query=query)
    assert caught.value.detail


# --- Multichannel


def test_event_of_multichannel_is_read():
    found = multi(
        status(
            "DELIVERY_FAILED", userId="33607285022", channelOperatorId="20801", campaignId="c-7", fallbackOrder=1,
            channelData={"sms.segmentCount": 2, "sms.originatingAddress": "ACME", "sms.campaignName": "sale|A"},
            error={"code": "USER_UKNOWN", "channelError": "EC_1"}, context={"shop": "turku", "n": 5},
        )
    )  # fmt: skip
    assert found == Report(
        message_id="m1", part=None, code=4101, at=T0, sent_at=None, operator="fr.20801", operator_code="EC_1",
        ref_id="sale|A", segments=2, partner_id="", partner_rank=5, source="ACME", destination="+33607285022",
        parameters={"shop": "turku", "n": "5"}, clock_oddity=False, ref_id_cut=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "ref_id"),
    [
        ({"context": {"referenceId": "a", "refId": "b"}, "campaignId": "c"}, "a"),
        ({"context": {"refId": "b"}, "campaignId": "c"}, "b"),
        ({"channelData": {"sms": {"campaignName": "n"}}, "campaignId": "c"}, "n"),
        ({"campaignId": "c"}, "c"), ({}, None),
    ],
)  # fmt: skip
def test_ref_id_is_the_first_reference(changed, ref_id):
    assert multi(status(**changed)).ref_id == ref_id


@pytest.mark.parametrize(
    ("changed", "code", "word"),
    [
        ({"status": "TELEPORTED"}, 9000, "TELEPORTED"),
        ({"status": "DELIVERY_FAILED"}, 4999, None),
        ({"status": "DELIVERY_FAILED", "error": {"code": "NEW_ERROR"}}, 4999, "NEW_ERROR"),
        ({"status": "DELIVERED", "channelStatus": "DELIVRD"}, 2000, "DELIVRD"),
    ],
)
def test_words_that_are_new_are_kept(changed, code, word):
    found = multi(status(**changed))
    assert (found.code, found.operator_code) == (code, word)


def test_operators_country_of_obfuscated_recipient():
    assert multi(status(userId="3360*****22", channelOperatorId="20801")).destination == "3360*****22"


# --- other channels


@pytest.mark.parametrize(
    ("parse", "given", "channel"),
    [
        (sms, event(channel="WhatsApp"), "whatsapp"), (sms, event(channel="+358401234567"), "(other)"),
        (sms, {"channel": "sms", "reply": {"text": "STOP"}}, "sms-reply"), (sms, {"channel": "rcs"}, "rcs"),
        (multi, status(channelId="viber"), "viber"), (multi, status(channelId=None), "(none)"),
        (multi, status(channelId=""), "(none)"), (multi, {"eventId": "e", "userReplied": {}}, "userreplied"),
    ],
)  # fmt: skip
def test_event_of_another_channel_is_no_message(parse, given, channel):
    assert parse(given) == NoMessage(channel)


@pytest.mark.parametrize("channel_id", ["sms", "SMS", "sms-fi", "c1"])
def test_sms_is_known_by_its_channel_or_its_data(channel_id):
    assert type(multi(status(channelId=channel_id, channelData={"sms.segmentCount": 1}))) is Report


@pytest.fixture
def channels(account) -> Feed:
    return Feed.objects.create(account=account, name="all", dialect="mylink_multichannel", default_partner_id="nr-fi")


@pytest.mark.django_db
def test_other_channels_are_kept_counted_by_day_and_balanced(channels, tenant):
    others = [status(id_=f"w{n}", channelId="whatsapp") for n in range(2)] + [status(id_="v", channelId="viber")]
    put(channels, {"events": [*others, status()]}, b'{"events": 5}', received_at=NOW)
    result = apply_waiting(now=NOW)

    assert (result.claimed, result.reports, result.other_channels, result.quarantined) == (5, 1, 3, 1)
    assert list(Message.objects.values_list("message_id", flat=True)) == ["m1"]
    day = date(2026, 11, 20)
    assert set(ChannelCount.objects.values_list("feed", "day", "channel", "events")) == {
        (channels.id, day, "whatsapp", 2),
        (channels.id, day, "viber", 1),
    }
    (balance,) = balances(now=NOW)
    assert (balance.raw, balance.received, balance.other_channels, balance.problems) == (5, 5, 3, [])

    replay_inbox(start=NOW.replace(hour=0), end=NOW.replace(hour=23), actor="test")
    apply_waiting(now=NOW)
    assert ChannelCount.objects.get(channel="whatsapp").events == 4
    assert [balance.problems for balance in balances(now=NOW)] == [[]]


@pytest.mark.django_db
def test_missing_other_channels_do_not_add_up(channels, tenant):
    put(channels, status(channelId="rcs"), received_at=NOW)
    apply_waiting(now=NOW)
    IngestCount.objects.update(other_channels=2)
    (problem,) = [text for balance in balances(now=NOW) for text in balance.problems]
    assert problem == (
        "link-main/all, 2026-11-20 12:00 UTC: 1 applied, but 0 reports, 0 submissions, 0 duplicates, 0 quarantined and"
        " 2 of other channels"
    )


@pytest.mark.django_db
def test_archive_says_how_many_events_are_of_other_channels(channels, tenant, tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(map(orjson.dumps, [status(), status(id_="w", channelId="whatsapp")])))
    run = import_archive(archive=open_archive(file, limit=2**20), feed=channels)
    apply_waiting(now=datetime.now(UTC))
    outcome = outcome_of(run)
    assert (outcome.reports, outcome.others, outcome.duplicates, outcome.waiting) == (1, 1, 0, 0)


@pytest.mark.django_db
def test_erased_number_is_erased_in_events_of_other_channels(channels, tenant):
    put(channels, status(userId="358401234567"), received_at=NOW)
    put(channels, status(id_="w", channelId="whatsapp", userId="358401234567"), received_at=NOW)
    put(channels, status(id_="v", channelId="whatsapp", userId="358409999999"), received_at=NOW)
    apply_waiting(now=NOW)

    erase_number(number="+358401234567", tenant=tenant, actor="test")

    (left,) = InboxRow.objects.values_list("body", flat=True)
    assert orjson.loads(bytes(left))["messageStatusChanged"]["messageId"] == "v"
    assert [balance.problems for balance in balances(now=NOW)] == [[]]


def test_documented_request_is_a_report():
    (body, query) = re.search(r"--data '([^']+)' '[^'?]+\?([^']+)'", PAGE).groups()
    dialect = DIALECTS["mylink_sms"]
    ((_slice, row),) = split(body.encode(), account_id=1, dialect=dialect, query=query)
    found = dialect.parse(row, received_at=NOW, query=query)
    assert (found.message_id, found.code, found.partner_id) == ("try-mylink", 2000, "portal-test")

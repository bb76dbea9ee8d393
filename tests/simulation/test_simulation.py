"""The simulated traffic: its shape, its shares and its order."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import orjson
import phonenumbers
import pytest

from deliveries.simulation.customers import DEFAULT_PROFILE
from deliveries.simulation.people import Population
from deliveries.simulation.rhythm import black_friday, schedule
from deliveries.simulation.stories import last_month_stories
from deliveries.simulation.traffic import DLRS_PER_MESSAGE, generate
from deliveries.simulation.world import COUNTRIES

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# docs/link.md section 4, written out once more
CODES = {
    *range(7),
    *(104, 105),
    *range(1000, 1014),
    *range(2000, 2004),
    *range(2100, 2108),
    *range(2200, 2208),
    *range(3000, 3003),
    *range(4000, 4008),
}


@pytest.fixture(scope="module")
def raw():
    return list(generate(seed=7, messages=50_000, start=START, end=END))


@pytest.fixture(scope="module")
def dlrs(raw):
    return [orjson.loads(body) for body in raw]


@pytest.fixture(scope="module")
def first(dlrs):
    """The first DLR of each message, by its id without the part."""
    found = {}
    for dlr in dlrs:
        found.setdefault(message_id(dlr), dlr)
    return found


def message_id(dlr):
    return dlr["id"].partition("$")[0]


def partner_id(dlr):
    return dlr["gateCustomParameters"].get("platformPartnerId") or dlr["customParameters"].get("platformPartnerId")


def share(part, whole):
    return len(part) / len(whole)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def test_traffic_with_one_seed_is_the_same():
    def run(seed):
        return list(generate(seed=seed, messages=500, start=START, end=END))

    assert run(3) == run(3)
    ids = [{message_id(orjson.loads(body)) for body in run(seed)} for seed in (3, 4)]
    assert ids[0] & ids[1] == set()


def test_traffic_to_another_end_speaks_of_other_messages():
    def ids(end):
        return {message_id(orjson.loads(b)) for b in generate(seed=3, messages=500, start=START, end=end)}

    assert ids(END) & ids(END.replace(minute=1)) == set()


@pytest.mark.parametrize("messages", [0, 1, 2, 999])
@pytest.mark.parametrize("end", [datetime(2026, 10, 1, 1, tzinfo=UTC), END])
def test_traffic_of_any_length_has_exactly_its_messages(messages, end):
    out = [orjson.loads(body) for body in generate(seed=1, messages=messages, start=START, end=end)]

    assert len({message_id(dlr) for dlr in out}) == messages


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": datetime(2026, 10, 1)}, "must carry a time zone"),  # noqa: DTZ001
        ({"end": START}, "at least one hour"),
        ({"messages": -1}, "must not be negative"),
    ],
)
def test_traffic_of_impossible_orders_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        generate(**{"seed": 1, "messages": 1, "start": START, "end": END, **change})


def test_every_dlr_has_the_gateways_shape(dlrs):
    shapes = Counter(tuple((key, type(value).__name__) for key, value in dlr.items()) for dlr in dlrs)

    def shape(ref_id, operator, operator_code):
        return (
            ("refId", ref_id),
            ("id", "str"),
            ("operator", operator),
            ("sentTimestamp", "str"),
            ("timestamp", "str"),
            ("resultCode", "int"),
            ("operatorResultCode", operator_code),
            ("segments", "int"),
            ("gateCustomParameters", "dict"),
            ("customParameters", "dict"),
        )

    assert set(shapes) == {
        shape(ref_id, operator, code)
        for ref_id in ("str", "NoneType")
        for operator, code in (("str", "str"), ("str", "NoneType"), ("NoneType", "NoneType"))
    }


def test_every_dlr_is_compact_json(raw, dlrs):
    assert [orjson.dumps(dlr) for dlr in dlrs] == raw


def test_parameters_are_texts_under_known_keys(dlrs):
    gate = {tuple(dlr["gateCustomParameters"]) for dlr in dlrs}
    keys = {key for dlr in dlrs for key in dlr["customParameters"]}

    assert gate == {("platformPartnerId",), ()}
    assert keys == {*("source", "destination", "received", "segment", "language", "store", "platformPartnerId")}
    assert {type(value) for dlr in dlrs for value in dlr["customParameters"].values()} == {str}
    assert {dlr["customParameters"].get("segment") for dlr in dlrs} == {
        "gold",
        "silver",
        "new",
        "lapsed",
        None,
    }


def test_received_is_the_accounts_local_time_without_a_zone(first):
    zone = ZoneInfo("Europe/Helsinki")
    early = []
    for dlr in first.values():
        received = datetime.strptime(dlr["customParameters"]["received"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        early.append(seconds(dlr["sentTimestamp"]) - received.timestamp())

    # 3,600 s off only in the hour that comes twice when summer time ends
    assert {value for value in early if not 0 <= value <= 2} <= {
        -3600.0,
        -3599.0,
        -3598.0,
        3600.0,
        3601.0,
        3602.0,
    }
    assert sum(0 <= value <= 2 for value in early) > 49_900


def test_the_dlrs_of_a_message_contradict_each_other_in_no_attribute(dlrs, first):
    def attributes(dlr):
        return [
            dlr[key]
            for key in (
                *("refId", "operator", "sentTimestamp", "segments"),
                *("gateCustomParameters", "customParameters"),
            )
        ]

    assert [dlr for dlr in dlrs if attributes(dlr) != attributes(first[message_id(dlr)])] == []


def test_ids_look_like_the_gateways(first):
    signs = Counter("".join(first))

    assert {len(found) for found in first} == {24}
    assert len(signs) == 64
    assert signs["+"] > 1000 and signs["/"] > 1000


def test_parts_are_numbered_up_to_the_segments(dlrs):
    parts = {}
    for dlr in dlrs:
        _, dollar, part = dlr["id"].partition("$")
        parts.setdefault((message_id(dlr), dlr["segments"]), set()).add(int(part) if dollar else None)
    several = {key: found for key, found in parts.items() if key[1] > 1}

    assert all(found == {None} for key, found in parts.items() if key[1] == 1)
    assert all(None not in found and max(found) < key[1] for key, found in several.items())
    assert {key[1] for key in several} == {2, 3, 4}
    assert 0.06 < share(several, parts) < 0.14
    # a few have parts that are not heard of yet, or never
    assert share([k for k, found in several.items() if len(found) == k[1]], several) > 0.99


def test_partner_ids_have_their_shares(first):
    counts = Counter(partner_id(dlr) for dlr in first.values())

    for partner in DEFAULT_PROFILE.partners:
        assert 0.75 < counts.pop(partner.partner_id) / len(first) / partner.share < 1.25
    assert counts == {}
    inside = [dlr for dlr in first.values() if "platformPartnerId" in dlr["customParameters"]]
    assert 0.05 < share(inside, first) < 0.09


def test_ref_ids_follow_their_tenants_schemes(first):
    found = {}
    for dlr in first.values():
        found.setdefault(partner_id(dlr), set()).add(dlr["refId"])

    assert {"autumn-sale|A", "autumn-sale|B", "club-weekly|A", "order-ready", None} <= found["nr-fi"]
    assert {"flu-vaccine;oslo;A", "flu-vaccine;bergen;B", "refill-reminder;oslo", None} <= found["hansa-no"]
    assert {"parcel-arrived", "locker-code", "locker-fee", None} == found["baltic-ee"] & {
        *("parcel-arrived", "locker-code", "locker-fee", None)
    }
    assert len([ref for ref in found["trial-77"] if ref and ref.startswith("trial-")]) > 100
    assert not {ref for ref in found["nr-se"] if ref and ref.startswith(("winter", "spring", "summer"))}


def test_result_codes_are_all_there(dlrs):
    counts = Counter(dlr["resultCode"] for dlr in dlrs)

    assert {code for code in counts if code in CODES} == CODES
    assert set(counts) - CODES == {1099}
    assert 5 < counts[1099] < 60


def test_deliveries_are_most_and_failures_a_few_percent(dlrs, first):
    codes = {}
    for dlr in dlrs:
        codes.setdefault(message_id(dlr), set()).add(dlr["resultCode"])
    pending = [found for found in codes.values() if found <= {1000, 1005, 1008, 1011, 1012, 1013}]

    assert 0.93 < share([found for found in codes.values() if 1001 in found], first) < 0.97
    assert 0.003 < share(pending, first) < 0.02
    assert 1 < len([found for found in codes.values() if {1001, 1006} <= found]) < 200
    assert DLRS_PER_MESSAGE * 0.97 < len(dlrs) / len(first) < DLRS_PER_MESSAGE * 1.03


def test_variant_b_of_the_sale_is_delivered_better(dlrs, first):
    delivered = {message_id(dlr) for dlr in dlrs if dlr["resultCode"] == 1001}

    def rate(ref_id):
        sent = {key for key, dlr in first.items() if dlr["refId"] == ref_id}
        assert len(sent) > 2000
        return share(sent & delivered, sent)

    assert rate("autumn-sale|B") - rate("autumn-sale|A") > 0.03


def test_bad_numbers_have_no_operator_and_are_not_valid(dlrs):
    bad = [dlr for dlr in dlrs if dlr["resultCode"] == 2106]
    numbers = {dlr["customParameters"]["destination"] for dlr in bad}

    assert {dlr["operator"] for dlr in bad} == {None}
    assert [number for number in numbers if number.startswith("+") and is_valid(number)] == []
    assert 0.03 < share([number for number in numbers if number.startswith("0")], numbers) < 0.2


def test_polish_numbers_go_bad_after_two_weeks(dlrs):
    polish = [dlr for dlr in dlrs if dlr["customParameters"]["destination"].startswith("+48")]
    before = {message_id(d) for d in polish if d["sentTimestamp"] < "2026-10-15"}
    after = {message_id(d) for d in polish if d["sentTimestamp"] >= "2026-10-15"}
    bad = {message_id(d) for d in polish if d["resultCode"] == 2106}

    assert share(before & bad, before) < 0.03
    assert 0.08 < share(after & bad, after) < 0.2


def is_valid(number):
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


@pytest.mark.parametrize(
    ("partner", "code"),
    [
        pytest.param(partner, code, id=f"{partner.partner_id}-{code}")
        for partner in DEFAULT_PROFILE.partners
        for code in partner.countries
    ],
)
def test_people_have_valid_mobile_numbers_of_their_own(partner, code):
    population = Population(DEFAULT_PROFILE)
    mobile = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}

    people = [population.draw(partner, COUNTRIES[code], n / 500) for n in range(500)]
    parsed = [phonenumbers.parse(person.number) for person in people]

    assert {phonenumbers.region_code_for_number(number) for number in parsed} == {code}
    assert {phonenumbers.number_type(number) for number in parsed} <= mobile
    assert len({person.number for person in people}) == 500
    assert {person.operator.name[:3] for person in people} == {f"{code.lower()}."}


@pytest.mark.parametrize("country", COUNTRIES.values(), ids=COUNTRIES)
def test_number_plan_holds_for_all_its_digits(country):
    random = Random(5)
    for prefix in country.prefixes:
        for _ in range(100):
            local = str(random.randrange(10**country.digits)).zfill(country.digits)
            assert is_valid(f"+{country.calling_code}{prefix}{local}")


def test_people_keep_their_attributes(first):
    found = {}
    for dlr in first.values():
        own = dlr["customParameters"]
        who = partner_id(dlr), own["destination"]
        if dlr["operator"]:
            found.setdefault(who, set()).add(
                (dlr["operator"], own.get("segment"), own.get("language"), own.get("store"))
            )

    assert {len(attributes) for attributes in found.values()} == {1}
    assert len(found) < len(first) * 0.95


def test_a_dozen_countries_and_their_operators_appear(first):
    operators = Counter(dlr["operator"] for dlr in first.values())
    expected = {operator.name for country in COUNTRIES.values() for operator in country.operators}

    assert len(COUNTRIES) == 12
    assert set(operators) == expected | {None}


def test_dlrs_come_in_about_the_order_of_their_times(dlrs):
    times = [seconds(dlr["timestamp"]) for dlr in dlrs]
    behind = [a - b for a, b in pairwise(times) if a - b > 60]

    assert share([gap for gap in behind if gap < 600], times) < 0.03
    assert len([gap for gap in behind if gap > 86_400]) > 300  # the late ones
    assert abs(times[len(times) // 2] - sorted(times)[len(times) // 2]) < 3600
    # the gateway's time precedes its hand-over now and then
    assert 0.01 < share([d for d in dlrs if d["timestamp"] < d["sentTimestamp"]], dlrs) < 0.25


def test_no_dlr_comes_from_the_future(dlrs):
    end = "2026-11-23T09:00:00Z"

    assert max(dlr["timestamp"] for dlr in dlrs) <= end
    assert max(dlr["sentTimestamp"] for dlr in dlrs) <= end
    assert min(dlr["sentTimestamp"] for dlr in dlrs) >= "2026-10-01T00:00:00Z"


def test_duplicates_and_one_replayed_burst_are_exact_repetitions(raw):
    seen, repeated = {}, []
    for place, body in enumerate(raw):
        if body in seen:
            repeated.append(place)
        seen[body] = place
    # the burst: many repetitions close together; without it 1.5%
    windows = Counter(place // 500 for place in repeated)

    assert 0.012 < share(repeated, raw) < 0.03
    assert max(windows.values()) > 40


def test_some_final_states_come_before_the_temporary_ones(dlrs):
    finals, after = set(), set()
    for dlr in dlrs:
        if dlr["resultCode"] == 1001:
            finals.add(dlr["id"])
        elif dlr["resultCode"] in (1000, 1005) and dlr["id"] in finals:
            after.add(dlr["id"])

    assert 0.01 < share(after, finals) < 0.08


def latencies(dlrs, chosen):
    return sorted(
        seconds(dlr["timestamp"]) - seconds(dlr["sentTimestamp"])
        for dlr in dlrs
        if dlr["resultCode"] == 1001 and chosen(dlr)
    )


def test_latencies_are_seconds_with_a_tail_of_hours(dlrs):
    found = latencies(dlrs, lambda dlr: True)

    assert 2 <= found[len(found) // 2] <= 5
    assert found[int(len(found) * 0.9)] < 30
    assert found[int(len(found) * 0.99)] > 600


def test_the_slow_operator_was_slow_on_its_day_alone(dlrs):
    def median(operator, day):
        found = latencies(dlrs, lambda d: d["operator"] == operator and d["sentTimestamp"].startswith(day))
        assert len(found) > 20
        return found[len(found) // 2]

    assert median("se.tele2", "2026-10-13") > 60
    assert median("se.tele2", "2026-10-14") < 10
    assert median("se.telia", "2026-10-13") < 10


def test_days_and_hours_have_their_rhythm():
    times = [
        (datetime.fromtimestamp(at, ZoneInfo(stream.country.zone)), stream)
        for at, stream in schedule(
            profile=DEFAULT_PROFILE,
            messages=60_000,
            start=datetime(2026, 10, 1, tzinfo=UTC),
            end=datetime(2026, 12, 1, tzinfo=UTC),
            random=Random(2),
        )
    ]
    days = Counter(at.date() for at, _ in times)
    weekdays = Counter(at.weekday() for at, _ in times)
    campaigns = {at.hour for at, stream in times if stream.mailing.rhythm == "campaign"}
    codes = Counter(at.hour for at, stream in times if stream.mailing.rhythm == "codes")

    assert len(times) == 60_000
    assert max(days, key=days.get) == datetime(2026, 11, 27, tzinfo=UTC).date()
    assert weekdays[6] < weekdays[5] < min(weekdays[day] for day in range(5))
    assert campaigns <= set(range(9, 21))
    assert set(codes) == set(range(24))
    assert codes[3] < codes[12] / 3


def test_traffic_grows():
    schedules = schedule(
        profile=DEFAULT_PROFILE,
        messages=40_000,
        start=datetime(2026, 7, 6, tzinfo=UTC),
        end=datetime(2026, 8, 31, tzinfo=UTC),
        random=Random(2),
    )
    half = datetime(2026, 8, 3, tzinfo=UTC).timestamp()
    later = [at for at, _ in schedules if at >= half]

    assert 0.51 < len(later) / 40_000 < 0.54


@pytest.mark.parametrize(("year", "day"), [(2024, 29), (2025, 28), (2026, 27), (2029, 23)])
def test_black_friday_follows_novembers_fourth_thursday(year, day):
    assert (black_friday(year).month, black_friday(year).day) == (11, day)


@pytest.mark.parametrize(
    ("end", "slow", "bad"),
    [
        ("2026-11-23T12:30:00", "2026-11-12", "2026-11-07"),
        ("2026-11-20T00:00:00", "2026-11-12", "2026-11-04"),  # eight days before is that Thursday itself
        ("2026-12-01T05:00:00", "2026-11-19", "2026-11-15"),
    ],
)
def test_stories_happen_in_the_last_month_on_a_thursday(end, slow, bad):
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC)

    found = last_month_stories(start=start, end=end)

    days = [str((start + timedelta(days=n)).date()) for n in (found.slow_day, found.bad_from_day)]
    assert days == [slow, bad]


def test_messages_to_lapsed_customers_fail_more_often_in_the_demonstrations_stories():
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    stories = last_month_stories(start=start, end=end)
    shares = {}
    for name, told in (("without", DEFAULT_PROFILE.stories), ("with", stories)):
        profile = replace(DEFAULT_PROFILE, stories=told)
        seen: dict[bool, Counter] = {True: Counter(), False: Counter()}
        for line in generate(seed=1, messages=6000, start=start, end=end, profile=profile):
            dlr = orjson.loads(line)
            if segment := (dlr.get("customParameters") or {}).get("segment"):
                seen[segment == "lapsed"][dlr["resultCode"] == 2106] += 1
        shares[name] = {is_it: of[True] / of.total() for is_it, of in seen.items()}
    assert abs(shares["without"][True] - shares["without"][False]) < 0.01
    assert shares["with"][True] > shares["with"][False] + 0.01
    assert abs(shares["with"][False] - shares["without"][False]) < 0.01

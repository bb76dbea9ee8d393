"""Attributes of a message, rule by rule (docs/link.md sections 5.8 to 5.11)."""

from itertools import permutations

import pytest

from deliveries.dialects.report import (
    FROM_CLAIM,
    FROM_FEED,
    FROM_GATE,
    FROM_NOWHERE,
    FROM_PARAMETERS,
    FROM_SUBMISSION,
    Submission,
)
from deliveries.messages import fold
from deliveries.messages.fold import Folded
from tests.messages.folding import SENT, TABLE, at, folded, report

# --- 5.8: country


@pytest.mark.parametrize(
    ("destination", "operator", "country"),
    [
        ("+4799223344", "se.telia", "NO"),
        ("+4799", "se.telia", "NO"),  # valid or not
        ("+38344123456", None, "XK"),
        ("+88213300000", "se.telia", "SE"),  # a code of no country
        ("0401234567", "fi.elisa", "FI"),
        (None, "no.telenor", "NO"),
        (None, "XK.ipko", "XK"),
        (None, "uk.vodafone", "ZZ"),  # not assigned
        (None, "telenor", "ZZ"),
        ("NO-2333", "se.telia", "SE"),
        ("NO-2333", None, "NO"),
        ("QQ-2333", None, "ZZ"),
        (None, None, "ZZ"),
    ],
)
def test_country_is_the_first_that_is_known(destination, operator, country):
    assert folded(report(1001, destination=destination, operator=operator)).country == country


def test_country_is_found_whatever_comes_first():
    reports = [report(1001, operator="se.telia"), report(1000, destination="+4799223344"), report(1005)]

    assert {folded(*order).country for order in permutations(reports)} == {"NO"}


def test_country_is_of_the_submissions_destination_first():
    inputs = [report(1001, destination="+4799223344"), Submission(at(0), destination="+358401234567")]

    assert [folded(*order).country for order in permutations(inputs)] == ["FI", "FI"]


# --- 5.9: platformPartnerId


@pytest.mark.parametrize("best", range(1, 5))
def test_partner_of_the_better_source_wins_in_any_order(best):
    reports = [
        report(1001, partner_id="", partner_rank=FROM_NOWHERE),
        report(1000, partner_id="feed", partner_rank=FROM_FEED),
        report(1005, partner_id="custom", partner_rank=FROM_PARAMETERS),
        report(1013, partner_id="gate", partner_rank=FROM_GATE),
    ]
    found = {(m.partner_id, m.partner_rank, m.flags) for m in (folded(*o) for o in permutations(reports[:best]))}
    assert found == {(reports[best - 1].partner_id, reports[best - 1].partner_rank, 0)}


def test_partner_of_the_submission_wins_over_all():
    inputs = [report(1001, partner_id="gate", partner_rank=FROM_GATE), Submission(at(0), partner_id="own")]

    for order in permutations(inputs):
        message = folded(*order)
        assert (message.partner_id, message.partner_rank, message.flags & fold.CONTRADICTING_ATTRIBUTES) == (
            "own",
            FROM_SUBMISSION,
            0,
        )


@pytest.mark.parametrize(
    ("partner", "rank", "kept"),
    [("gate", FROM_GATE, "gate"), ("custom", FROM_PARAMETERS, "custom"), ("feed", FROM_FEED, "feed"),
     ("", FROM_NOWHERE, "own")],
)  # fmt: skip
def test_claimed_partner_comes_after_all_that_the_gateway_says(partner, rank, kept):
    claim = Submission(at(0), partner_id="own", partner_rank=FROM_CLAIM)
    inputs = [report(1001, partner_id=partner, partner_rank=rank), claim]

    assert [folded(*order).partner_id for order in permutations(inputs)] == [kept, kept]
    assert fold.is_anothers(folded(inputs[0]), claim) == (kept != "own")


def test_submission_of_the_account_itself_is_never_anothers():
    message = folded(report(1001, partner_id="gate", partner_rank=FROM_GATE))

    assert not fold.is_anothers(message, Submission(at(0), partner_id="own"))


def test_submission_without_a_partner_leaves_the_reports():
    inputs = [report(1001, partner_id="gate", partner_rank=FROM_GATE), Submission(at(0))]

    assert [folded(*order).partner_id for order in permutations(inputs)] == ["gate", "gate"]


# --- 5.10: refId


def test_cut_ref_id_is_flagged():
    assert folded(report(1001, ref_id="r" * 256, ref_id_cut=True)).flags == fold.REF_ID_CUT


def test_cut_ref_id_is_flagged_beside_an_equal_one_in_any_order():
    reports = [report(1001, ref_id="r" * 256, ref_id_cut=True), report(1000, ref_id="r" * 256)]

    assert {folded(*order).flags for order in permutations(reports)} == {fold.REF_ID_CUT}


# --- 5.11: what is missing is filled, what contradicts is flagged


FULL = {
    "ref_id": "sale|A",
    "operator": "no.telenor",
    "source": "ACME",
    "destination": "+4799223344",
    "parameters": {"shop": "5"},
}


def test_missing_attributes_are_filled_from_any_report():
    pieces = [report(1001, 10), *(report(1000, 1, **{name: value}) for name, value in FULL.items())]
    for order in (pieces, pieces[::-1]):
        message = folded(*order)
        assert {name: getattr(message, name) for name in FULL} == FULL
        assert (message.sender_type, message.flags) == ("alphanumeric", 0)


def test_known_attributes_are_not_overwritten_by_absent_ones():
    message = folded(report(1000, 1, **FULL), report(1001, 10))

    assert {name: getattr(message, name) for name in FULL} == FULL
    assert message.flags == 0


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("ref_id", "a", "b"),
        ("ref_id", "a", "A"),
        ("operator", "no.telenor", "no.telia"),
        ("destination", "+4799223344", "+4799223345"),
        ("source", "ACME", "2333"),
    ],
)
def test_first_of_two_contradicting_attributes_stays_and_is_flagged(name, first, second):
    one, other = report(1000, 1, **{name: first}), report(1001, 2, **{name: second})

    assert [getattr(folded(*order), name) for order in ((one, other), (other, one))] == [first, second]
    assert [folded(*order).flags for order in ((one, other), (other, one))] == [fold.CONTRADICTING_ATTRIBUTES] * 2


def test_first_of_two_contradicting_partners_stays_and_is_flagged():
    one = report(1000, 1, partner_id="a", partner_rank=FROM_GATE)
    other = report(1001, 2, partner_id="b", partner_rank=FROM_GATE)

    messages = [folded(one, other), folded(other, one)]
    assert [(m.partner_id, m.flags) for m in messages] == [
        ("a", fold.CONTRADICTING_ATTRIBUTES),
        ("b", fold.CONTRADICTING_ATTRIBUTES),
    ]


def test_parameters_are_merged_key_by_key():
    one, other = report(1000, parameters={"a": "1", "b": "2"}), report(1001, parameters={"b": "2", "c": "3"})

    for order in permutations([one, other]):
        message = folded(*order)
        assert (message.parameters, message.flags) == ({"a": "1", "b": "2", "c": "3"}, 0)


def test_first_of_two_contradicting_parameters_stays_and_is_flagged():
    one, other = report(1000, parameters={"a": "1", "b": "2"}), report(1001, parameters={"b": "x", "c": "3"})
    messages = [folded(one, other), folded(other, one)]

    assert [m.parameters for m in messages] == [
        {"a": "1", "b": "2", "c": "3"},
        {"a": "1", "b": "x", "c": "3"},
    ]
    assert [m.flags for m in messages] == [fold.CONTRADICTING_ATTRIBUTES] * 2


def test_folding_leaves_the_reports_parameters_alone():
    first = report(1000, parameters={"a": "1"})
    folded(first, report(1001, parameters={"b": "2"}), Submission(at(0), parameters={"a": "9"}))

    assert first.parameters == {"a": "1"}


SUBMISSION = Submission(
    submitted_at=SENT,
    partner_id="own",
    ref_id="own|A",
    source="2333",
    source_ton="SHORTNUMBER",
    destination="+358401234567",
    parameters={"shop": "6", "store": "1"},
)
SUBMITTED_ALL = (
    fold.SUBMITTED
    | fold.SUBMITTED_REF_ID
    | fold.SUBMITTED_SOURCE
    | fold.SUBMITTED_DESTINATION
    | fold.SUBMITTED_PARAMETERS
)


def test_submission_alone_is_a_queued_message():
    message = folded(SUBMISSION)

    assert message == Folded(
        account_id=1,
        message_id="X",
        partner_id="own",
        partner_rank=FROM_SUBMISSION,
        ref_id="own|A",
        source="2333",
        sender_type="shortnumber",
        destination="+358401234567",
        operator="",
        country="FI",
        parameters={"shop": "6", "store": "1"},
        parts=1,
        whole=None,
        part_states={},
        status="queued",
        result_code=fold.NO_CODE,
        final=False,
        status_at=None,
        flags=SUBMITTED_ALL,
        sent_at=SENT,
        sent_at_rank=fold.BY_SUBMISSION,
        delivered_at=None,
        latency_bucket=None,
        received_at=None,
    )


def test_submissions_values_win_in_any_order():
    inputs = [SUBMISSION, report(1000, 1, ref_id_cut=True, **FULL), report(1001, 10, **FULL)]

    for order in permutations(inputs):
        message = folded(*order)
        assert (message.ref_id, message.source, message.destination) == ("own|A", "2333", "+358401234567")
        assert message.sender_type == "shortnumber"
        assert message.parameters == {"shop": "6", "store": "1"}
        assert (message.operator, message.country, message.status) == ("no.telenor", "FI", "delivered")
        assert message.flags == SUBMITTED_ALL  # reports that differ from it contradict each other in nothing


def test_submission_fills_only_what_it_says():
    inputs = [Submission(SENT, ref_id=""), report(1001, 10, **FULL)]

    for order in permutations(inputs):
        message = folded(*order)
        assert {name: getattr(message, name) for name in FULL} == FULL
        assert (message.sender_type, message.flags) == ("alphanumeric", fold.SUBMITTED)


def test_reports_still_contradict_each_other_where_the_submission_is_silent():
    inputs = [Submission(SENT, source="2333"), report(1000, 1, ref_id="a", source="A"), report(1001, 10, ref_id="b")]

    for order in permutations(inputs):
        assert folded(*order).flags & fold.CONTRADICTING_ATTRIBUTES


def test_submissions_sender_type_wins_over_the_reports_source():
    inputs = [Submission(SENT, source_ton="ALPHANUMERIC"), report(1001, 10, source="2333")]

    for order in permutations(inputs):
        message = folded(*order)
        assert (message.source, message.sender_type) == ("2333", "alphanumeric")


NATIONAL, NUMBER, OTHER = "0401234567", "+358401234567", "+4799223344"
WORLD = "+8816123456789"  # a number without a country


def test_number_beats_a_destination_that_is_none_and_nothing_is_flagged():
    for one, other in permutations([report(1000, 1, destination=NATIONAL), report(1001, 2, destination=NUMBER)]):
        message = folded(one, other)
        assert (message.destination, message.country, message.flags) == (NUMBER, "FI", 0)


@pytest.mark.parametrize(
    ("submitted", "reported", "kept", "is_submissions"),
    [
        (NUMBER, OTHER, NUMBER, True),
        (NUMBER, NATIONAL, NUMBER, True),
        (NATIONAL, NUMBER, NUMBER, False),
        ("NO-2333", NATIONAL, "NO-2333", True),
        (WORLD, NUMBER, NUMBER, False),
        (WORLD, "NO-2333", "NO-2333", False),
        (WORLD, NATIONAL, WORLD, True),
        ("NO-2333", NUMBER, NUMBER, False),
    ],
)
def test_submissions_destination_wins_unless_the_reports_tells_more(submitted, reported, kept, is_submissions):
    inputs = [Submission(SENT, destination=submitted), report(1001, 2, destination=reported), report(1000, 1)]

    for order in permutations(inputs):
        message = folded(*order)
        assert (message.destination, message.flags & fold.CONTRADICTING_ATTRIBUTES) == (kept, 0)
        assert bool(message.flags & fold.SUBMITTED_DESTINATION) == is_submissions


def test_reports_contradict_each_other_beside_a_submission_that_says_no_number():
    inputs = [
        Submission(SENT, destination=NATIONAL),
        report(1000, 1, destination=NUMBER),
        report(1001, 2, destination=OTHER),
    ]

    for order in permutations(inputs):
        message = folded(*order)
        assert message.destination == min((NUMBER, OTHER), key=[getattr(i, "destination", "") for i in order].index)
        assert message.flags & fold.CONTRADICTING_ATTRIBUTES


def test_number_of_a_second_submission_beats_what_is_none_of_the_first():
    one, other = Submission(SENT, destination=NATIONAL), Submission(SENT, destination=NUMBER)

    for order in permutations([one, other, report(1001, 2, destination=OTHER)]):
        assert folded(*order).destination == NUMBER


def test_erased_number_comes_back_by_no_rule():
    message = folded(report(1001, 2, destination=NUMBER))
    message.destination, message.flags = "#hash", message.flags | fold.NUMBER_ERASED

    fold.add_report(message, report(1000, 1, destination=OTHER), received_at=SENT, codes=TABLE)
    fold.add_submission(message, Submission(SENT, destination=OTHER))

    assert message.destination == "#hash"


def test_submission_again_changes_nothing():
    inputs = [SUBMISSION, report(1001, 10, **FULL)]

    assert folded(*inputs, SUBMISSION) == folded(*inputs)


def test_second_submission_fills_what_is_missing():
    first = Submission(at(60), ref_id="one", parameters={"a": "1"})
    second = Submission(at(0), ref_id="two", destination="+4799223344", parameters={"a": "2", "b": "3"})
    message = folded(first, report(1001, 99, destination="+358401234567"), second)

    assert (message.ref_id, message.destination) == ("one", "+4799223344")
    assert message.parameters == {"a": "1", "b": "3"}
    assert message.sent_at == at(0)

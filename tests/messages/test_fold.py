"""The states and times of a message, rule by rule (docs/link.md sections 5.3 to 5.7)."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from deliveries.dialects.codes import Code, CodeTable, State
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import Report, Submission
from deliveries.messages import fold
from deliveries.messages.fold import Folded
from tests.messages.folding import RECEIVED, TABLE, at, folded, in_any_order, part, report, state

# --- 5.3: of one part, or of the whole, the greatest state wins


def test_known_code_wins_over_unknown_one():
    assert in_any_order(report(1005, 0), report(1099, 60)) == ("queued", 1005, False)
    assert in_any_order(report(1000, None), report(9999, 60)) == ("sent", 1000, False)


def test_final_code_wins_over_one_that_is_not():
    assert in_any_order(report(1001, 10), report(1000, 60)) == ("delivered", 1001, True)
    assert in_any_order(report(1001, 10), report(1007, 60)) == ("delivered", 1001, True)
    assert in_any_order(report(1006, 10), report(1007, 60)) == ("failed", 1006, True)
    assert in_any_order(report(1010, 10), report(1000, 60)) == ("unknown", 1010, True)
    assert in_any_order(report(1002, None), report(1005, 60)) == ("expired", 1002, True)


@pytest.mark.parametrize("nobody_knows", [4, 5, 1010])
@pytest.mark.parametrize("outcome", [1001, 1007, 1006, 1002, 2105])
@pytest.mark.parametrize("seconds", [None, 5, 10, 90_000])
def test_code_by_which_nobody_knows_never_replaces_an_outcome(nobody_knows, outcome, seconds):
    status, final = TABLE.meaning(outcome)
    assert in_any_order(report(outcome, 10), report(nobody_knows, seconds)) == (status, outcome, final)
    assert in_any_order(part(0, outcome, 10), part(0, nobody_knows, seconds)) == (status, outcome, final)


@pytest.mark.parametrize("nobody_knows", [4, 5, 1010])
@pytest.mark.parametrize("outcome", [1001, 1007, 1006, 1002, 2105])
def test_code_by_which_nobody_knows_never_replaces_an_outcome_without_time(nobody_knows, outcome):
    status, final = TABLE.meaning(outcome)
    assert in_any_order(report(outcome, None), report(nobody_knows, 10), report(1000, 20)) == (status, outcome, final)


@pytest.mark.parametrize("code", [1000, 1005, 1008, 1011, 1012, 1013])
def test_later_code_without_an_outcome_does_not_undo_a_delivery_that_is_not_billed(code):
    assert in_any_order(report(1007, 10), report(code, 60)) == ("delivered", 1007, False)
    assert in_any_order(part(0, 1007, None), part(0, code, 60)) == ("delivered", 1007, False)


def test_later_timestamp_wins():
    assert in_any_order(report(1005, 10), report(1000, 9)) == ("queued", 1005, False)
    assert in_any_order(report(1001, 10), report(1006, 11)) == ("failed", 1006, True)
    assert in_any_order(report(1001, 11), report(1006, 10)) == ("delivered", 1001, True)
    assert in_any_order(report(1099, 10), report(1098, 11)) == ("unknown", 1098, False)


def test_missing_timestamp_is_the_earliest():
    assert in_any_order(report(1001, None), report(1006, 1)) == ("failed", 1006, True)
    assert in_any_order(report(1001, 1), report(1006, None)) == ("delivered", 1001, True)


def test_status_decides_between_equal_timestamps():
    """delivered > failed > expired > rejected > unknown > sent > queued, within outcomes and within the others"""
    finals = [report(code, 10) for code in (1001, 2106, 1002, 4003, 1010)]
    for number, greater in enumerate(finals):
        for lesser in finals[number + 1 :]:
            assert in_any_order(greater, lesser)[1] == greater.code
    assert in_any_order(report(1007, 10), report(1000, 10), report(1012, 10)) == ("delivered", 1007, False)
    assert in_any_order(report(1000, 10), report(1012, 10)) == ("sent", 1000, False)
    assert in_any_order(*finals[1:]) == ("failed", 2106, True)


def test_larger_code_decides_at_last():
    assert in_any_order(report(2104, 10), report(2106, 10), report(1009, 10)) == ("failed", 2106, True)
    assert in_any_order(report(1000), report(1013), report(1011)) == ("sent", 1013, False)
    assert in_any_order(report(1099, 10), report(1098, 10)) == ("unknown", 1099, False)
    assert in_any_order(report(-7), report(-8)) == ("unknown", -7, False)


def test_repeated_report_changes_nothing():
    once = folded(report(1001, 10), report(1000, 5))

    assert folded(report(1001, 10), report(1000, 5), report(1000, 5), report(1001, 10)) == once


def test_later_final_failure_replaces_a_delivery_and_is_flagged():
    for order in permutations([report(1001, 10), report(1006, 20)]):
        message = folded(*order)
        assert (message.status, message.flags) == ("failed", fold.CONTRADICTING_STATES)
        assert (message.delivered_at, message.latency_bucket) == (None, None)


@pytest.mark.parametrize(
    ("reports", "flags"),
    [
        ([report(1001, 10), report(1001, 20)], 0),
        ([report(1006, 10), report(1002, 20)], 0),
        ([report(1007, 10), report(1006, 20)], 0),  # 1007 is not final
        ([report(1001, 10), report(1000, 20)], 0),
        ([report(1001, 10), report(1099, 20)], 0),
        ([report(1001, 10), report(1010, 20)], 0),  # by which nobody knows
        ([report(1010, 10), report(1001, 20), report(4, 30)], 0),
        ([report(1006, 10), report(1010, 20), report(1001, 5)], fold.CONTRADICTING_STATES),
        ([report(1010, 10), part(0, 1006, 20)], 0),
        ([part(0, 1001, 10), part(1, 1006, 20)], 0),  # two parts may differ
        ([part(0, 1001, 10), part(0, 1006, 20), part(1, 1001, 10)], fold.CONTRADICTING_STATES),
        ([report(1001, 10), part(0, 1006, 20)], fold.CONTRADICTING_STATES),
        ([report(1002, 10), part(0, 1006, 20), part(1, 1001, 20)], fold.CONTRADICTING_STATES),
        ([report(1000, 10), part(0, 1006, 20)], 0),
    ],
)
def test_states_contradict_when_one_alone_is_a_final_delivery(reports, flags):
    assert {folded(*order).flags for order in permutations(reports)} == {flags}


# --- 5.4: the whole message's state


def test_reports_without_a_part_speak_for_the_whole_message():
    message = folded(report(1001, 10, segments=3))

    assert (message.status, message.result_code, message.final, message.parts) == ("delivered", 1001, True, 3)
    assert (message.status_at, message.delivered_at) == (at(10), at(10))


def test_code_that_is_not_in_the_table_is_unknown_and_shown():
    assert state(report(1099, 10)) == ("unknown", 1099, False)


def test_final_part_that_is_not_delivered_is_the_messages_state():
    message = folded(part(0, 1001, 10), part(1, 1006, 20), part(2, 1000, 30, segments=3))

    assert (message.status, message.result_code, message.final) == ("failed", 1006, True)
    assert (message.status_at, message.delivered_at) == (at(20), None)


@pytest.mark.parametrize("code", [4, 5, 1010])
def test_final_unknown_of_a_part_is_the_messages_state(code):
    assert in_any_order(part(0, 1001, 10), part(1, code, 5)) == ("unknown", code, True)


def test_smallest_failed_part_decides_among_several():
    assert in_any_order(part(2, 2106, 10), part(1, 1002, 20), part(3, 1010, 30), part(0, 1001, 5)) == (
        "expired",
        1002,
        True,
    )


def test_message_is_delivered_when_all_its_parts_are():
    assert state(part(0, 1001, 10, segments=2)) == ("sent", fold.NO_CODE, False)
    assert in_any_order(part(0, 1001, 10, segments=2), part(1, 1001, 12, segments=2)) == ("delivered", 1001, True)


def test_delivered_parts_count_though_their_billing_is_open():
    assert in_any_order(part(0, 1007, 10, segments=2), part(1, 1001, 12)) == ("delivered", 1007, False)
    assert in_any_order(part(0, 1001, 10, segments=2), part(1, 1007, 12)) == ("delivered", 1007, False)
    assert state(part(0, 1007, 10)) == ("delivered", 1007, False)


def test_delivery_of_the_parts_is_the_last_ones():
    message = folded(part(0, 1001, 30, segments=2), part(1, 1001, 20, sent_at=at(0)))

    assert (message.status_at, message.delivered_at, message.latency_bucket) == (at(30), at(30), 87)


def test_least_advanced_part_decides_while_some_are_not_final():
    assert in_any_order(part(0, 1000, 10), part(1, 1005, 20), part(2, 1001, 5)) == ("queued", 1005, False)
    assert in_any_order(part(0, 1001, 10), part(1, 1011, 20)) == ("sent", 1011, False)
    assert in_any_order(part(0, 1013, 10), part(1, 1000, 20)) == ("sent", 1013, False)  # the smallest of equal ones


def test_part_that_was_not_heard_of_counts_as_sent():
    assert state(part(0, 1001, 10, segments=2)) == ("sent", fold.NO_CODE, False)
    assert state(part(0, 1005, 10, segments=2)) == ("queued", 1005, False)
    assert state(part(0, 1000, 10, segments=2)) == ("sent", 1000, False)
    assert state(part(2, 1001, 10)) == ("sent", fold.NO_CODE, False)  # nothing of parts 0 and 1
    assert folded(part(0, 1001, 10, segments=2)).status_at is None


def test_part_in_a_code_that_is_not_in_the_table_counts_as_sent():
    assert state(part(0, 1099, 10)) == ("sent", 1099, False)
    assert in_any_order(part(0, 1001, 10), part(1, 1099, 20)) == ("sent", 1099, False)
    assert in_any_order(part(0, 1005, 10), part(1, 1099, 20)) == ("queued", 1005, False)
    assert in_any_order(part(0, 1099, 10), part(1, 1006, 20)) == ("failed", 1006, True)


@pytest.mark.parametrize("code", [1001, 1006])
def test_final_state_of_the_whole_wins_over_parts(code):
    whole = report(code, 5)

    assert in_any_order(whole, part(0, 1000, 60), part(1, 1005, 70)) == (TABLE.status(code), code, True)
    assert in_any_order(whole, part(0, 1001, 60), part(1, 1001, 70)) == (TABLE.status(code), code, True)
    assert in_any_order(whole, part(0, 2106, 60), part(1, 1001, 70)) == (TABLE.status(code), code, True)


@pytest.mark.parametrize("code", [4, 5, 1010])
def test_whole_of_which_nobody_knows_wins_over_parts_unless_they_give_an_outcome(code):
    whole = report(code, 5)

    assert in_any_order(whole, part(0, 1000, 60), part(1, 1005, 70)) == ("unknown", code, True)
    assert in_any_order(whole, part(0, 1001, 60), part(1, 1000, 70)) == ("unknown", code, True)
    assert in_any_order(whole, part(0, 1010, 60), part(1, 1006, 70)) == ("unknown", code, True)
    assert in_any_order(whole, part(0, 1001, 60), part(1, 1001, 70)) == ("delivered", 1001, True)
    assert in_any_order(whole, part(0, 1007, 60), part(1, 1001, 70)) == ("delivered", 1007, False)
    assert in_any_order(whole, part(0, 2106, 60), part(1, 1001, 70)) == ("failed", 2106, True)


@pytest.mark.parametrize("code", [1000, 1005, 1007, 1099])
def test_parts_speak_where_the_whole_is_not_final(code):
    whole = report(code, 60)

    assert in_any_order(whole, part(0, 1001, 10)) == ("delivered", 1001, True)
    assert in_any_order(whole, part(0, 1006, 10)) == ("failed", 1006, True)
    assert in_any_order(whole, part(0, 1012, 10)) == ("queued", 1012, False)


def test_whole_delivery_has_its_own_time_beside_parts():
    message = folded(part(0, 1001, 99, segments=2), report(1001, 40, sent_at=at(30)), part(1, 1001, 98))

    assert (message.status_at, message.delivered_at, message.latency_bucket) == (at(40), at(40), 59)


# --- 5.5: segments


@pytest.mark.parametrize(
    ("reports", "parts"),
    [
        ([report(1001)], 1),
        ([report(1001, segments=0)], 1),
        ([report(1001, segments=3), report(1000, segments=2)], 3),
        ([part(0, 1001)], 1),
        ([part(0, 1001), part(3, 1001)], 4),
        ([part(0, 1001, segments=3), part(1, 1001, segments=3), part(2, 1001, segments=3)], 3),  # never summed
        ([part(2, 1001, segments=2)], 3),
        ([part(0, 1001, segments=5), report(1000, segments=4)], 5),
        ([part(254, 1001)], 255),
    ],
)
def test_segments_are_the_largest_of_what_was_said_and_numbered(reports, parts):
    assert {folded(*order).parts for order in permutations(reports)} == {parts}


def test_delivery_waits_when_more_segments_become_known():
    assert in_any_order(part(0, 1001, 10, segments=1), part(0, 1001, 10, segments=2)) == ("sent", fold.NO_CODE, False)


# --- 5.6: when it was sent


def sent(*inputs: Report | Submission) -> tuple[datetime, int]:
    found = {(m.sent_at, m.sent_at_rank) for m in (folded(*order) for order in permutations(inputs))}
    assert len(found) == 1
    return found.pop()


def test_earliest_sent_timestamp_is_when_it_was_sent():
    assert sent(report(1000, 1, sent_at=at(50)), report(1001, 2, sent_at=at(40)), report(1005, 3)) == (
        at(40),
        fold.BY_SENT_TIMESTAMP,
    )


def test_sent_timestamps_of_all_parts_count():
    assert sent(
        part(0, 1000, 1, sent_at=at(50)), part(1, 1001, 2, sent_at=at(49)), report(1005, 3, sent_at=at(60))
    ) == (
        at(49),
        fold.BY_SENT_TIMESTAMP,
    )


def test_sent_timestamp_wins_over_an_earlier_submission():
    assert sent(Submission(at(-60)), report(1001, 10, sent_at=at(5))) == (at(5), fold.BY_SENT_TIMESTAMP)


def test_submissions_time_comes_second():
    assert sent(Submission(at(30)), report(1001, 10), report(1000, 5)) == (at(30), fold.BY_SUBMISSION)


def test_earliest_timestamp_comes_third():
    assert sent(report(1001, 10), report(1000, 5), report(1005)) == (at(5), fold.BY_STATUS_TIME)


def test_first_receipt_comes_last():
    message = folded(report(1001), report(1000))

    assert (message.sent_at, message.sent_at_rank, message.received_at) == (RECEIVED, fold.BY_RECEIPT, RECEIVED)


def test_first_receipt_is_the_earliest_though_it_comes_later():
    message = Folded(1, "X")
    for seconds in (5, 3, 4):
        fold.add_report(message, report(1001), received_at=RECEIVED + timedelta(seconds=seconds), codes=TABLE)

    assert (message.received_at, message.sent_at) == (
        RECEIVED + timedelta(seconds=3),
        RECEIVED + timedelta(seconds=3),
    )


def test_time_out_of_the_window_is_flagged():
    assert folded(report(1001, clock_oddity=True), report(1000, 5)).flags == fold.CLOCK_OUT_OF_WINDOW


# --- 5.7: latency


def latency(*inputs: Report | Submission) -> tuple[int | None, int]:
    message = folded(*inputs)
    return message.latency_bucket, message.flags


def test_latency_is_from_sending_to_delivery():
    assert latency(report(1001, 15, sent_at=at(10))) == (42, 0)
    assert latency(report(1007, 15, sent_at=at(10))) == (42, 0)
    assert latency(report(1001, 10.9, sent_at=at(10))) == (0, 0)


def test_latency_uses_the_earliest_sending():
    assert latency(report(1001, 15, sent_at=at(10)), report(1000, 1, sent_at=at(0))) == (69, 0)


@pytest.mark.parametrize("code", [1000, 1002, 1005, 1006, 1010, 1099, 2000])
def test_latency_is_for_deliveries_alone(code):
    assert latency(report(code, 15, sent_at=at(10))) == (None, 0)


def test_latency_is_for_whole_deliveries_alone():
    assert latency(part(0, 1001, 15, sent_at=at(10), segments=2)) == (None, 0)


def test_delivery_without_a_timestamp_has_no_latency():
    assert latency(report(1001, None, sent_at=at(10))) == (None, 0)
    assert latency(part(0, 1001, 15, sent_at=at(10)), part(1, 1001, None)) == (None, 0)


def delivered(*inputs: Report) -> tuple:
    """Return when it was delivered, the time of its state and its latency's bucket, the same for every order."""
    found = {
        (m.delivered_at, m.status_at, m.latency_bucket) for m in (folded(*order) for order in permutations(inputs))
    }
    assert len(found) == 1
    return found.pop()


def test_delivery_is_the_earliest_known_of_all_that_say_so():
    sent = report(1000, 1, sent_at=at(10))
    assert delivered(sent, report(1001, 15), report(1001, 9000)) == (at(15), at(9000), 42)
    assert delivered(sent, report(1007, 15), report(1001, 9000)) == (at(15), at(9000), 42)
    assert delivered(sent, report(1001, 15), report(1007, 12)) == (at(12), at(15), 19)
    assert delivered(sent, report(1001, None), report(1007, 15)) == (at(15), None, 42)
    assert delivered(sent, report(1001, None), report(1001, 15)) == (at(15), at(15), 42)


def test_delivery_is_remembered_while_another_state_wins():
    sent = report(1000, 1, sent_at=at(10))
    assert delivered(sent, report(1001, 15), report(1006, 20)) == (None, at(20), None)
    assert delivered(sent, report(1001, 15), report(1006, 20), report(1001, 9000)) == (at(15), at(9000), 42)


def test_delivery_of_each_part_is_its_earliest_and_the_messages_the_last_of_them():
    one = [part(0, 1001, 12, segments=2, sent_at=at(10)), part(0, 1001, 9000, segments=2)]
    assert delivered(*one, part(1, 1007, 15), part(1, 1001, 8000)) == (at(15), at(9000), 42)
    assert delivered(*one, part(1, 1001, None)) == (None, None, None)
    assert delivered(*one, part(1, 1001, None), part(1, 1007, 15)) == (at(15), None, 42)


def test_whole_delivery_is_its_own_reports_alone():
    assert delivered(report(1001, 15, sent_at=at(10)), report(1001, 99), part(0, 1001, 12)) == (at(15), at(99), 42)


def test_negative_latency_is_zero_and_flagged():
    assert latency(report(1001, -35, sent_at=at(0))) == (0, fold.NEGATIVE_LATENCY)


def test_negative_latency_is_mended_by_an_earlier_sending():
    assert latency(report(1001, -35, sent_at=at(0)), report(1000, 1, sent_at=at(-40))) == (42, 0)


def test_negative_latency_of_one_batch_is_mended_in_the_next():
    message = folded(report(1001, -35, sent_at=at(0)))
    fold.add_report(message, report(1000, 1, sent_at=at(-40)), received_at=RECEIVED, codes=TABLE)
    fold.settle(message, codes=TABLE)

    assert (message.latency_bucket, message.flags) == (42, 0)


def test_delivery_of_one_batch_that_fails_in_the_next_has_no_latency():
    message = folded(report(1001, 15, sent_at=at(10)))
    fold.add_report(message, report(1006, 20), received_at=RECEIVED, codes=TABLE)
    fold.settle(message, codes=TABLE)

    assert (message.status, message.delivered_at, message.latency_bucket) == ("failed", None, None)


def test_latency_against_a_timestamp_alone_is_zero():
    assert latency(report(1001, 15)) == (0, 0)


# --- batches and new meanings


def test_copy_is_folded_into_without_touching_the_first():
    message = folded(part(0, 1000, 1, parameters={"a": "1"}))
    copy = message.copy()
    fold.add_report(copy, part(1, 1006, 2, parameters={"b": "2"}), received_at=RECEIVED, codes=TABLE)
    fold.settle(copy, codes=TABLE)

    assert message == folded(part(0, 1000, 1, parameters={"a": "1"}))
    assert copy.status == "failed"


def test_restating_by_the_same_codes_changes_nothing():
    reports = [part(0, 1001, 10), part(0, 1006, 20), part(1, 1099, 5), report(1000, 1)]
    message = folded(*reports)
    again = message.copy()
    fold.restate(again, [(item.part, State(item.code, item.at)) for item in reports], codes=TABLE)

    assert again == message


def test_restating_by_new_codes_is_as_if_they_had_always_been():
    known = CodeTable(CODES | {1099: Code(1099, "delivered", True, "", "Read", "Luettu")})
    message = folded(report(1099, 15, sent_at=at(10)), report(1000, 60))
    assert (message.status, message.result_code) == ("sent", 1000)

    fold.restate(message, [(None, State(1099, at(15))), (None, State(1000, at(60)))], codes=known)

    assert (message.status, message.result_code, message.final) == ("delivered", 1099, True)
    assert (message.delivered_at, message.latency_bucket) == (at(15), 42)

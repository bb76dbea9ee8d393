"""Reference numbers: check digits by the rule of Finnish banks, RF references by ISO 11649."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from reports.billing.references import due_date, finnish_reference, grouped, rf_reference


def test_reference_has_the_check_digit():
    found = {sequence: finnish_reference(sequence) for sequence in (100, 123, 1001, 1_234_561, 10**15)}

    assert found == {100: "1009", 123: "1232", 1001: "10016", 1_234_561: "12345614", 10**15: "10000000000000003"}


@pytest.mark.parametrize("sequence", [0, 99, -100, 10**19])
def test_reference_of_another_length_is_refused(sequence):
    with pytest.raises(ValueError, match="3 to 19 digits"):
        finnish_reference(sequence)


@given(st.integers(100, 10**15))
def test_rf_reference_is_valid(sequence):
    reference = finnish_reference(sequence)

    assert iso11649.is_valid(rf_reference(reference))
    assert rf_reference(reference)[4:] == reference


def test_references_are_grouped_for_people():
    assert grouped("12345614") == "123 45614"
    assert grouped("10016") == "10016"
    assert grouped("RF5610016") == "RF56 1001 6"


def test_due_date_counts_days_from_the_issue():
    assert due_date(date(2026, 12, 20), 14) == date(2027, 1, 3)

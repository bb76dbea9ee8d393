"""Numbers, payment references and due dates of statements."""

from datetime import date, timedelta

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

_WEIGHTS = (7, 3, 1)


def finnish_reference(sequence: int) -> str:
    """Return the reference number of a statement: its running number with the check digit (weights 7, 3, 1).

    Raises ValueError unless the number has 3 to 19 digits.
    """
    digits = str(sequence)
    if not 3 <= len(digits) <= 19 or not digits.isdigit():
        raise ValueError(f"{sequence}: a reference number is made of 3 to 19 digits")
    weighted = sum(int(digit) * _WEIGHTS[place % 3] for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-weighted % 10}"


def rf_reference(reference: str) -> str:
    """Return the creditor reference (ISO 11649) of a Finnish reference number."""
    return str(iso11649.validate(f"RF{mod_97_10.calc_check_digits(f'{reference}RF')}{reference}"))


def grouped(reference: str) -> str:
    """Return a reference as people read it: in groups of five from the end, an RF reference in groups of four."""
    if reference.startswith("RF"):
        return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))
    first = len(reference) % 5
    groups = [reference[:first], *(reference[start : start + 5] for start in range(first, len(reference), 5))]
    return " ".join(group for group in groups if group)


def due_date(issued_on: date, days: int) -> date:
    """Return the day by which a statement is to be paid."""
    return issued_on + timedelta(days=days)

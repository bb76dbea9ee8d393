"""Texts with a common beginning as a range of an index."""


def after_prefix(prefix: str) -> str | None:
    """Return the first text in "C" order that no longer begins with `prefix`; None where there is none."""
    for index in range(len(prefix) - 1, -1, -1):
        number = ord(prefix[index]) + 1
        if 0xD800 <= number <= 0xDFFF:  # surrogates stand in no text
            number = 0xE000
        if number <= 0x10FFFF:
            return prefix[:index] + chr(number)
    return None

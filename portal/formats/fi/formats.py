"""Django's Finnish formats, plus formats of our own (portal/formats/en/formats.py)."""

DAY_FORMAT = "j.n."
DAY_OF_MONTH_FORMAT = "j."
WEEKDAY_FORMAT = "D j.n."

"""Finnish as Django has it, with formats of our own beside (portal/formats/en/formats.py)."""

DAY_FORMAT = "j.n."
DAY_OF_MONTH_FORMAT = "j."
WEEKDAY_FORMAT = "D j.n."

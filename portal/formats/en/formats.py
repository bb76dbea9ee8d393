"""English as it is read all over Europe: the day first, 24 hours."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
FIRST_DAY_OF_WEEK = 1

# Our own, for date filters: a day of this year, a day of this month, a day with its weekday
DAY_FORMAT = "j M"
DAY_OF_MONTH_FORMAT = "j"
WEEKDAY_FORMAT = "D j M"

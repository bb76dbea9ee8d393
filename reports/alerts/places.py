"""SQL that counts messages by the time that they took, the same wherever sums are made."""

from reports.alerts.statistics import TIMES

# The place of TIMES, 1 for the first; one more than there are for later ones. Times are in whole seconds.
_PLACE = (
    "width_bucket(least(greatest(ceil(extract(epoch FROM coalesce(m.delivered_at - m.sent_at, interval '0'))), 1),"
    " 1000000)::int - 1,"
    f" ARRAY{list(TIMES)}) + 1"
)
PLACED = f"SELECT CASE WHEN m.status = 'delivered' THEN {_PLACE} END AS place"
DELIVERED = "ARRAY[" + ", ".join(f"count(*) FILTER (WHERE p.place = {n})" for n in range(1, len(TIMES) + 1)) + "]"
ADDED = "ARRAY[" + ", ".join(f"sum(s.delivered[{n}])::bigint" for n in range(1, len(TIMES) + 1)) + "]"
# An operator's name with six digits or more, or with other signs than ASCII's, might be a phone number: it is left out.
OPERATOR = (
    "CASE WHEN m.operator ~ '[^ -~]' OR length(regexp_replace(m.operator, '[^0-9]', '', 'g')) >= 6"
    " THEN '' ELSE m.operator END"
)
QUARTER = "date_bin('15 minutes', {}, '2000-01-01T00:00Z')"

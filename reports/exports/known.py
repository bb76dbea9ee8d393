"""The tables that pages offer as files, by name."""

from deliveries.exports.kinds import Kind
from deliveries.models import Export
from reports.exports.segment_tables import SEGMENT_PAIRS, SEGMENTS
from reports.exports.tables import CAMPAIGNS, COUNTRIES, OPERATORS, PARTNER_IDS, VARIANTS

TABLES: dict[str, Kind] = {
    "campaigns": CAMPAIGNS,
    "countries": COUNTRIES,
    "operators": OPERATORS,
    "partner_ids": PARTNER_IDS,
    "segments": SEGMENTS,
    "segment_pairs": SEGMENT_PAIRS,
    "variants": VARIANTS,
}
OF_KEYS = {"segments": 1, "segment_pairs": 2}  # tables of segments, with the number of their keys


def column_names(table: str) -> list[str]:
    """Return the columns of one of TABLES: its files have all of them."""
    return list(TABLES[table].columns(Export()))

"""The tables that pages offer as files, by name, and the filters of each."""

from deliveries.exports.kinds import Kind
from deliveries.models import Export
from reports.exports.ab_tables import AB_CONVERSIONS, AB_DIFFERENCES, AB_PLACES, AB_VARIANTS
from reports.exports.campaign_tables import (
    CONVERSIONS,
    CUSTOMERS,
    DAYS,
    FAILURES,
    HOURS,
    SPEED,
    STATUSES,
    VARIANT_CONVERSIONS,
)
from reports.exports.conversion_tables import (
    CONVERSION_CUSTOMERS,
    CONVERSION_EVENTS,
    CONVERSION_KINDS,
    CONVERSION_REASONS,
)
from reports.exports.cost_tables import CAMPAIGN_COSTS, COSTS, UNPRICED
from reports.exports.segment_tables import SEGMENT_PAIRS, SEGMENTS
from reports.exports.tables import CAMPAIGNS, COUNTRIES, OPERATORS, PARTNER_IDS, VARIANTS

TABLES: dict[str, Kind] = {
    "campaigns": CAMPAIGNS,
    "countries": COUNTRIES,
    "operators": OPERATORS,
    "partner_ids": PARTNER_IDS,
    "customers": CUSTOMERS,
    "days": DAYS,
    "failures": FAILURES,
    "statuses": STATUSES,
    "speed": SPEED,
    "segments": SEGMENTS,
    "segment_pairs": SEGMENT_PAIRS,
    "variants": VARIANTS,
    "hours": HOURS,
    "conversions": CONVERSIONS,
    "variant_conversions": VARIANT_CONVERSIONS,
    "ab_variants": AB_VARIANTS,
    "ab_differences": AB_DIFFERENCES,
    "ab_places": AB_PLACES,
    "ab_conversions": AB_CONVERSIONS,
    "conversion_kinds": CONVERSION_KINDS,
    "conversion_reasons": CONVERSION_REASONS,
    "conversion_customers": CONVERSION_CUSTOMERS,
    "conversion_events": CONVERSION_EVENTS,
    "costs": COSTS,
    "unpriced": UNPRICED,
    "campaign_costs": CAMPAIGN_COSTS,
}
OF_KEYS = {"segments": 1, "segment_pairs": 2}  # tables of segments, with the number of their keys
OF_AB = ("ab_variants", "ab_differences", "ab_places", "ab_conversions")  # tables of a comparison
OF_CONVERSIONS = ("conversion_kinds", "conversion_reasons", "conversion_customers", "conversion_events")
OF_ALL_CAMPAIGNS = ("campaigns", "partner_ids", *OF_CONVERSIONS[:3])  # they cannot be narrowed to one campaign
OF_COSTS = ("costs", "unpriced", "campaign_costs")  # they need the right to see costs
OF_ONE_CAMPAIGN = ("variants", "hours", "conversions", "variant_conversions", "campaign_costs", *OF_AB)  # they must be
OF_ALL_DAYS = ("conversions", "variant_conversions", "campaign_costs", *OF_AB)  # of the campaign
NOT_BY_PLACE = ("hours", *OF_ALL_DAYS, *OF_CONVERSIONS)  # they cannot be narrowed to a country or an operator
OF_ALL_ACCOUNTS = ("campaigns", *NOT_BY_PLACE)  # they are not for the key of one account


def column_names(table: str) -> list[str]:
    """Return the columns of one of TABLES: its files have all of them."""
    return list(TABLES[table].columns(Export()))

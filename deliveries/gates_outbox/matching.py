"""Filters of gates: the delivery reports that a gate forwards; pure."""

from collections.abc import Mapping

from msgspec import Struct


class Facts(Struct, frozen=True, gc=False):
    """A delivery report and its message, as far as filters of gates look at them.

    `status` and `is_final` are the report's, not the message's: a late "sent" is no delivery.
    """

    partner_id: str
    status: str
    is_final: bool
    country: str
    campaign_id: int
    ref_id: str
    parameters: Mapping[str, str]


class Filter(Struct, frozen=True, gc=False):
    """Filter of a gate: a report passes if it passes each part; an empty part lets all pass. `nothing`: none passes.

    `campaign_ids` includes the campaigns that are merged into a chosen one. A `parameter_key` alone asks that the
    message has that custom parameter, whatever its value.
    """

    partner_ids: frozenset[str] = frozenset()
    final_only: bool = False
    statuses: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    campaign_ids: frozenset[int] = frozenset()
    ref_id_prefix: str = ""
    parameter_key: str = ""
    parameter_value: str = ""
    nothing: bool = False  # the gate sends events alone

    def matches(self, facts: Facts) -> bool:
        """Return whether a gate with this filter forwards the report."""
        if self.nothing or (self.final_only and not facts.is_final):
            return False
        if self.partner_ids and facts.partner_id not in self.partner_ids:
            return False
        if self.statuses and facts.status not in self.statuses:
            return False
        if self.countries and facts.country not in self.countries:
            return False
        if self.campaign_ids and facts.campaign_id not in self.campaign_ids:
            return False
        if not facts.ref_id.startswith(self.ref_id_prefix):
            return False
        if not self.parameter_key:
            return True
        value = facts.parameters.get(self.parameter_key)
        return value is not None and self.parameter_value in ("", value)

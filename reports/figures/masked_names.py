"""Groups of figures with phone numbers masked in the names of campaigns, variants and operators."""

from collections.abc import Collection, Iterable, Mapping

from portal.common.masking import Masking
from reports.figures.query import segment_key_of

FREE_TEXT = ("campaign", "variant", "operator")  # of the things to group by


def partner_ids_of(keys: Iterable[Mapping[str, object]]) -> set[str]:
    """Return the partner IDs among groups' keys."""
    return {str(key["partner_id"]) for key in keys if key.get("partner_id")}


def masked_key(key: Mapping[str, object], masking: Masking, telling: Collection[str]) -> dict[str, object]:
    """Return a group's key without numbers; `telling` are the partner IDs that hold the number of a message."""
    return {
        name: masking.text(value) if _is_free(name) or (name == "partner_id" and value in telling) else value
        for name, value in key.items()
    }


def _is_free(name: str) -> bool:
    return name in FREE_TEXT or bool(segment_key_of(name))

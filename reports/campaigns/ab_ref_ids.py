"""Planned splits and chosen refIds of an A/B test, as pages and API take them."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from campaigns.ref_ids import MAX_BYTES

CHOSEN = ("a", "b", "c", "d")  # parameters with refIds; the variants are called so in capitals
MAX_REF_IDS = 20
MAX_WEIGHT = 1_000_000


class RefIdsError(ValueError):
    """The chosen refIds cannot be compared; `field` is the parameter, `str()` the reason, in the page's language."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_weights(text: str) -> tuple[float, ...] | None:
    """Return the weights of a split such as `50:50`; None if the text is none."""
    parts = [part.strip().removesuffix("%").strip() for part in text.replace("/", ":").split(":")]
    weights = [read_number(part) for part in parts]
    if len(weights) < 2 or not all(weight is not None and 0 < weight <= MAX_WEIGHT for weight in weights):
        return None
    return tuple(float(weight) for weight in weights if weight is not None)


def check_ref_ids(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the refIds by variant without repetitions; empty if none are given. Raises RefIdsError."""
    chosen = {name: list(dict.fromkeys(ref_id for ref_id in ref_ids if ref_id)) for name, ref_ids in given.items()}
    chosen = {name: ref_ids for name, ref_ids in chosen.items() if ref_ids}
    owner: dict[str, str] = {}
    for name, ref_ids in chosen.items():
        for ref_id in ref_ids:
            if len(ref_id.encode()) > MAX_BYTES:
                raise RefIdsError(name, _("A refId has at most %(most)d bytes.") % {"most": MAX_BYTES})
            if ref_id in owner:
                text = _("The refId “%(ref_id)s” is in two variants.") % {"ref_id": ref_id[:40]}
                raise RefIdsError(name, text)
            owner[ref_id] = name
    if len(owner) > MAX_REF_IDS:
        raise RefIdsError(next(reversed(chosen)), _("At most %(most)d refIds can be compared.") % {"most": MAX_REF_IDS})
    if len(chosen) == 1:
        raise RefIdsError(next(iter(chosen)), _("Give refIds for two variants or more."))
    return {name.upper(): ref_ids for name, ref_ids in chosen.items()}


def read_number(text: str) -> Decimal | None:
    """Return a plain decimal number with a point or a comma, None for anything else."""
    plain = text.strip().replace(",", ".")
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii():
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None

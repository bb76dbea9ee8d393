"""Changes of what people say about a campaign, from a body of the API."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from campaigns.details import FIELDS, MAX_DAY_NOTES, MAX_VARIANT, MAX_VARIANTS, possible_owners, save_details
from campaigns.models import Campaign
from deliveries.attributing.windows import set_campaign_window
from portal.api.bodies import Faults, escaped, refuse
from portal.common.no_numbers import refuse_numbers


def change(campaign: Campaign, data: Mapping[str, Any], *, actor: str, now: datetime) -> bool:
    """Save the fields that are given; return whether anything changed. Raises BadFields."""
    refuse([*_numbers(data), *_tags(data), *_split(data), *_days(data), *_window(campaign, data)])
    given = dict(data)
    if "tags" in given:
        given["tags"] = _each_once(given["tags"])
    if "day_notes" in given:
        given["day_notes"] = dict(sorted(given["day_notes"].items()))
    if given.get("owner") is not None:
        given["owner"] = possible_owners(campaign).filter(email__iexact=given["owner"]).first()
        if given["owner"] is None:
            refuse([("#/owner", "No member of the campaign's tenant has this e-mail address.")])
    with transaction.atomic():
        # what another change writes meanwhile stays
        stored = Campaign.objects.select_for_update(of=("self",)).get(id=campaign.id)
        values = {name: given.get(name, getattr(stored, name)) for name in FIELDS}
        archived = given.get("archived", stored.archived_at is not None)
        is_changed = save_details(campaign=stored, values=values, archived=archived, actor=actor, now=now)
        if "conversion_window" in given:
            is_changed |= set_campaign_window(stored, given["conversion_window"], actor=actor)
    return is_changed


def _each_once(tags: Iterable[str]) -> list[str]:
    """Return the tags in their order, each once; case and spaces do not make two tags."""
    found: dict[str, str] = {}
    for tag in (" ".join(tag.split()) for tag in tags):
        found.setdefault(tag.casefold(), tag)
    return list(found.values())


def _numbers(data: Mapping[str, Any]) -> Faults:
    """Find texts with what may be a phone number."""
    texts = [(f"#/{name}", data.get(name, "")) for name in ("title", "note")]
    texts += [(f"#/tags/{number}", tag) for number, tag in enumerate(data.get("tags", ()))]
    texts += [(f"#/planned_split/{escaped(variant)}", variant) for variant in data.get("planned_split", {})]
    texts += [(f"#/day_notes/{escaped(day)}", text) for day, text in data.get("day_notes", {}).items()]
    faults: Faults = []
    for pointer, text in texts:
        try:
            refuse_numbers(text)
        except ValidationError as error:
            faults.append((pointer, " ".join(error.messages)))
    return faults


def _tags(data: Mapping[str, Any]) -> Faults:
    tags = enumerate(data.get("tags", ()))
    return [(f"#/tags/{number}", "A tag without a comma.") for number, tag in tags if "," in tag]


def _split(data: Mapping[str, Any]) -> Faults:
    variants = data.get("planned_split", {})
    if len(variants) == 1 or len(variants) > MAX_VARIANTS:
        return [("#/planned_split", f"2 to {MAX_VARIANTS} variants, or none.")]
    return [
        (f"#/planned_split/{escaped(name)}", f"A variant has 1 to {MAX_VARIANT} characters, without spaces around it.")
        for name in variants
        if not 0 < len(name.strip()) == len(name) <= MAX_VARIANT or "\0" in name
    ]


def _days(data: Mapping[str, Any]) -> Faults:
    notes = data.get("day_notes", {})
    if len(notes) > MAX_DAY_NOTES:
        return [("#/day_notes", f"At most {MAX_DAY_NOTES} notes.")]
    return [(f"#/day_notes/{escaped(day)}", "A day such as 2026-10-06.") for day in notes if not _is_day(day)]


def _window(campaign: Campaign, data: Mapping[str, Any]) -> Faults:
    """Refuse the window of a merged campaign: its events follow that of the campaign that it is shown as."""
    if campaign.merged_into_id is None or "conversion_window" not in data:
        return []
    return [("#/conversion_window", f"Merged: set the window of campaign {campaign.merged_into_id}.")]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

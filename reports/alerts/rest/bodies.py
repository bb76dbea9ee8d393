"""Alert rules out of bodies, with all that is wrong by field."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError

from campaigns.models import Campaign
from portal.api.bodies import Faults, refuse
from portal.common.countries import country_problem
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant
from reports.alerts.changing import RuleInput
from reports.alerts.reading import operators_named
from reports.alerts.rules import LIMITS
from reports.alerts.texts import UNITS
from reports.models import AlertRule
from reports.models.alerts import MIN_MESSAGES

Scope = AlertRule.Scope

# The fields that say which messages, by scope.
_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    Scope.EACH: (),
    Scope.ALL: (),
    Scope.COUNTRY: ("country",),
    Scope.OPERATOR: ("country", "operator"),
    Scope.PARTNER_ID: ("partner_id",),
    Scope.CAMPAIGN: ("campaign",),
    Scope.SENDER: ("sender",),
}
_ALL_SUBJECTS = ("country", "operator", "partner_id", "campaign", "sender")
_OF_STANDARD = ("name", "kind", "scope", *_ALL_SUBJECTS)
_OF_BUDGETS = (*_OF_STANDARD, "threshold", "min_messages")


def new_rule(data: Mapping[str, Any], tenant: Tenant) -> RuleInput:
    """Return the rule that a body describes. Raises BadFields."""
    kind = data["kind"]
    return _rule(data, RuleInput("", kind, Scope.ALL, LIMITS[kind][2], MIN_MESSAGES), tenant)


def changed_rule(data: Mapping[str, Any], rule: AlertRule) -> RuleInput:
    """Return a stored rule with the fields that are given. Raises BadFields, also for what it keeps."""
    refuse([(f"#/{name}", f"{what} rule keeps this: leave it out.") for what, name in _kept(rule) if name in data])
    if rule.budget_id is not None:
        quiet = {name: data[name] for name in ("quiet_from", "quiet_until") if name in data}
        after = replace(RuleInput.of(rule), **quiet)
        refuse(_quiet(after))
        return after
    return _rule(data, RuleInput.of(rule), rule.tenant)


def _kept(rule: AlertRule) -> list[tuple[str, str]]:
    """Return the fields that a rule keeps, each behind the words for such a rule."""
    if rule.budget_id is not None:
        return [("A budget's", name) for name in _OF_BUDGETS]
    return [("A standard", name) for name in _OF_STANDARD] if rule.standard else []


def _rule(data: Mapping[str, Any], before: RuleInput, tenant: Tenant) -> RuleInput:
    same = ("name", "kind", "scope", "threshold", "min_messages", "quiet_from", "quiet_until")
    after = replace(before, **{name: data[name] for name in same if name in data})
    subject, of_subject = _subject(data, after, before, tenant)
    refuse([*_texts(data), *_threshold(after), *_quiet(after), *of_subject])
    return replace(after, **subject)


def _texts(data: Mapping[str, Any]) -> Faults:
    faults: Faults = []
    for name in ("name", "operator", "partner_id", "campaign", "sender"):
        try:
            refuse_numbers(data.get(name, ""))
        except ValidationError as error:
            faults.append((f"#/{name}", " ".join(error.messages)))
    if "name" in data and not data["name"].strip():
        faults.append(("#/name", "A name with at least one letter."))
    return faults


def _threshold(after: RuleInput) -> Faults:
    least, most, _first = LIMITS[after.kind]
    if least <= after.threshold <= most:
        return []
    return [("#/threshold", f"Of the kind “{after.kind}” from {least:g} to {most:,g} {UNITS[after.kind]}.")]


def _quiet(after: RuleInput) -> Faults:
    if (after.quiet_from is None) == (after.quiet_until is None):
        return []
    return [("#/quiet_until", "Give both times, or null for both.")]


def _subject(
    data: Mapping[str, Any], after: RuleInput, before: RuleInput, tenant: Tenant
) -> tuple[dict[str, Any], Faults]:
    """Return the fields that say which messages, with what is wrong with them; those of other scopes are empty."""
    wanted = _SUBJECTS[after.scope]
    found: dict[str, Any] = {"country": "", "operator": "", "partner_id": "", "campaign_id": None, "sender": ""}
    faults = [
        (f"#/{name}", f"The scope is “{after.scope}”: leave this out.")
        for name in _ALL_SUBJECTS
        if name in data and name not in wanted
    ]
    is_kept = after.scope == before.scope
    if is_kept and not any(name in data for name in wanted):
        return {name: getattr(before, name) for name in found}, faults
    given = {name: data.get(name, getattr(before, name, "") if is_kept else "") for name in wanted}
    missing = [(f"#/{name}", "This field is required with this scope.") for name, value in given.items() if not value]
    if missing:
        return found, faults + missing
    if "country" in given and (problem := country_problem(given["country"])):
        return found, [*faults, ("#/country", problem)]
    if after.scope == Scope.OPERATOR:
        part = operators_named(tenant.pk, given["operator"], country=given["country"])
        if part is None:
            text = "The tenant's messages of the last 120 days have no such operator in this country."
            return found, [*faults, ("#/operator", text)]
        given["operator"] = part.operator
    if after.scope == Scope.CAMPAIGN:
        name = given.pop("campaign")
        given["campaign_id"] = Campaign.objects.filter(tenant=tenant, name=name).values_list("id", flat=True).first()
        if given["campaign_id"] is None:
            faults.append(("#/campaign", "The tenant has no campaign of this name."))
    return found | given, faults

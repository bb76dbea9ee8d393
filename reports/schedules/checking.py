"""Checks of what a person chooses for a definition, before it is saved."""

from collections.abc import Collection, Mapping
from typing import Any

from campaigns.models import Campaign
from deliveries.message_pages.parameter_fields import is_parameter
from deliveries.models import Gate
from deliveries.search.query import BadFilter, MessageQuery, conditions, tenants_with_campaigns
from deliveries.search.segment_keys import search_keys
from portal.accounts.access import Access
from portal.common.masking import Masking
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.models import ReportDefinition, WorkbookTemplate
from reports.pricing.rights import may_see_costs
from reports.schedules.cost_tables import COSTS
from reports.schedules.kinds import AB_METRICS, AB_WITHIN, KINDS, MAX_GROUPS, SEARCHED, is_whole_month
from reports.schedules.rights import account_scope, rights_to_make

Kind = ReportDefinition.Kind
_NAMES = {"columns", "filters", "group_by"}
_OF_SUBJECT = {Kind.AB_TEST: {"metric", "within"}, Kind.SEGMENT: {"by"}, Kind.MESSAGES: {"search"}}


class WrongDefinition(ValueError):
    """A value cannot be saved; `field` names it, `code` is the reason for texts in other languages.

    Codes: required, unknown, not_allowed, number, not_a_month, combination, too_many, no_workbook.
    """

    def __init__(self, field: str, text: str, *, code: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text, self.code = field, text, code


def check_definition(definition: ReportDefinition, access: Access, *, held_gates: Collection[int] = ()) -> None:
    """Check a definition that is not saved yet, for the person who will own it. Raises WrongDefinition.

    `held_gates` are those of the definition as it is saved, of which some may be deleted.
    """
    kind = KINDS.get(definition.kind)
    if kind is None:
        raise WrongDefinition("kind", "an unknown kind", code="unknown")
    if not all(access.may(right) for right in rights_to_make(definition.kind)):
        raise WrongDefinition("kind", "not allowed for this role", code="not_allowed")
    if not definition.name.strip():
        raise WrongDefinition("name", "a name is needed", code="required")
    if not definition.formats:
        raise WrongDefinition("formats", "choose a format", code="required")
    _one_of("formats", definition.formats, kind.formats)
    _one_of("period", [definition.period], kind.periods)
    _check_days(definition)
    of_tenant = Gate.objects.filter(tenant=definition.tenant).values_list("id", flat=True)
    if definition.gates:
        _one_of("gates", definition.gates, [*of_tenant, *held_gates])
    _without_numbers("name", definition.name)
    _without_numbers("parameters", definition.parameters)
    _check_parameters(definition, access)


def _check_days(definition: ReportDefinition) -> None:
    if definition.period != ReportDefinition.Period.CUSTOM:
        return
    if definition.first is None or definition.last is None:
        raise WrongDefinition("first", "the first and the last day are needed", code="required")
    if definition.last < definition.first:
        raise WrongDefinition("last", "the last day lies before the first", code="combination")
    if definition.kind in (Kind.MONTHLY, Kind.STATEMENTS) and not is_whole_month(definition.first, definition.last):
        raise WrongDefinition("first", "reports of this kind are of a whole month", code="not_a_month")


def _check_parameters(definition: ReportDefinition, access: Access) -> None:
    kind, parameters = KINDS[definition.kind], definition.parameters
    allowed = _NAMES | _OF_SUBJECT.get(Kind(definition.kind), set()) | ({kind.subject} if kind.subject else set())
    if definition.kind == Kind.MONTHLY:
        allowed = {"template"}
    if kind.costs:
        allowed = allowed | {COSTS}
    _one_of("parameters", parameters, allowed)
    if kind.subject and not parameters.get(kind.subject):
        raise WrongDefinition(kind.subject, "choose one", code="required")
    columns = [name for name in parameters.get("columns", ()) if not _is_log_parameter(definition, name)]
    _one_of("columns", columns, kind.columns)
    _one_of("filters", parameters.get("filters", {}), kind.filters)
    groups = parameters.get("group_by", [])
    _one_of("group_by", groups, kind.groups)
    if len(groups) > MAX_GROUPS:
        raise WrongDefinition("group_by", f"at most {MAX_GROUPS}", code="too_many")
    if COSTS in parameters:
        _check_costs(parameters, access)
    _check_query(definition, access)
    _check_subject(definition, access)


def _check_costs(parameters: Mapping[str, Any], access: Access) -> None:
    if parameters[COSTS] is not True:
        raise WrongDefinition(COSTS, "true or left out", code="unknown")
    if not may_see_costs(access):
        raise WrongDefinition(COSTS, "costs are not shown to this role", code="not_allowed")
    if "hour" in parameters.get("group_by", ()):
        raise WrongDefinition(COSTS, "there are no costs by hour", code="combination")


def _check_query(definition: ReportDefinition, access: Access) -> None:
    """Check that counts, or a search, can answer filters and groups together."""
    parameters, tenant_ids = definition.parameters, sorted(access.tenant_ids)
    day = definition.first or definition.tenant.created_at.date()
    try:
        if definition.kind == Kind.MESSAGES:
            search = parameters.get("search", {})
            _one_of("search", search, SEARCHED)
            statuses = tuple(search.get("statuses", ()))
            query = MessageQuery(tenant_ids=frozenset(tenant_ids), **{**search, "statuses": statuses})
            tenants_with_campaigns(query)
            conditions(query)
        else:
            StatisticsQuery(
                tenant_ids=tenant_ids, first=day, last=day, filters=parameters.get("filters", {}),
                group_by=tuple(parameters.get("group_by", ())),
            )  # fmt: skip
    except StatisticsError as error:
        raise WrongDefinition(error.name, str(error), code="combination") from error
    except BadFilter as error:
        raise WrongDefinition("search", str(error), code="combination") from error


def _check_subject(definition: ReportDefinition, access: Access) -> None:
    parameters = definition.parameters
    if "template" in parameters:
        _check_template(definition)
    if "campaign" in parameters and not _has_campaign(parameters["campaign"], access):
        raise WrongDefinition("campaign", "no such campaign", code="unknown")
    if "metric" in parameters:
        _one_of("metric", [parameters["metric"]], AB_METRICS)
    within = parameters.get("within", 1)
    if not isinstance(within, int) or not 1 <= within <= AB_WITHIN:
        raise WrongDefinition("within", f"seconds, from 1 to {AB_WITHIN}", code="unknown")
    keys = [parameters[name] for name in ("key", "by") if parameters.get(name)]
    known = search_keys(access.tenant_ids, keys) if keys else {}
    for key in keys:
        if key not in known or not known[key].counted:
            raise WrongDefinition("key", "a segment key without figures", code="unknown")
    if definition.kind == Kind.ACCOUNT and account_scope(access, definition) is None:
        raise WrongDefinition("account", "an account that the customer does not own", code="unknown")


def _check_template(definition: ReportDefinition) -> None:
    templates = WorkbookTemplate.objects.filter(tenant=definition.tenant)
    _one_of("template", [definition.parameters["template"]], templates.values_list("id", flat=True))
    if ReportDefinition.Format.XLSX not in definition.formats:
        raise WrongDefinition("template", "a template needs the format xlsx", code="no_workbook")


def _has_campaign(campaign_id: object, access: Access) -> bool:
    return isinstance(campaign_id, int) and Campaign.objects.filter(
        id=campaign_id, tenant_id__in=access.tenant_ids
    ).exists()  # fmt: skip


def _is_log_parameter(definition: ReportDefinition, name: str) -> bool:
    return definition.kind == Kind.MESSAGES and is_parameter(name)


def _one_of(field: str, given: Any, known: Any) -> None:
    if strangers := sorted(set(given) - set(known)):
        raise WrongDefinition(field, f"unknown: {', '.join(map(str, strangers))[:200]}", code="unknown")


def _without_numbers(field: str, value: Any) -> None:
    """Refuse texts that hold a possible phone number: definitions are shown to readers who see numbers masked."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _without_numbers(field, name)
            _without_numbers(str(name), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _without_numbers(field, inner)
    elif isinstance(value, str) and Masking(in_full=False).hides(value):
        raise WrongDefinition(field, "texts with phone numbers are not saved", code="number")

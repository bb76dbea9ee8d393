"""/api/v1/budgets/: budgets listed, created, read, changed and retired."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.accounts.access import Access, access_below
from portal.api.bodies import Faults, checked, refuse
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import BELOW, Parameter
from portal.api.problems import Conflict
from portal.api.views import ApiView
from portal.common.no_numbers import refuse_numbers
from portal.common.setting_choices import currency_choices
from portal.tenants.models import Tenant
from reports.budgets import changing
from reports.budgets.changing import MAX_DAYS, MAX_UNITS, BudgetInput, are_days
from reports.budgets.examples import BUDGET, NEW
from reports.budgets.reading import budgets_of, campaign_named, is_partner_id, subject_shown
from reports.budgets.serializers import BudgetAnswer, BudgetBody, BudgetsAnswer, OneBudgetAnswer
from reports.budgets.spending import Spending, spendings
from reports.models import Budget
from reports.pricing.money import MICRO, digits_of, minor_decimal, to_micro, to_minor
from reports.pricing.rights import seen_payer

_PATH = {"budget_id": Parameter(name="budget_id", text="The budget's `id`.", kind="number", example=5)}
MAX_ID = 2**63 - 1
Scope = Budget.Scope


class BudgetsView(ApiView):
    """The budgets of the key's tenant, newest first. POST creates one."""

    operations = {
        "GET": Operation(
            id="list_budgets",
            tag="Budgets",
            summary="List budgets",
            text="The budgets of the key's tenant with what was spent and what is expected, newest first.",
            scope=BILLING,
            parameters=(
                Parameter(
                    name="retired",
                    text="Whether retired budgets are listed instead of the others, or `all`.",
                    kind="choice",
                    choices=("yes", "no", "all"),
                    default="no",
                ),
                BELOW,
                *LISTED,
            ),
            answer=BudgetsAnswer,
            answer_text="A page of budgets.",
            answer_example=PAGE_EXAMPLE | {"data": [BUDGET], "timezone": "Europe/Helsinki"},
        ),
        "POST": Operation(
            id="create_budget",
            tag="Budgets",
            summary="Create a budget",
            text=(
                "Create a budget of the key's tenant: for all its messages with those of tenants below, for a partner"
                " ID, or for a campaign. Its alert rule is made with it and is on. A tenant has at most"
                f" {changing.MAX_BUDGETS} budgets that are not retired."
            ),
            scope=BILLING,
            body=BudgetBody,
            body_example=NEW,
            answer=BudgetAnswer,
            answer_text="The new budget; `Location` is its URL.",
            answer_example=BUDGET,
            status=201,
            headers={"Location": "The budget's address."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        access = self.given.of_tenant(self.access)
        tenant, counted = _owner(access), no_writes_before()
        budgets = budgets_of(tenant)
        if (retired := self.given.choice("retired")) != "all":
            budgets = budgets.filter(retired_at__isnull=retired == "no")
        page = page_of(budgets, self.given, self.access, lambda page: _shown(page, access))
        as_of = min(page["data_as_of"], counted)
        return self.answer(page | {"data_as_of": as_of, "timezone": tenant.timezone})

    def post(self, request: Request) -> Response:
        tenant = _owner(self.access)
        data = checked(BudgetBody, request.data, is_partial=False)
        given = _given(data, BudgetInput("", Scope.ALL, 0, ""), self.access)
        try:
            made = changing.create(tenant, given, actor=str(self.access.key), now=timezone.now())
        except changing.TooManyBudgets as error:
            text = f"The tenant has {changing.MAX_BUDGETS} budgets, the most that it may have: retire one first."
            raise Conflict(text) from error
        [shown] = _shown([_found(self.access, made.pk)], self.access)
        return self.answer(shown, Location=request.build_absolute_uri(f"{request.path}{made.pk}/"))


class BudgetView(ApiView):
    """One budget."""

    http_method_names = ["get", "head", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_budget",
            tag="Budgets",
            summary="One budget",
            text="A budget of the key's tenant or of one below it, with what was spent and what is expected.",
            scope=BILLING,
            path=_PATH,
            answer=OneBudgetAnswer,
            answer_text="The budget.",
            answer_example=BUDGET | {"data_as_of": "2026-11-20T06:00:00.123456Z", "timezone": "Europe/Helsinki"},
        ),
        "PATCH": Operation(
            id="change_budget",
            tag="Budgets",
            summary="Change a budget",
            text=(
                "Change the fields that are given; others stay. After a change of anything but name and thresholds,"
                " thresholds that were told in this period are told again when they are reached."
            ),
            scope=BILLING,
            path=_PATH,
            body=BudgetBody,
            body_example={"amount": "650.00"},
            answer=BudgetAnswer,
            answer_text="The budget as it is now.",
            answer_example=BUDGET | {"amount": "650.00"},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="retire_budget",
            tag="Budgets",
            summary="Retire a budget",
            text="A retired budget opens no alerts any more. It stays readable. A second call is harmless.",
            scope=BILLING,
            path=_PATH,
            answer=BudgetAnswer,
            answer_text="The retired budget.",
            answer_example=BUDGET | {"retired_at": "2026-11-30T09:00:00Z", "spending": None},
        ),
    }

    def get(self, request: Request, budget_id: int) -> Response:
        _owner(self.access)
        budget = Budget.objects.select_related("tenant").filter(
            pk=min(budget_id, MAX_ID), tenant_id__in=self.access.tenant_ids
        ).first()  # fmt: skip
        if budget is None:
            raise Http404
        tenant = budget.tenant
        access, as_of = access_below(self.access, tenant), no_writes_before()
        [shown] = _shown([_found(access, budget_id)], access)
        return self.answer(shown | {"data_as_of": as_of, "timezone": tenant.timezone})

    def patch(self, request: Request, budget_id: int) -> Response:
        found = _found(self.access, budget_id)
        data = checked(BudgetBody, request.data, is_partial=True)
        if found.retired_at is not None:
            raise Conflict("The budget is retired: it cannot be changed.")
        changing.change(found, _given(data, BudgetInput.of(found), self.access), actor=str(self.access.key))
        [shown] = _shown([_found(self.access, budget_id)], self.access)
        return self.answer(shown)

    def delete(self, request: Request, budget_id: int) -> Response:
        found = _found(self.access, budget_id)
        changing.retire(found, actor=str(self.access.key), now=timezone.now())
        [shown] = _shown([_found(self.access, budget_id)], self.access)
        return self.answer(shown)


def _owner(access: Access) -> Tenant:
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("Budgets belong to a customer: use a key of the customer, not of an account.")
    return access.tenant


def _found(access: Access, budget_id: int) -> Budget:
    found = budgets_of(_owner(access)).filter(pk=min(budget_id, MAX_ID)).first()
    if found is None:
        raise Http404
    return found


def _given(data: Mapping[str, Any], before: BudgetInput, access: Access) -> BudgetInput:
    """Return a budget with the fields that are given. Raises BadFields."""
    same = ("name", "scope", "currency", "first_day", "last_day")
    values = {name: data[name] for name in same if name in data}
    if "thresholds" in data:
        values["thresholds"] = tuple(sorted(set(data["thresholds"])))
    after = replace(before, **values)
    faults = [*_name(after.name), *_amount(data, after, before), *_days(after)]
    subject, of_subject = _subject(data, after, before, access)
    refuse(faults + of_subject)
    amount = to_minor(data["amount"], after.currency) if "amount" in data else before.amount
    return replace(after, amount=amount, **subject)


def _name(name: str) -> Faults:
    try:
        refuse_numbers(name)
    except ValidationError as error:
        return [("#/name", " ".join(error.messages))]
    return [] if name.strip() else [("#/name", "A name with at least one letter.")]


def _amount(data: Mapping[str, Any], after: BudgetInput, before: BudgetInput) -> Faults:
    if after.currency not in dict(currency_choices("en")):
        return [("#/currency", f"“{after.currency}” is no currency that is in use, such as EUR.")]
    if "amount" not in data:
        changed = after.currency != before.currency
        return [("#/amount", "Give the amount in the new currency, too.")] if changed else []
    amount, digits = data["amount"], digits_of(after.currency)
    if not 0 < amount <= MAX_UNITS * MICRO:
        return [("#/amount", f"An amount above 0 and at most {MAX_UNITS:,}.")]
    if amount % to_micro(1, after.currency):
        return [("#/amount", f"{after.currency} has at most {digits} decimals.")]
    return []


def _days(after: BudgetInput) -> Faults:
    if are_days(after.first_day, after.last_day):
        return []
    return [("#/last_day", f"Give both days or none: the last is not before the first, and at most {MAX_DAYS} days.")]


def _subject(
    data: Mapping[str, Any], after: BudgetInput, before: BudgetInput, access: Access
) -> tuple[dict[str, Any], Faults]:
    """Return the partner ID and the campaign of a budget, with what is wrong with them."""
    tenant = _owner(access)
    subject: dict[str, Any] = {"partner_id": "", "campaign": None}
    foreign = [name for name in ("partner_id", "campaign") if name in data and name != after.scope]
    faults = [(f"#/{name}", f"The scope is “{after.scope}”: leave this out.") for name in foreign]
    if after.scope == Scope.CAMPAIGN:
        campaign = campaign_named(tenant, data["campaign"]) if "campaign" in data else before.campaign
        subject["campaign"] = campaign
        if campaign is None:
            faults.append(("#/campaign", "The name of a campaign of the key's tenant."))
    elif after.scope == Scope.PARTNER_ID:
        value = data.get("partner_id", before.partner_id)
        subject["partner_id"] = value
        if value != before.partner_id and not is_partner_id(access.tenant_ids, value):
            faults.append(("#/partner_id", "No tenant of the key has this partner ID."))
        elif not value:
            faults.append(("#/partner_id", "This field is required with this scope."))
    return subject, faults


def _shown(budgets: Iterable[Budget], access: Access) -> list[dict[str, Any]]:
    budgets = list(budgets)
    payer = seen_payer(access)
    active = [one for one in budgets if one.retired_at is None]
    found = spendings(active, payer, now=timezone.now()) if payer else {}
    return [_one(one, found.get(one.pk), access) for one in budgets]


def _one(budget: Budget, spending: Spending | None, access: Access) -> dict[str, Any]:
    names = ("id", "name", "scope", "currency", "first_day", "last_day", "thresholds", "created_at", "retired_at")
    subject = subject_shown(budget, access.masking)
    return {name: getattr(budget, name) for name in names} | {
        "tenant": budget.tenant.slug,
        "partner_id": subject if budget.scope == Scope.PARTNER_ID else None,
        "campaign": subject if budget.scope == Scope.CAMPAIGN else None,
        "amount": minor_decimal(budget.amount, budget.currency),
        "spending": _spending(budget, spending) if spending else None,
    }


def _spending(budget: Budget, found: Spending) -> dict[str, Any]:
    forecast = found.forecast
    return {
        "from": found.period.first,
        "to": found.period.last,
        "spent": minor_decimal(found.spent, budget.currency),
        "percent": found.percent_of(budget.amount),
        "unpriced": {"messages": found.unpriced.messages, "parts": found.unpriced.parts},
        "others": [{"currency": one.currency, "cost": minor_decimal(one.cost, one.currency)} for one in found.others],
        "is_average": found.is_average,
        "forecast": forecast
        and {name: minor_decimal(getattr(forecast, name), budget.currency) for name in ("expected", "low", "high")}
        | {"is_average": forecast.is_average},
    }

"""Pages of budgets: who sees and changes them, their figures, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import Tenant
from reports.budgets.looking import look_at
from reports.figures.alerts_open import show_open
from reports.models import Alert, AlertRule, Budget
from tests.budgets.conftest import day
from tests.conftest import NOW, make_user
from tests.pricing.stored import count, price_list
from tests.pricing.test_walled_costs import digits

pytestmark = pytest.mark.django_db

PAGE = "/t/nordic-retail/billing/budgets/"
FORM = {"name": "Autumn", "scope": "all", "amount": "1 234,50", "currency": "EUR", "thresholds": ["50", "100"]}


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def spent(tenant, account, prices, make) -> Budget:
    """A budget of 100 EUR with 95 EUR spent in 19 days, and 7 messages without a price."""
    for n in range(1, 100):
        count(tenant, account, NOW.date() - timedelta(days=n), 100)
    count(tenant, account, day(3), 7, country="SE")
    return make(name="Every month")


def test_list_shows_what_is_spent_and_expected(client, accountant, spent):
    client.force_login(accountant)
    page = text_of(client.get(PAGE))
    assert "95.00 EUR (95 %)" in page
    assert "7 messages without a price are not in it." in page
    assert re.search(r"1(49|50)\.\d\d EUR 1(49|50)\.\d\d EUR–1(49|50)\.\d\d EUR", page)
    assert "Expected to run out" in page


def test_empty_list_says_what_is_missing(client, manager, tenant):
    client.force_login(manager)
    assert "Budgets need prices" in text_of(client.get(PAGE))
    price_list({"micro": 1})
    assert "alerts at 50, 80 and 100%" in text_of(client.get(PAGE))


def test_create_change_and_retire(client, manager, prices):
    client.force_login(manager)
    made = client.post(f"{PAGE}new/", FORM)
    budget = Budget.objects.get()
    assert (made.status_code, made.url) == (302, f"{PAGE}{budget.pk}/")
    assert (budget.amount, budget.thresholds, budget.made_by) == (123_450, [50, 100], "manager@example.com")
    assert (budget.rule.kind, budget.rule.is_on, budget.rule.name) == ("budget", True, "Autumn")

    assert client.post(made.url, FORM | {"amount": "2000", "scope": "partner_id", "which": "nr-fi"}).status_code == 302
    assert "Retire Autumn?" in text_of(client.get(f"{made.url}retire/"))
    assert client.post(f"{made.url}retire/").url == PAGE
    budget.refresh_from_db()
    assert (budget.amount, budget.partner_id, budget.revision, budget.retired_at) == (200_000, "nr-fi", 2, NOW)
    assert client.post(made.url, FORM).status_code == 404
    assert "1 retired budget" in text_of(client.get(PAGE))
    entries = {entry.action: entry.details for entry in AuditEntry.objects.filter(action__startswith="budget.")}
    assert set(entries) == {"budget.created", "budget.changed", "budget.retired"}
    assert entries["budget.changed"]["before"] == "Autumn; all; 1234.50 EUR; each month; alerts at 50, 100 %"
    assert (
        entries["budget.changed"]["after"] == "Autumn; partner_id nr-fi; 2000.00 EUR; each month; alerts at 50, 100 %"
    )


@pytest.mark.parametrize(
    ("wrong", "field", "text"),
    [
        ({"amount": "0"}, "amount", "An amount above 0 and at most 1,000,000,000."),
        ({"amount": "1000000001"}, "amount", "An amount above 0 and at most 1,000,000,000."),
        ({"amount": "1.005"}, "amount", "has more decimals than the currency: 2"),
        ({"amount": "much"}, "amount", "is no amount"),
        ({"scope": "partner_id"}, "which", "Say which one."),
        ({"scope": "partner_id", "which": "other"}, "which", "Neither this customer nor one below it"),
        ({"scope": "campaign", "which": "none"}, "which", "There is no campaign of this name."),
        ({"name": "+358 40 123 4567"}, "name", "Leave phone numbers"),
        ({"first_day": "1 Nov 2026"}, "last_day", "Give both days or none"),
        ({"first_day": "2 Nov 2026", "last_day": "1 Nov 2026"}, "last_day", "Give both days or none"),
        ({"first_day": "1 Nov 2026", "last_day": "2 Nov 2027"}, "last_day", "at most 366 days"),
        ({"thresholds": ["70"]}, "thresholds", "Select a valid choice"),
        ({"currency": "XXX"}, "currency", "Select a valid choice"),
    ],
)
def test_what_is_refused_names_its_field(client, owner, prices, wrong, field, text):
    client.force_login(owner)
    answer = client.post(f"{PAGE}new/", FORM | wrong)
    assert answer.status_code == 422
    assert text in " ".join(answer.context["form"].errors[field])
    assert not Budget.objects.exists()


def test_too_many_budgets(client, owner, prices, make, monkeypatch):
    monkeypatch.setattr("reports.budgets.changing.MAX_BUDGETS", 2)
    make(), make()
    client.force_login(owner)
    assert "A customer has at most 2 budgets." in text_of(client.post(f"{PAGE}new/", FORM))


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [
        (Role.VIEWER, False, False),
        (Role.ANALYST, True, False),
        (Role.ACCOUNTANT, True, True),
        (Role.MANAGER, True, True),
        (Role.OWNER, True, True),
    ],
)
def test_rights_of_each_role(client, tenant, spent, role, sees, changes):
    look_at(tenant, now=NOW)
    client.force_login(make_user("somebody@example.com", tenant, role))
    paths = (PAGE, f"{PAGE}{spent.pk}/")
    assert [client.get(path).status_code for path in paths] == ([200, 200] if sees else [403, 403])
    assert client.get(f"{PAGE}new/").status_code == (200 if changes else 403)
    assert client.get(f"{PAGE}{spent.pk}/retire/").status_code == (200 if changes else 403)
    if sees:
        assert ("Save" in text_of(client.get(f"{PAGE}{spent.pk}/"))) == changes
    # its alert is seen by the same people: on the page, in the header, on charts; and so is its rule
    page = client.get("/t/nordic-retail/alerts/")
    assert ("80 % of the budget reached" in text_of(page)) == sees
    assert ("Every month" in text_of(page)) == sees
    assert client.get(f"/t/nordic-retail/alerts/rules/{spent.rule.pk}/").status_code == (200 if sees else 404)
    show_open(tenant.pk, now=NOW)
    overview = text_of(client.get("/t/nordic-retail/overview/?from=2026-11-01&to=2026-11-20"))
    assert ("A budget is used up" in overview) == sees


def test_rule_of_a_budget_has_quiet_hours_and_stays(client, owner, tenant, spent):
    client.force_login(owner)
    rule = f"/t/nordic-retail/alerts/rules/{spent.rule.pk}/"
    page = text_of(client.get(rule))
    assert "Costs reach 50 %, 80 %, 100 % of the budget of 100.00 EUR; each is told once in a period." in page
    assert "Delete rule" not in page
    assert client.post(rule, {"quiet_from": "22:00", "quiet_until": "07:00"}).status_code == 302
    stored = AlertRule.objects.get(pk=spent.rule.pk)
    assert (str(stored.quiet_from), stored.name, stored.kind, stored.budget_id) == (
        "22:00:00", "Every month", "budget", spent.pk,
    )  # fmt: skip
    assert client.post(f"{rule}delete/").status_code == 302
    assert AlertRule.objects.get(pk=stored.pk).archived_at is None
    assert client.get(f"{rule}past/").status_code == 404
    options = client.get("/t/nordic-retail/alerts/rules/new/").context["form"].fields["kind"].choices
    assert "budget" not in dict(options)


def test_budget_of_another_customer_is_not_found(client, owner, other_tenant, prices, make):
    theirs = make(other_tenant)
    client.force_login(owner)
    assert [client.get(f"{PAGE}{theirs.pk}/{end}").status_code for end in ("", "retire/")] == [404, 404]


def test_child_sees_its_own_costs_alone(client, call, tenant, account, make):
    """The parent's cost, its budget and the sibling's prices stand in no answer to the child."""
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Europe/Helsinki")
    account.owner, account.owner_since = tenant, NOW
    account.save()
    canaries = {"cost": 7_654_300, "own": 6_543_200}
    price_list({"micro": canaries["cost"]}, kind="cost", issuer=tenant, account=account)
    price_list({"micro": canaries["own"]}, issuer=tenant, customer=child)
    count(child, account, day(5), 1_000)
    make(name="Secret of the parent", amount=765_430)
    own = make(child, name="Own", amount=700_000)
    for one in (tenant, child):
        look_at(one, now=NOW)
    client.force_login(make_user("child@example.com", child, Role.OWNER))
    key = call(child, "read", "billing")
    paths = ("billing/budgets/", f"billing/budgets/{own.pk}/", "alerts/", "overview/?from=2026-11-01&to=2026-11-20")
    shown = "\n".join(client.get(f"/t/child/{path}").content.decode() for path in paths)
    shown += key.get("budgets/").content.decode() + key.get("reports/forecast/").content.decode()
    assert Alert.objects.filter(tenant=tenant).exists()
    assert digits(canaries["own"]) in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "6543.20" in shown
    for hidden in ("Secret of the parent", digits(canaries["cost"]), "7654.3"):
        assert hidden not in shown

"""Statements behind the wall: an issuer's own, a customer's once they are issued, and nobody else's."""

import pytest
from django.db import ProgrammingError, transaction

from portal.tenants.scope import ingest_scope, signin_scope, web_scope, with_descendants
from reports.models import BillingProfile, BillingTerms, ClosingRun, NumberSeries, Statement, StatementLine
from tests.billing.rows import MADE_AT, make_statement
from tests.wall.scopes import staff_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(family, account) -> dict[str, Statement]:
    """A draft and an issued statement of each pair, with profiles, terms, series and a closing of each issuer."""
    pairs = {
        "operator to parent": (None, family["parent"]),
        "operator to other": (None, family["other"]),
        "parent to child": (family["parent"], family["child"]),
        "parent to sibling": (family["parent"], family["sibling"]),
        "child to grandchild": (family["child"], family["grandchild"]),
    }
    found = {}
    for name, (issuer, customer) in pairs.items():
        for number, state in enumerate(("draft", "issued"), start=1):
            found[f"{name}, {state}"] = make_statement(
                issuer, customer, month=f"2026-0{number}-01", account_id=account.pk, text=name, issued=state == "issued"
            )
    for issuer in (None, family["parent"], family["child"]):
        BillingTerms.objects.create(issuer=issuer, valid_from=MADE_AT.date(), vat_category="E", vat_reason=str(issuer))
        NumberSeries.objects.create(issuer=issuer)
        ClosingRun.objects.create(issuer=issuer, month="2026-01-01", requested_by=str(issuer))
    for tenant in (None, family["parent"], family["child"], family["grandchild"], family["other"]):
        BillingProfile.objects.create(tenant=tenant, legal_name=str(tenant))
    return found


def seen(made: dict[str, Statement]) -> set[str]:
    ids = set(Statement.objects.values_list("pk", flat=True))
    assert {line.statement_id for line in StatementLine.objects.all()} == ids
    return {name for name, one in made.items() if one.pk in ids}


def test_issuer_sees_all_and_customer_what_is_issued(family, made):
    with web_scope(with_descendants([family["parent"].pk])):
        assert seen(made) == {
            "operator to parent, issued",
            *(f"{pair}, {state}" for pair in made_pairs("parent", "child") for state in ("draft", "issued")),
        }
        assert {one.issuer_id for one in BillingTerms.objects.all()} == {family["parent"].pk, family["child"].pk}
        assert ClosingRun.objects.filter(issuer=None).count() == NumberSeries.objects.filter(issuer=None).count() == 0
    with web_scope([family["child"].pk, family["grandchild"].pk]):
        assert seen(made) == {
            "parent to child, issued",
            "child to grandchild, draft",
            "child to grandchild, issued",
        }
        assert {one.tenant_id for one in BillingProfile.objects.all()} == {
            family["child"].pk,
            family["grandchild"].pk,
        }
    with web_scope([family["grandchild"].pk]):
        assert seen(made) == {"child to grandchild, issued"}
    with web_scope([family["sibling"].pk]):
        assert seen(made) == {"parent to sibling, issued"}
    with staff_scope():
        assert seen(made) == set(made)


def made_pairs(*issuers: str) -> list[str]:
    pairs = ("parent to child", "parent to sibling", "child to grandchild")
    return [pair for pair in pairs if pair.split()[0] in issuers]


def test_customer_changes_nothing_of_what_it_received(family, made):
    with web_scope([family["grandchild"].pk]):
        assert Statement.objects.update(state="paid") == 0
        assert StatementLine.objects.update(vat_rate=0) == 0
        assert Statement.objects.filter(pk__gt=0)._raw_delete("default") == 0
        for values in ({"issuer": family["child"]}, {"issuer": None}):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Statement.objects.create(
                    customer=family["grandchild"], month="2026-03-01", currency="EUR", made_at=MADE_AT, **values
                )
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            NumberSeries.objects.create(issuer=family["parent"])


def test_issuer_bills_nobody_that_it_does_not_reach(family, made):
    with (
        web_scope(with_descendants([family["child"].pk])),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Statement.objects.create(
            issuer=family["child"], customer=family["sibling"], month="2026-03-01", currency="EUR", made_at=MADE_AT
        )


def test_lines_are_added_to_drafts_alone(family, made):
    with web_scope(with_descendants([family["parent"].pk])):
        for name, is_allowed in (("parent to child, draft", True), ("parent to child, issued", False)):
            line = made[name].lines.get()
            line.pk, line.position = None, 2
            if is_allowed:
                line.save(force_insert=True)
                continue
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                line.save(force_insert=True)


@pytest.mark.parametrize("scope", [signin_scope, ingest_scope])
def test_other_roles_see_no_statement(made, scope):
    for model in (Statement, StatementLine, BillingProfile, BillingTerms, NumberSeries, ClosingRun):
        with scope(), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.count()

"""Every list with few rows and with two more: it asks the database the same number of times."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, ConversionKind
from deliveries.conversions.examples import SENT
from deliveries.models import GateAttempt, GateReplay, PartnerMove, PartnerRequest
from portal.accounts import invitations
from portal.accounts.models import User
from portal.api.schema import document
from portal.tenants.models import PartnerId, Tenant
from reports.billing.prices.changing import Terms, create_list
from reports.billing.prices.rates import RateRow, set_rates
from reports.models import ClosingRun, PriceChange, ReportDefinition, ReportMail, Statement, StatementLine
from reports.schedules import recipients
from tests.alerts.made import make_alert, make_rule
from tests.api.conftest import sent
from tests.api.test_matrix import address
from tests.api.test_schema import many_requests, world
from tests.billing.checks.rows import make_done_check
from tests.billing.rows import make_statement
from tests.budgets.made import make_budget
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.money_leaks.conftest import now, send
from tests.pages.conftest import make_export, make_run
from tests.queries import list_statements
from tests.schedules.conftest import asked, files, saved
from tests.segments.sample import chosen

__all__ = ["files", "many_requests", "now", "send", "world"]

pytestmark = pytest.mark.django_db

CONSTANT = {"/api/v1/countries/", "/api/v1/result-codes/"}  # their rows are the same for everybody, and always
DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
QUERIES = {
    "/api/v1/operators/": DAYS,
    "/api/v1/segment-tables/": DAYS | {"key": "shop", "by": "tier"},
    "/api/v1/segments/{key}/": DAYS,
}
# Groups and the rows of one figure, which have tests of their own.
OF_FIGURES = {
    "/api/v1/campaigns/{campaign_id}/hours/",
    "/api/v1/campaigns/{campaign_id}/speed/",
    "/api/v1/invoice-checks/{check_id}/messages/",
    "/api/v1/leaks/messages/",
    "/api/v1/statistics/",
}
LISTS = sorted(
    path
    for path, methods in document()["paths"].items()
    if "get" in methods
    and {"application/json", "text/csv"} <= methods["get"]["responses"]["200"]["content"].keys()
    and path not in CONSTANT | OF_FIGURES
)


@pytest.fixture
def add(world, feed, tenant, account, call, mine, send) -> Callable[[int], None]:
    """Return a function that adds a row to every list, each with rows of its own beside it."""
    person, definition = User.objects.get(email="owner@example.com"), ReportDefinition.objects.get()
    gate, statement = tenant.gates.get(), Statement.objects.get()

    def store(n: int) -> None:
        child = Tenant.objects.create(slug=f"child-{n}", name=f"Child {n}", parent=tenant)
        partner = PartnerId.objects.create(account=account, value=f"nr-{n}", tenant=child, declared_at=NOW)
        PartnerMove.objects.create(tenant=child, partner=partner, state="running", total=10, done=4)
        PartnerRequest.objects.create(
            tenant=tenant, account=account, value=f"nr-{n}", state="approved", requested_by="x", decided_at=NOW
        )
        parameters = {"destination": f"+35840123{n}000", "shop": f"{n}0"}
        apply(feed, sent(f"sale {n}", 1001, "nr-fi", refId="sale", operator=f"fi.{n}", customParameters=parameters))
        apply(feed, sent(f"{n}", 1001, f"nr-{n}", refId=f"campaign {n}", operator=f"fi.{n}"))
        chosen(tenant, f"key-{n}")
        send(f"+35840222000{n}", 70 * 24 * 60)  # without which there is no history
        for ago in (500, 400, 300):
            send(f"+35840222000{n}", ago, code=2106)
        campaign = Campaign.objects.get(name=f"campaign {n}")
        make_budget(tenant, f"Budget {n}", now=NOW, campaign=Campaign.objects.get(tenant=tenant, name="sale"))
        ConversionKind.objects.create(tenant=child, name="purchase")
        event = SENT | {"event_id": f"order {n}", "kind": "purchase", "destination": parameters["destination"]}
        event |= {"campaign": "sale", "occurred_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
        assert mine.post("conversions/", event).json()["stored"] == 1
        make_alert(make_rule(child, campaign_id=campaign.pk, scope="campaign", name=f"Rule {n}"))
        make_export(tenant, key=mine.key)
        made = make_gate(child, "https://receiver.example.com/", "https://receiver.example.org/")
        GateAttempt.objects.create(
            tenant=tenant, gate=gate, at=NOW, message_id=f"m{n}", number=1, outcome="timeout", ms=10, method="POST"
        )
        for of in (gate, made):
            GateReplay.objects.create(
                tenant=of.tenant, gate=of, made_by="x", kind="failed", since=NOW, until=NOW, total=7, state="done"
            )
        make_done_check(tenant, name=f"checked-{n}")
        colleague = make_user(f"colleague{n}@example.com", tenant, "analyst")
        invitations.invite(tenant=child, email=f"new{n}@example.com", role="viewer", inviter=person, now=timezone.now())
        call(child, name=f"Key {n}", holder_id=colleague.pk)
        terms = Terms(f"List {n}", "sent", "part")
        create_list(issuer=tenant, terms=terms, currency="EUR", actor="tests", now=NOW, customer=child)
        old = PriceChange.objects.filter(price_list=world["price_list"]).latest("id")
        old.pk, old.revision = None, old.revision + 1
        old.save()
        make_run(child, f"2025-0{n}")
        saved(colleague, tenant, "volumes", name=f"Report {n}")
        run = asked(definition, days=(date(2026, 11, 1), date(2026, 11, n)))
        recipient = recipients.add_member(definition=definition, user=colleague, actor=person, now=NOW)
        ReportMail.objects.create(tenant=tenant, run=run, recipient=recipient, state="sent", sent_at=NOW)
        set_rates(tenant, [RateRow(date(2026, 11, n), "EUR", "NOK", n)], actor="tests", now=NOW)
        ClosingRun.objects.create(issuer=tenant, month=date(2026, n, 1), requested_by="x", state="done")
        make_statement(tenant, child, month="2026-08-01", account_id=account.pk, issued=True)
        line = StatementLine.objects.get(statement=statement, position=1)
        line.pk, line.position = None, 1 + n
        line.save()

    return store


def test_lists_ask_the_same_number_of_queries_for_few_rows_and_for_two_more(many_requests, mine, world, add):
    def read() -> dict[str, tuple[int, list[str]]]:
        """Return for each list the number of its rows, and the statements of its second reading."""
        found = {}
        for path in LISTS:
            place = address(path, world).removeprefix("/api/v1/")
            mine.get(place, **QUERIES.get(path, {}))  # which may fill a cache, and notes that the key is used
            with CaptureQueriesContext(connection) as captured:
                answer = mine.get(place, **QUERIES.get(path, {}))
            assert answer.status_code == 200, (path, answer.json())
            found[path] = len(answer.json()["data"]), [each["sql"] for each in captured.captured_queries]
        return found

    add(1)  # the first child costs a query, and so does the first rule of a campaign
    few = read()
    for n in (2, 3):
        add(n)
    more = read()

    wrong = {
        path: f"{len(few[path][1])}, then {len(more[path][1])}:\n{list_statements(more[path][1])}"
        for path in LISTS
        if len(few[path][1]) != len(more[path][1])
    }
    assert not wrong, "\n".join(f"{path}: {text}" for path, text in wrong.items())
    assert {path for path in LISTS if more[path][0] < few[path][0] + 2} == set()

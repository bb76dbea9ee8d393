"""Queries of the pages of saved reports, and the mails that a report's page lists."""

from datetime import date

import pytest

from portal.accounts.models import Role
from reports.models import DefinitionRun, ReportMail, ReportRecipient
from tests.conftest import make_user
from tests.pages.test_saved_reports import URL, saved, text_of

pytestmark = pytest.mark.django_db


def run_with_mails(definition, *states: str) -> DefinitionRun:
    """Make a run that has ended, with a mail in each state, each to a recipient of its own."""
    run = DefinitionRun.objects.create(
        tenant=definition.tenant, definition=definition, first=date(2026, 11, 1), last=date(2026, 11, 2),
        state="done", kind="final", cause="schedule", requested_by="schedule",
    )  # fmt: skip
    for number, state in enumerate(states):
        user = make_user(f"reader{number}-{run.id}@example.com", definition.tenant, Role.VIEWER)
        recipient = ReportRecipient.objects.create(
            tenant=definition.tenant, definition=definition, user=user, added_by="mari@example.com"
        )
        ReportMail.objects.create(tenant=definition.tenant, run=run, recipient=recipient, state=state)
    return run


@pytest.mark.parametrize("n", (1, 3))
def test_number_of_queries_is_fixed(client, manager, tenant, django_assert_num_queries, n):
    for number in range(n):
        definition = saved(manager, tenant, name=f"Report {number}")
        for _ in range(n):
            run_with_mails(definition, *["sent"] * n)
    client.force_login(manager)
    client.get(URL)

    with django_assert_num_queries(30):
        rows = client.get(URL).context["rows"]
    with django_assert_num_queries(30):
        runs = client.get(f"{URL}{rows[0].definition.id}/").context["rows"]
    assert (len(rows), len(runs)) == (n, n)


def test_mails_of_a_run_are_listed_by_recipient_with_their_state(client, manager, tenant):
    definition = saved(manager, tenant)
    run = run_with_mails(definition, "sent", "bounced", "unknown")
    bounced = ReportMail.objects.get(run=run, state="bounced")
    ReportMail.objects.create(tenant=tenant, run=run, recipient=bounced.recipient, number=2, state="waiting")
    client.force_login(manager)

    page = text_of(client.get(f"{URL}{definition.id}/"))
    names = [f"reader{number}-{run.id}@example.com" for number in range(3)]
    assert f"3 e-mails {names[0]}: Sent {names[2]}: Outcome unknown {names[1]}: Waiting Recipients and e-mails" in page
    assert "1 may not have arrived" in page

    client.force_login(make_user("v@example.com", tenant, Role.VIEWER))
    page = text_of(client.get(f"{URL}{definition.id}/"))
    assert "3 e-mails" in page
    assert not [name for name in names if name in page]

"""Saving a page under a name, and what of it is kept."""

import pytest

from portal.accounts.models import AuditEntry
from portal.saved_views.models import SavedView
from portal.saved_views.queries import NotADay, kept_query
from portal.saved_views.store import MAX_VIEWS
from tests.saved_views.conftest import VIEWS, make_view, shown

pytestmark = pytest.mark.django_db

OVERVIEW, MESSAGES = "/t/nordic-retail/overview/", "/t/nordic-retail/messages/"


def test_overview_is_saved_and_opened_with_its_period_and_filters(client, tenant, viewer, messages):
    client.force_login(viewer)
    page = client.get(OVERVIEW, {"period": "90d", "compare": "none", "campaign": "sale", "all": "countries"})
    offered = page.context["saved"].query

    saved = client.post(VIEWS, {"page": "overview", "query": offered, "name": " Autumn  sale "})
    opened = client.get(saved.url)

    assert shown(viewer) == [("overview", "Autumn  sale", "period=90d&compare=none&campaign=sale&all=countries")]
    assert saved.url == f"{OVERVIEW}?{offered}"
    assert (opened.context["narrowing"], opened.context["whole"]) == ({"campaign": "sale"}, ["countries"])
    assert [(one.name, one.is_current) for one in opened.context["saved"].entries] == [("Autumn  sale", True)]
    assert "Saved as “Autumn  sale”." in opened.content.decode()
    assert not AuditEntry.objects.exclude(action="sign_in").filter(action__contains="view").exists()


def test_message_search_is_saved_with_its_rows_a_page(client, tenant, viewer, messages):
    client.force_login(viewer)
    page = client.get(MESSAGES, {"counts_as": ["failed", "unknown"], "size": "25", "from": "1.10.2026"})

    client.post(VIEWS, {"page": "messages", "query": page.context["saved"].query, "name": "Failed"})

    assert shown(viewer) == [("messages", "Failed", "counts_as=failed&counts_as=unknown&from=2026-10-01&size=25")]
    listed = client.get(VIEWS).context["rows"]
    assert listed[0]["words"] == ["Messages", "1 Oct 2026", "Counts as: Failed", "Counts as: Unknown"]


def test_relative_period_stays_relative_and_a_fixed_one_fixed(client, tenant, viewer, messages):
    client.force_login(viewer)
    default = client.get(OVERVIEW).context["saved"].query
    fixed = client.get(OVERVIEW, {"from": "1 Oct 2026", "to": "31 Oct 2026"}).context["saved"].query
    found = client.get(MESSAGES).context["saved"].query

    assert (default, found) == ("period=30d&compare=previous", "period=30d")
    assert fixed == "from=2026-10-01&to=2026-10-31&compare=previous"


NUMBERS = (
    ("number=%2B358401234567&period=30d", "period=30d", ("number",)),
    ("numbers=AbCdEfGhIjKlMnOp&size=25", "size=25", ("numbers",)),
    ("ref_id=sale+0401234567&country=FI", "country=FI", ("ref_id",)),
    ("campaign=sale&partner_id=358401234567&ref_id=040%25201234567", "campaign=sale", ("partner_id", "ref_id")),
    ("custom_parameters%5B0401234567%5D=x", "", ("custom_parameters[0401234567]",)),
    ("from=2026-10-01&to=31.10.2026&cursor=abc", "from=2026-10-01&to=2026-10-31", ()),
    ("result_code=1006&message_id=a1", "result_code=1006&message_id=a1", ()),
)


@pytest.mark.parametrize(("query", "kept", "left_out"), NUMBERS)
def test_phone_numbers_are_left_out(query, kept, left_out):
    found = kept_query(query)

    assert (found.query, found.left_out) == (kept, left_out)


def test_day_that_is_none_is_refused():
    with pytest.raises(NotADay, match="from: '0401234567' is not a day"):
        kept_query("from=0401234567")


@pytest.mark.parametrize("who", ["viewer", "owner"])
def test_page_says_that_the_searched_number_is_left_out(client, request, tenant, messages, who):
    user = request.getfixturevalue(who)
    client.force_login(user)
    page = client.get(MESSAGES, {"number": "+358401234567", "counts_as": "failed"})
    form = {"page": "messages", "query": page.context["saved"].query, "name": "One", "left_out": "yes"}
    after = client.post(VIEWS, form, follow=True)
    typed = client.post(VIEWS, form | {"query": "number=%2B358401234567", "name": "Two", "left_out": ""}, follow=True)

    assert "Filters with a phone number are left out: a saved view holds none." in page.content.decode()
    assert shown(user) == [("messages", "One", "counts_as=failed&period=all"), ("messages", "Two", "")]
    for answer in (after, typed):
        assert "Filters with a phone number were left out" in answer.content.decode()


WRONG = (
    ({"name": ""}, "name", "Give the view a name."),
    ({"name": "x" * 61}, "name", "Ensure this value has at most 60 characters (it has 61)."),
    ({"name": "call 040 123 4567"}, "name", "Leave phone numbers (8 or more digits) out of this text."),
    ({"name": "MINE"}, "name", "You have a saved view “MINE” already. Choose another name."),
    ({"page": "reports"}, "page", "Select a valid choice. reports is not one of the available choices."),
    ({"query": "campaign=" + "x" * 2000}, "query", "The filters are too long to save: 2009 characters, at most 2000."),
    ({"query": "from=soon"}, "query", "The view cannot be saved: “soon” is not a day."),
    ({"query": "campaign=%00"}, "query", "The filters cannot be saved."),
)


@pytest.mark.parametrize(("values", "field", "text"), WRONG)
def test_what_cannot_be_saved_says_which_field_and_why(client, tenant, viewer, values, field, text):
    make_view(tenant, viewer, "Mine")
    client.force_login(viewer)

    answer = client.post(VIEWS, {"page": "overview", "query": "period=7d", "name": "New"} | values)

    assert (answer.status_code, SavedView.objects.count()) == (422, 1)
    assert [text in error for error in answer.context["form"].errors[field]] == [True]
    assert text.replace("“", "“") in answer.content.decode()


def test_there_are_fifty_at_most_of_a_person_at_a_tenant(client, tenant, viewer, analyst):
    for number in range(MAX_VIEWS):
        make_view(tenant, viewer, f"View {number}")
    form = {"page": "overview", "query": "", "name": "One more"}

    client.force_login(viewer)
    refused = client.post(VIEWS, form)
    client.force_login(analyst)
    taken = client.post(VIEWS, form)

    assert (refused.status_code, taken.status_code) == (422, 302)
    assert "You have 50 saved views here, which is the most. Delete one first." in refused.content.decode()
    assert (len(shown(viewer)), len(shown(analyst))) == (50, 1)


@pytest.mark.parametrize("n", (1, 3))
def test_list_and_pages_ask_the_same_whatever_there_is(client, tenant, viewer, n, django_assert_num_queries):
    for number in range(n):
        make_view(tenant, viewer, f"View {number}", page="messages", query="country=FI&tenant=nordic-retail")
    client.force_login(viewer)
    client.get(VIEWS)

    with django_assert_num_queries(14):
        listed = client.get(VIEWS)

    assert len(listed.context["rows"]) == n


def test_message_search_is_saved_with_its_columns(client, tenant, viewer, messages):
    client.force_login(viewer)
    page = client.get(MESSAGES, {"counts_as": "failed", "period": "7d", "columns": ["status", "sender"]})

    saved = client.post(VIEWS, {"page": "messages", "query": page.context["saved"].query, "name": "Failed"})
    opened = client.get(saved.url)

    columns = "columns=sent_at&columns=sender&columns=status"
    assert shown(viewer) == [("messages", "Failed", f"counts_as=failed&period=7d&{columns}")]
    assert opened.context["form"].table.names == ["sent_at", "sender", "status"]
    assert [(one.name, one.is_current) for one in opened.context["saved"].entries] == [("Failed", True)]
    assert [one.is_current for one in client.get(MESSAGES).context["saved"].entries] == [False]
    listed = client.get(VIEWS).context["rows"][0]["words"]
    assert listed == ["Messages", "7 days", "Counts as: Failed", "Columns: Sent, Sender, Status, result code"]

"""Lists of recipients as files: as many rows as the figure says, masked by the role, also after an erasure."""

import pandas
import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.erasure.erase import erase_number
from deliveries.exports.making import run_exports
from deliveries.models import Export
from portal.accounts.models import Membership, Role
from tests.campaigns.test_recipients import message
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.exports.conftest import path_of
from tests.pages.searched import text_of
from tests.pages.test_campaign_recipients import address

pytestmark = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

ROWS = {"all": 3, "delivered": 1, "failed": 1, "pending": 1, "unknown": 0, "unreadable": 2}


@pytest.fixture(autouse=True)
def sent(feed, tenant, monkeypatch):
    monkeypatch.setattr("reports.exports.recipients._STEP", 1)
    apply(
        feed,
        message("a", "+358401111111", 1001),
        message("b", "+358401111111", 1006),
        message("c", "+358402222222", 1006),
        message("d", "+358403333333", 1000),
        message("e", None, 1001),
        message("f", None, 1006),
        message("g", "+358404444444", 1001, "spring"),
    )


def form_of(group: str) -> str:
    return f"/t/nordic-retail/exports/table/recipients/{Campaign.objects.get(name='autumn').id}/{group}/"


def asked(client, group: str) -> Export:
    answer = client.post(form_of(group), {"format": "parquet"})
    assert (answer.status_code, answer["Location"]) == (302, "/t/nordic-retail/exports/")
    return Export.objects.latest("id")


def made(export: Export) -> Export:
    run_exports(export_id=export.id)
    export.refresh_from_db()
    return export


def rows_of(export: Export) -> list[dict]:
    assert (export.state, export.error) == ("done", "")
    return pandas.read_parquet(path_of(export)).to_dict("records")


def test_each_list_leads_to_a_file_with_as_many_rows_as_its_figure(client, person):
    client.force_login(person)
    for group, rows in ROWS.items():
        assert f'href="{form_of(group)}"' in text_of(client.get(address("autumn", f"recipients/{group}/")))
        assert f"The list has {rows} row{'' if rows == 1 else 's'} now." in text_of(client.get(form_of(group)))

        export = made(asked(client, group))

        assert (export.total, len(rows_of(export))) == (rows, rows)
    assert export.title == "Recipients · Messages without a readable number · autumn"


def test_row_has_the_best_message_and_how_many_there_are(client, person):
    client.force_login(person)

    rows = {row["number"]: row for row in rows_of(made(asked(client, "all")))}

    assert {number: (row["message_id"], row["status"], row["messages"]) for number, row in rows.items()} == {
        "+358401111111": ("a", "delivered", 2),
        "+358402222222": ("c", "failed", 1),
        "+358403333333": ("d", "sent", 1),
    }
    assert Export.objects.latest("id").oldest == {str(person.memberships.get().tenant_id): ["2026-11-19"] * 2}


def test_numbers_are_masked_by_the_role_when_it_is_made(client, person):
    client.force_login(person)
    export = asked(client, "all")
    Membership.objects.update(role=Role.ANALYST)

    rows = rows_of(made(export))

    assert {row["number"] for row in rows} == {"+358 •••••••11", "+358 •••••••22", "+358 •••••••33"}
    assert export.in_full is False


@pytest.mark.parametrize("change", ["rights", "search"])
def test_lost_right_or_merged_campaign_ends_it(client, person, change):
    client.force_login(person)
    export = asked(client, "all")
    if change == "rights":
        Membership.objects.update(role=Role.VIEWER)
    else:
        merge(campaign=Campaign.objects.get(name="autumn"), into=Campaign.objects.get(name="spring"), actor="test")

    assert (made(export).state, export.problem) == ("cancelled", change)


def test_erased_number_is_named_so(client, person, tenant):
    erase_number(number="+358401111111", tenant=tenant, actor="test")
    client.force_login(person)

    (row,) = rows_of(made(asked(client, "delivered")))

    assert (row["number"], row["messages"]) == ("erased", 2)


def test_viewers_are_offered_no_file(client, tenant):
    client.force_login(make_user("vera@example.com", tenant, Role.VIEWER))

    assert form_of("all") not in text_of(client.get(address("autumn", "recipients/all/")))
    assert client.get(form_of("all")).status_code in (403, 404)

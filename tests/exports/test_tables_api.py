"""Tables and searches of a month by the API: the same figures as on the page and in the files, to the unit."""

import pandas
import pytest

from deliveries.exports.kinds import NotAllowed, access_now, kind_of, unseal
from deliveries.exports.making import run_exports
from deliveries.models import Export
from portal.accounts.models import AuditEntry
from tests.api.conftest import call, mine, whole_account
from tests.exports.conftest import path_of
from tests.exports.test_tables import COUNTS, DAYS, made, manager, month, rows_of

__all__ = ["call", "manager", "mine", "month", "whole_account"]

pytestmark = pytest.mark.django_db

ASK = "exports/tables/"


def made_by(caller, path: str, format_: str = "parquet") -> Export:
    answer = caller.post(path, {"format": format_})
    assert answer.status_code == 202, answer.json()
    assert answer["Location"] == answer.json()["url"]
    run_exports()
    done = caller.get(f"exports/{answer.json()['id']}/").json()
    assert done["state"] == "done"
    file = caller.client.get(done["download_url"], headers=caller.headers)
    assert len(b"".join(file.streaming_content)) == done["bytes"]
    return Export.objects.get(id=done["id"])


def counts(rows: list[dict]) -> dict[tuple, list[int]]:
    keys = ("campaign", "country", "operator", "partner_id")
    return {tuple(row[key] for key in keys if key in row): [row[name] for name in COUNTS] for row in rows}


@pytest.mark.django_db(transaction=True)
def test_page_api_and_files_agree_to_the_unit_over_a_month(manager, mine):
    overview = manager.get(f"/t/nordic-retail/overview/?{DAYS}").context
    listed = manager.get(f"/t/nordic-retail/messages/?{DAYS}").context["rows"]
    read = mine.get("messages/", **dict(part.split("=") for part in DAYS.split("&"))).json()["data"]
    whole = mine.client.get(f"/api/v1/statistics/?{DAYS}", headers=mine.headers).json()["total"]
    of_page = overview["figures"].kpis.volume

    messages = pandas.read_parquet(path_of(made_by(mine, f"exports/?{DAYS}")))
    tables = {table: rows_of(made_by(mine, f"{ASK}?table={table}&{DAYS}")) for table in ("campaigns", "operators")}

    assert messages["message_id"].tolist() == [row.message_id for row in listed] == [one["id"] for one in read]
    for name in COUNTS:
        sums = [sum(row[name] for row in rows) for rows in tables.values()]
        assert sums == [getattr(of_page, name), whole[name]], name
    classes = messages["counts_as"].value_counts()
    assert {name: int(classes.get(name, 0)) for name in COUNTS[2:]} == {name: whole[name] for name in COUNTS[2:]}
    assert (len(messages), int(messages["parts"].sum())) == (whole["messages"], whole["parts"])
    assert counts(tables["operators"]) == counts(rows_of(made(manager, "operators")))
    assert counts(tables["campaigns"]) == counts(rows_of(made(manager, "campaigns")))


@pytest.mark.django_db(transaction=True)
def test_filters_and_order_of_a_table_are_those_of_the_page(manager, mine):
    query = f"{DAYS}&q=s&sort=name&state=active"

    by_api = made_by(mine, f"{ASK}?{query}")

    assert [row["campaign"] for row in rows_of(by_api)] == [
        row["campaign"] for row in rows_of(made(manager, "campaigns", query=query))
    ]
    assert (by_api.kind, by_api.made_by, by_api.title) == (
        "campaigns", str(mine.key), "from=2026-11-01 to=2026-11-30 q=s sort=name state=active",
    )  # fmt: skip
    assert {row["country"] for row in rows_of(made_by(mine, f"{ASK}?table=countries&country=SE&{DAYS}"))} == {"SE"}
    assert AuditEntry.objects.filter(action="export.asked", actor=str(mine.key)).count() == 2


@pytest.mark.django_db(transaction=True)
def test_names_are_masked_for_a_key_without_numbers_and_others_get_no_file(call, tenant):
    caller = call(tenant, "read", "export")

    names = [row["campaign"] for row in rows_of(made_by(caller, f"{ASK}?{DAYS}"))]

    assert "call +358 •••••••98" in names
    reader = call(tenant, "read")
    assert reader.post(ASK, {"format": "csv"}).status_code == 403
    assert reader.get(f"exports/{Export.objects.get().id}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "body", "parameter"),
    [
        ("table=colours", {"format": "csv"}, "table"),
        ("sort=colour", {"format": "csv"}, "sort"),
        ("from=soon", {"format": "csv"}, "from"),
        ("tenant=baltic-parcel", {"format": "csv"}, "tenant"),
        ("table=countries&country=FII", {"format": "csv"}, "country"),
        ("table=operators&operator=FI.Elisa", {"format": "csv"}, "operator"),
        ("table=partner_ids&campaign=sale", {"format": "csv"}, "campaign"),
        ("campaign=sale", {"format": "csv"}, "campaign"),
        ("table=countries&q=x", {"format": "csv"}, "q"),
        ("q=" + "x" * 257, {"format": "csv"}, "q"),
        ("colour=red", {"format": "csv"}, "colour"),
        ("table=conversion_events&reason=colour", {"format": "csv"}, "reason"),
        ("table=conversion_events&kind=colour", {"format": "csv"}, "kind"),
        ("table=days&attributed=yes", {"format": "csv"}, "attributed"),
        ("table=days&split=50:50", {"format": "csv"}, "split"),
        ("table=conversion_kinds&country=FI", {"format": "csv"}, "country"),
        ("table=hours&campaign=nothing", {"format": "csv"}, "campaign"),
        ("table=ab_places&campaign=sale&within=0", {"format": "csv"}, "within"),
        ("", {"format": "pdf"}, "format"),
        ("", {}, "format"),
    ],
)
def test_what_cannot_be_followed_is_named_and_makes_no_file(mine, other_tenant, query, body, parameter):
    answer = mine.post(f"{ASK}?{query}", body)

    assert answer.status_code in (400, 422)
    assert parameter in answer.content.decode()
    assert not Export.objects.exists()


def test_key_of_an_account_gets_no_campaigns_which_count_all_accounts(whole_account, mine):
    refused = whole_account.post(ASK, {"format": "csv"})
    mine.post(ASK, {"format": "csv"})
    export = Export.objects.get()
    Export.objects.update(key=whole_account.key)
    export.refresh_from_db()

    assert (refused.status_code, "campaigns are of all accounts" in refused.json()["detail"]) == (400, True)
    with pytest.raises(NotAllowed, match="all accounts"):
        kind_of(export).open(export, access_now(export, now=export.created_at), unseal(export.sealed))

"""/api/v1/exports/: requested, listed, fetched and ended by a key; the same messages as on the page and in the list."""

import csv
import io

import pytest

from deliveries.exports.kinds import unseal
from deliveries.exports.making import run_exports
from deliveries.message_pages.columns import ALL_COLUMNS
from deliveries.models import Export
from deliveries.search.stored import query_of
from portal.accounts.models import AuditEntry
from portal.tenants.models import ApiKey
from tests.api.conftest import call, mine, theirs, whole_account
from tests.pages.searched import NUMBER, ask, day

__all__ = ["call", "mine", "theirs", "whole_account"]

pytestmark = pytest.mark.django_db

BODY = {"format": "csv", "columns": ["number", "message_id", "status"]}


def problem(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_page_list_and_file_have_the_same_messages(client, mine, person, messages):
    filters = {"from": day(20), "to": day(0)}
    answer = mine.client.post(
        f"/api/v1/exports/?from={day(20)}&to={day(0)}", BODY, content_type="application/json", headers=mine.headers
    )
    assert answer.status_code == 202
    export = answer.json()
    assert answer["Location"] == export["url"] == f"/api/v1/exports/{export['id']}/"
    assert (export["state"], export["rows"], export["download_url"]) == ("queued", None, None)
    assert export["columns"] == ["message_id", "number", "status"]

    run_exports()

    done = mine.get(f"exports/{export['id']}/").json()
    assert (done["state"], done["rows_done"], done["rows"], done["numbers"]) == ("done", 5, 5, "full")
    assert mine.client.head(done["download_url"], headers=mine.headers).status_code == 200  # which is no download
    file = mine.client.get(done["download_url"], headers=mine.headers)
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(file.streaming_content)
    assert len(content) == done["bytes"]
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))[1:]
    listed = mine.get("messages/", **filters).json()["data"]
    client.force_login(person)
    page = ask(client, **filters).context["rows"]
    assert [row[0] for row in rows] == [one["id"] for one in listed] == [row.message_id for row in page]
    assert [row[1] for row in rows] == [one["destination"] for one in listed] == [row.destination for row in page]
    assert [row[2].lower() for row in rows] == [one["status"] for one in listed] == [row.status for row in page]
    assert [entry.action for entry in AuditEntry.objects.filter(actor=str(mine.key)).order_by("id")] == [
        "export.asked", "export.finished", "export.downloaded",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_key_without_numbers_gets_them_masked(call, tenant, messages):
    caller = call(tenant, "read", "export")
    export = caller.post("exports/", BODY).json()

    run_exports()

    done = caller.get(f"exports/{export['id']}/").json()
    content = b"".join(caller.client.get(done["download_url"], headers=caller.headers).streaming_content).decode()
    assert (done["numbers"], "•••••••98" in content, NUMBER in content) == ("masked", True, False)


@pytest.mark.django_db(transaction=True)
def test_revoked_key_gets_no_file(mine, messages, tenant):
    mine.post("exports/", BODY)
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")

    run_exports()

    assert Export.objects.values_list("state", "problem").get() == ("cancelled", "rights")


def test_filters_are_those_of_the_list(mine, tenant, messages):
    mine.post("exports/?number=%2B358407654398&status=failed&status=expired&tenant=nordic-retail", BODY)

    export = Export.objects.get()
    query = query_of(unseal(export.sealed))
    assert (query.number, query.statuses, query.tenant_ids) == (NUMBER, ("failed", "expired"), {tenant.id})
    assert "7654398" not in export.title
    assert (export.key, export.maker, export.made_by) == (mine.key, None, str(mine.key))


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("exports/", {"format": "pdf"}, (422, "format: enter xlsx, csv or parquet")),
        ("exports/", {}, (422, "format: enter xlsx, csv or parquet")),
        ("exports/", BODY | {"rows": 5}, (422, "rows: unknown field; allowed: format, columns")),
        ("exports/?country=xx", BODY, (400, "country: ")),
        ("exports/?size=5", BODY, (400, "size: unknown parameter")),
        ("exports/?custom_parameters[x]=1", BODY, (400, "custom_parameters[x]: this key cannot be searched")),
        ("exports/?status=failed&counts_as=delivered", BODY, (400, "counts_as: no message has")),
        ("exports/?tenant=baltic-parcel", BODY, (400, "tenant: no tenant of this name")),
    ],
)
def test_wrong_requests_name_the_field(mine, messages, path, body, expected):
    status, detail = problem(mine.post(path, body))

    assert (status, detail[: len(expected[1])]) == expected
    assert not Export.objects.exists()


def test_unknown_column_is_named(mine, messages):
    status, detail = problem(mine.post("exports/", {"format": "csv", "columns": ["x"]}))

    assert (status, detail) == (
        422,
        "columns: no column “x”; one of " + ", ".join(ALL_COLUMNS) + ", custom_parameters[…]",
    )


def test_scopes_and_other_keys(call, mine, theirs, tenant, messages):
    export = mine.post("exports/", BODY).json()
    reader, second = call(tenant, "read"), call(tenant)

    assert reader.post("exports/", BODY).status_code == 403
    for other in (theirs, second, reader):
        assert other.get("exports/").json()["data"] == []
        assert other.get(f"exports/{export['id']}/").status_code == 404
        assert other.get(f"exports/{export['id']}/download/").status_code == 404
        assert other.client.delete(export["url"], headers=other.headers).status_code in (403, 404)
    assert [one["id"] for one in mine.get("exports/", state="queued").json()["data"]] == [export["id"]]
    assert mine.get("exports/", state="done").json()["data"] == []


def test_delete_cancels_and_then_deletes(mine, messages):
    export = mine.post("exports/", BODY).json()

    first = mine.client.delete(export["url"], headers=mine.headers)
    second = mine.client.delete(export["url"], headers=mine.headers)

    assert (first.status_code, first.json()["state"], first.json()["deleted"]) == (200, "cancelled", None)
    assert (second.status_code, second.json()["state"], second.json()["deleted"]) == (200, "cancelled", "deleted")
    assert problem(mine.get(f"exports/{export['id']}/download/"))[0] == 409


def test_too_many_at_once(mine, messages, settings):
    settings.EXPORTS_PER_PERSON = 1
    mine.post("exports/", BODY)

    answer = mine.post("exports/", BODY)

    assert problem(answer) == (429, "1 exports wait or are being made, the most at once.")
    assert answer["Retry-After"] == "30"


def test_accounts_key_asks_for_its_account(whole_account, account, messages):
    whole_account.post("exports/", BODY)

    export = Export.objects.get()
    assert (export.tenant, query_of(unseal(export.sealed)).account_id) == (account.pool, account.id)

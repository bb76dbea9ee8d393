"""Every list by its changes and between instants: each operation either has it or stands in a list here."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.ref_ids import RefIdScheme
from deliveries.settings_pages.changing import save_scheme
from portal.accounts.models import User
from portal.api.schema import document
from portal.tenants.models import ApiKey
from tests.api.conftest import ALL_SCOPES
from tests.api.test_changes import PAST, read_on
from tests.api.test_matrix import address
from tests.api.test_schema import world
from tests.schedules.conftest import files

__all__ = ["files", "world"]

pytestmark = pytest.mark.django_db

FUTURE = "2999-01-01T00:00:00Z"
# Figures and the messages behind one, constants, parts of one object; attempts and revisions: each is written once, and
# they have from and to.
WITHOUT = {
    "/api/v1/campaigns/{campaign_id}/recipients/",
    "/api/v1/gates/{gate_id}/attempts/",
    "/api/v1/invoice-checks/{check_id}/messages/",
    "/api/v1/leaks/",
    "/api/v1/leaks/messages/",
    "/api/v1/price-lists/{price_list_id}/revisions/",
    "/api/v1/segments/",
    "/api/v1/segments/{key}/",
}
# Those of the above that show no times.
WITHOUT_INSTANTS = WITHOUT - {
    "/api/v1/gates/{gate_id}/attempts/",
    "/api/v1/price-lists/{price_list_id}/revisions/",
}


def parameters(operation: dict) -> dict[str, dict]:
    return {each["name"]: each["schema"] for each in operation.get("parameters", [])}


LISTS = {
    path: methods["get"]
    for path, methods in document()["paths"].items()
    if "get" in methods and {"cursor", "size"} <= parameters(methods["get"]).keys()
}
CHANGING = sorted(LISTS.keys() - WITHOUT)


def test_every_list_is_read_by_changes_and_between_instants():
    """The others are figures, parts of one object, or attempts."""
    changing = {path for path, get in LISTS.items() if "updated_since" in parameters(get)}
    between = {path for path, get in LISTS.items() if "anyOf" in parameters(get).get("from", {})}
    linked = {path for path, get in LISTS.items() if "Link" in get["responses"]["200"]["headers"]}

    assert set(LISTS) - changing == WITHOUT
    assert set(LISTS) - between == WITHOUT_INSTANTS
    assert set(LISTS) - linked == set()
    assert len(changing) > 18


def walked(caller, path: str, **query) -> tuple[list, str, str]:
    """Return the rows of all pages of a list of changes, one a page, its `data_as_of`, and the first page's `Link`."""
    first = caller.get(path, size=1, updated_since=PAST, **query)
    body = first.json()
    rows = body["data"]
    while body["next_cursor"]:
        body = caller.get(path, size=1, updated_since=PAST, cursor=body["next_cursor"], **query).json()
        rows += body["data"]
    return rows, body["data_as_of"], first.headers.get("Link", "")


def test_lists_have_all_rows_in_the_order_of_change_and_between_instants(call, tenant, world):
    """A second reading from `data_as_of` on is empty; instants leave out what was created before or after them."""
    mine = call(tenant, *ALL_SCOPES)
    mine.post("exports/", {"format": "csv"})
    wrong = {}
    for path in CHANGING:
        at = address(path, world).removeprefix("/api/v1/")
        query = {name: "all" for name in ("archived", "retired") if name in parameters(LISTS[path])}
        rows = [named(row) for row in mine.get(at, size=500, **query).json()["data"]]
        found, until, link = walked(mine, at, **query)
        seen = {
            "rows": sorted(map(named, found)) == sorted(rows) and rows != [],
            "again": mine.get(at, updated_since=until, **query).json()["data"] == [],
            "link": ('rel="next"' in link) == (len(rows) > 1),
            "from": mine.get(at, **{"from": FUTURE}, **query).json()["data"] == [],
            "to": mine.get(at, to=PAST, **query).json()["data"] == [],
            "between": len(mine.get(at, **{"from": PAST, "to": FUTURE}, size=500, **query).json()["data"]) == len(rows),
        }
        wrong |= {(path, name): (len(rows), len(found)) for name, is_so in seen.items() if not is_so}

    assert wrong == {}


def named(row: dict) -> str:
    """Return a row's own id, or what tells it from others."""
    return str(row.get("id") or row.get("slug") or row)


def changed(caller, path: str, since: str) -> tuple[list, str]:
    """Return the names of what changed since an instant, and the instant to go on from."""
    rows, until = read_on(caller, since, path)
    return [row.get("name") or row.get("slug") or row["email"] for row in rows], until


def test_each_write_is_a_change_unless_nothing_differs(mine, tenant):
    for name in ("one", "two"):
        Campaign.objects.create(tenant=tenant, name=name)
    names, until = changed(mine, "campaigns/", PAST)
    assert names == ["one", "two"]

    Campaign.objects.filter(name="one").update(note="of spring")
    names, until = changed(mine, "campaigns/", until)
    assert names == ["one"]

    Campaign.objects.filter(name="one").update(note="of spring")
    Campaign.objects.get(name="two").save()
    names, until = changed(mine, "campaigns/", until)
    assert names == []

    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_campaign SET title = upper(name)")
    assert sorted(changed(mine, "campaigns/", until)[0]) == ["one", "two"]


def test_use_of_a_key_is_no_change_of_it(mine):
    _names, until = changed(mine, "api-keys/", PAST)

    ApiKey.objects.filter(id=mine.key.id).update(last_used_at=timezone.now())
    assert changed(mine, "api-keys/", until)[0] == []

    ApiKey.objects.filter(id=mine.key.id).update(name="warehouse 2", last_used_at=timezone.now())
    assert changed(mine, "api-keys/", until)[0] == ["warehouse 2"]


def test_what_stands_in_another_table_is_a_change_too(mine, tenant, owner):
    """A member's name is the person's, a tenant's refId scheme has a row of its own."""
    _names, members = changed(mine, "members/", PAST)
    _names, tenants = changed(mine, "tenants/", PAST)

    User.objects.filter(id=owner.id).update(name="Another Name")
    save_scheme(tenant=tenant, scheme=RefIdScheme(delimiter="-", fields=("campaign",)), actor="x", now=timezone.now())

    assert changed(mine, "members/", members)[0] == ["Another Name"]
    assert changed(mine, "tenants/", tenants)[0] == [tenant.name]


@pytest.mark.django_db(transaction=True)
def test_change_that_commits_late_is_told_later(mine, tenant):
    """A transaction that began to write earlier may commit later. Until it ends, no later change is listed."""
    for name in ("late", "early"):
        Campaign.objects.create(tenant=tenant, name=name)
    _names, until = changed(mine, "campaigns/", PAST)
    written, may_commit = Event(), Event()

    def late() -> None:
        try:
            with transaction.atomic():
                Campaign.objects.filter(name="late").update(note="x")
                written.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(late)
        assert written.wait(30)
        Campaign.objects.filter(name="early").update(note="x")  # written later, committed earlier
        first, until = changed(mine, "campaigns/", until)
        may_commit.set()
        running.result(30)

    assert first == []
    assert changed(mine, "campaigns/", until)[0] == ["late", "early"]


@pytest.mark.parametrize(
    ("path", "index", "copy"),
    [
        (
            "campaigns/",
            "campaign_by_change",
            "INSERT INTO campaigns_campaign (tenant_id, name) SELECT %s, 'c' || n FROM generate_series(1, 3000) AS n",
        ),
        (
            "audit-log/",
            "audit_by_change",
            "INSERT INTO accounts_auditentry (tenant_id, actor, action, subject, details)"
            " SELECT %s, 'x', 'y', '', '{}' FROM generate_series(1, 3000)",
        ),
    ],
)
def test_changes_of_long_lists_are_read_by_their_index(mine, tenant, path, index, copy):
    with connection.cursor() as cursor:
        cursor.execute(copy, [tenant.id])
        cursor.execute("ANALYZE campaigns_campaign, accounts_auditentry")
    since = timezone.now().isoformat()

    with CaptureQueriesContext(connection) as asked:
        mine.get(path, updated_since=since, size=10)
    (read,) = [each["sql"] for each in asked.captured_queries if '"updated_at" ASC' in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {read}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan, plan

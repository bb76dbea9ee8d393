"""Tables of segments as files: the rows of the page, to the unit, masked by the role, by page and API."""

import pandas
import pytest
from django.utils import timezone

from campaigns.models import SegmentKey
from deliveries.exports.making import run_exports
from deliveries.models import Export
from deliveries.rederiving.segment_keys import remove
from portal.accounts.models import Role
from tests.api.conftest import call, mine
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.exports.conftest import path_of
from tests.pages.searched import text_of
from tests.segments.sample import chosen, message, number_of

__all__ = ["call", "mine"]

pytestmark = pytest.mark.django_db
making = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

URL = "/t/nordic-retail/exports/table/"
DAYS = "from=2026-11-01&to=2026-11-30"


@pytest.fixture(autouse=True)
def shops(feed, tenant, monkeypatch):
    """Two shops with many recipients and one with few, in two tiers."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    chosen(tenant, "shop", "tier")
    codes = [
        (shop, code)
        for shop, (ok, no) in {"north": (20, 10), "south": (24, 1), "kiosk": (3, 0), "": (12, 0)}.items()
        for code in [1001] * ok + [1006] * no
    ]
    apply(
        feed,
        *(
            message(f"m{n}", code, number=number_of(n), shop=shop, tier=("gold", "silver")[n % 2])
            for n, (shop, code) in enumerate(codes)
        ),
    )


def made(client, query: str) -> list[dict]:
    answer = client.post(f"{URL}?{query}", {"format": "parquet"})
    assert (answer.status_code, answer["Location"]) == (302, "/t/nordic-retail/exports/")
    return rows_of(Export.objects.latest("id"))


def rows_of(export: Export) -> list[dict]:
    run_exports(export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.error) == ("done", "")
    return pandas.read_parquet(path_of(export)).to_dict("records")


@making
def test_file_has_the_rows_of_the_page_in_its_order(client, person):
    client.force_login(person)
    page = client.get(f"/t/nordic-retail/segments/?{DAYS}&key=shop&sort=name")
    assert f"{URL}?{DAYS}&compare=previous&table=segments&key=shop&sort=name" in text_of(page)

    rows = made(client, f"table=segments&{DAYS}&key=shop&sort=name")

    assert [(row["value"], row["messages"], row["delivered"], row["recipients"]) for row in rows] == [
        (one.label, one.row.kpis.volume.messages, one.row.kpis.volume.delivered, one.row.recipients)
        for one in page.context["rows"]
    ]
    assert [(row["value"], row["messages"]) for row in rows] == [
        ("kiosk", 3), ("north", 30), ("south", 25), ("(none)", 12),
    ]  # fmt: skip
    assert rows[1]["delivery_rate"] == pytest.approx(20 / 30)


@making
def test_roles_that_see_masked_numbers_get_small_groups_as_one(client, tenant):
    client.force_login(make_user("anna@example.com", tenant, Role.ANALYST))

    rows = made(client, f"table=segments&{DAYS}&key=shop")

    assert "kiosk" not in {row["value"] for row in rows}
    assert sum(row["messages"] for row in rows) == 70


@making
def test_file_of_two_keys_has_a_row_for_each_pair(client, person):
    client.force_login(person)
    table = client.get(f"/t/nordic-retail/segments/?{DAYS}&key=shop&by=tier").context["table"]

    rows = made(client, f"table=segment_pairs&{DAYS}&key=shop&by=tier")

    found = {(row["value"], row["by_value"]): row["messages"] for row in rows}
    assert found == {cell: kpis.volume.messages for cell, kpis in table.cells.items()}
    assert sum(found.values()) == 70
    assert len(found) == 8


@making
def test_api_makes_the_same_file(client, person, mine):
    client.force_login(person)
    of_page = made(client, f"table=segments&{DAYS}&key=shop")

    answer = mine.client.post(
        f"/api/v1/exports/tables/?table=segments&{DAYS}&key=shop", {"format": "parquet"},
        headers=mine.headers, content_type="application/json",
    )  # fmt: skip

    assert answer.status_code == 202
    names = ("messages", "parts", "delivered", "failed", "recipients", "delivery_rate")
    of_api = rows_of(Export.objects.get(id=answer.json()["id"]))
    assert sorted([row[name] for name in names] for row in of_api) == sorted(
        [row[name] for name in names] for row in of_page
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("table=segments", "key"),
        ("table=segments&key=colour", "key"),
        ("table=segments&key=shop&by=tier", "by"),
        ("table=segment_pairs&key=shop", "by"),
        ("table=segment_pairs&key=shop&by=shop", "by"),
        ("table=countries&key=shop", "key"),
    ],
)
def test_keys_that_do_not_fit_make_no_file(client, person, mine, query, field):
    answer = mine.client.post(
        f"/api/v1/exports/tables/?{query}&{DAYS}", {"format": "csv"},
        headers=mine.headers, content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 400
    assert f"“{field}”" in answer.json()["detail"] or field in str(answer.json())
    assert not Export.objects.exists()


def test_two_keys_over_a_long_period_make_no_file(client, person):
    client.force_login(person)
    answer = client.post(f"{URL}?table=segment_pairs&key=shop&by=tier&from=2026-09-01&to=2026-11-20", {"format": "csv"})
    assert (answer.status_code, "at most 31 days" in text_of(answer)) == (422, True)
    assert not Export.objects.exists()


@making
def test_key_that_is_removed_meanwhile_ends_the_export(client, person):
    client.force_login(person)
    client.post(f"{URL}?table=segments&{DAYS}&key=shop", {"format": "csv"})
    remove(key=SegmentKey.objects.get(key="shop"), actor="manager@example.com", now=NOW)

    run_exports()

    assert Export.objects.values_list("state", "problem").get() == ("cancelled", "rights")

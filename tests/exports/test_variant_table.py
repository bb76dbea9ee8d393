"""The variants of a campaign as a file: the figures of the page of its A/B test, and of one campaign alone."""

import pandas
import pytest

from deliveries.exports.making import run_exports
from deliveries.models import Export
from tests.api.conftest import call, mine
from tests.exports.conftest import path_of
from tests.pages.searched import text_of
from tests.pages.test_ab_page import address, sale, scheme, today

__all__ = ["call", "mine", "sale", "scheme", "today"]

pytestmark = pytest.mark.django_db
making = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

URL = "/t/nordic-retail/exports/table/"


@making
def test_file_has_the_variants_of_the_page_and_those_without(client, person, sale):
    client.force_login(person)
    page = client.get(address(sale))
    assert f"{URL}?&table=variants&{page.context['file_query']}" in text_of(page)

    answer = client.post(f"{URL}?table=variants&{page.context['file_query']}", {"format": "parquet"})

    assert answer.status_code == 302
    export = Export.objects.get()
    run_exports(export_id=export.id)
    rows = pandas.read_parquet(path_of(Export.objects.get())).to_dict("records")
    names = ("messages", "delivered", "failed", "pending", "unknown")
    found = {row["variant"]: [row[name] for name in names] for row in rows}
    assert found == {"A": [64, 43, 20, 1, 0], "B": [68, 65, 2, 0, 1], "(no variant)": [1, 1, 0, 0, 0]}
    assert {one["label"]: [getattr(one["volume"], name) for name in names] for one in page.context["variants"]} == {
        "A": found["A"],
        "B": found["B"],
    }


def test_variants_of_no_campaign_make_no_file(client, person, mine, sale):
    client.force_login(person)
    answer = client.post(f"{URL}?table=variants&period=30d", {"format": "csv"})
    assert (answer.status_code, "This table is of one campaign." in text_of(answer)) == (422, True)

    answer = mine.client.post(
        "/api/v1/exports/tables/?table=variants", {"format": "csv"},
        headers=mine.headers, content_type="application/json",
    )  # fmt: skip
    assert (answer.status_code, "of one campaign" in answer.json()["detail"]) == (400, True)
    assert not Export.objects.exists()


def test_variants_that_are_chosen_by_refids_are_no_table_of_the_campaign(client, person, sale):
    client.force_login(person)
    page = client.get(address(sale), {"a": "sale|A", "b": "sale|B"})

    assert (page.context["file_query"], "table=variants" in text_of(page)) == ("", False)

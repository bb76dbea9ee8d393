"""Files of money leaks: each has the rows of its card, with numbers in full or masked."""

import pytest
from django.core.files.storage import default_storage

from deliveries.exports.making import run_exports
from deliveries.models import Export
from reports.leaks.files import COLUMNS
from tests.exports.conftest import files  # noqa: F401  a fixture
from tests.money_leaks.conftest import NUMBER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("who", ["manager", "analyst"])
def test_file_has_the_rows_of_its_card(client, request, leaks, who):
    client.force_login(request.getfixturevalue(who))
    found = {}
    for card in COLUMNS:
        assert client.get(f"/t/nordic-retail/leaks/{card}/file/").status_code == 200
        answer = client.post(f"/t/nordic-retail/leaks/{card}/file/?days=7", {"format": "csv"})
        assert answer.status_code == 302
        export = Export.objects.get(kind=f"leak_{card}")
        run_exports(export_id=export.id)
        export.refresh_from_db()
        with default_storage.open(export.file) as file:
            found[card] = file.read().decode("utf-8-sig").splitlines()[1:]

    assert {card: len(rows) for card, rows in found.items()} == dict.fromkeys(COLUMNS, 1)
    has_number = {card: NUMBER in rows[0] for card, rows in found.items()}
    assert has_number == dict.fromkeys(COLUMNS, False) | dict.fromkeys(["numbers", "repeats"], who == "manager")

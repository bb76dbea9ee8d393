"""A Finnish export as LibreOffice opens it: the same texts, numbers and dates, and nothing is calculated."""

import subprocess
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from portal.tenants.models import Tenant
from tests.deliveries.helpers import apply
from tests.exports.conftest import made, path_of
from tests.pages.searched import sent
from tests.reports.payloads import FORMULAS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_libreoffice]


def test_cells_are_the_same_after_libreoffice_has_recalculated_them(feed, person, tenant, tmp_path):
    Tenant.objects.filter(id=tenant.id).update(language="fi")
    apply(feed, *(sent(f"m{n:02}", ago=9, operator=text) for n, text in enumerate(FORMULAS)))
    file = Path(path_of(made(person, tenant, format="xlsx", columns=["sent_at", "message_id", "operator", "parts"])))

    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx",
            "--outdir", str(tmp_path / "saved"), str(file),
        ],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip

    ours, theirs = openpyxl.load_workbook(file), openpyxl.load_workbook(tmp_path / "saved" / file.name)
    assert theirs.sheetnames == ours.sheetnames == ["Viestit", "Tietoa tiedostosta"]
    expected = [[(_decoded(cell.value), cell.data_type) for cell in row] for row in ours["Viestit"].iter_rows()]
    found = [[(cell.value, cell.data_type) for cell in row] for row in theirs["Viestit"].iter_rows()]
    assert len(found) > 5
    assert found == expected
    assert [value for value, _kind in found[0]][1:] == ["Viestin tunniste", "Operaattori", "Osat"]


def _decoded(value):
    """Return what programs show: openpyxl leaves escapes such as `_x000D_` in place."""
    return unescape(value) if isinstance(value, str) else value

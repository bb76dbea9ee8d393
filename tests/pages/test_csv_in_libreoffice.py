"""Files of the pages as the tenant's own spreadsheet opens them: columns, numbers as numbers, times as times."""

from datetime import datetime

import pytest

from tests.deliveries.helpers import apply
from tests.pages.searched import NUMBER, URL, day, sent
from tests.spreadsheet import LCID_BRITISH, LCID_FINNISH, opened_rows

pytestmark = [pytest.mark.django_db, pytest.mark.needs_libreoffice]

COUNTRIES = [
    ("fi", "FI", ";", LCID_FINNISH, "en"),
    ("en", "GB", ",", LCID_BRITISH, "fi"),
]
WORDS = {
    "fi": ("Lähetetty (Europe/Helsinki)", "Toimitusaika (sekuntia)", "Suomi", "Toimitettu", "Aika (Europe/Helsinki)"),
    "en": ("Sent (Europe/Helsinki)", "Time to delivery (seconds)", "Finland", "Delivered", "When (Europe/Helsinki)"),
}


@pytest.mark.parametrize(("language", "country", "separator", "lcid", "read_in"), COUNTRIES)
def test_files_open_into_columns_in_the_tenants_language(
    client, feed, tenant, owner, tmp_path, language, country, separator, lcid, read_in
):
    tenant.language, tenant.country = language, country
    tenant.save()
    apply(feed, sent("a", seconds=5, refId="ä;ö, x", operator="fi.elisa", customParameters={"destination": NUMBER}))
    client.force_login(owner)
    client.cookies["language"] = read_in  # what the person reads pages in
    sent_head, seconds_head, country_name, status, when_head = WORDS[language]

    (tmp_path / "messages.csv").write_bytes(client.get(f"{URL}download/", {"message_id": "a"}).content)
    (tmp_path / "audit.csv").write_bytes(client.get("/t/nordic-retail/settings/audit/download/").content)
    heads, message = opened_rows(tmp_path / "messages.csv", separator=separator, lcid=lcid)
    audit = opened_rows(tmp_path / "audit.csv", separator=separator, lcid=lcid)

    cells = {head.value: cell for head, cell in zip(heads, message, strict=True)}
    assert len(heads) == 19
    hour = 13 if cells[sent_head].value.hour == 13 else 12  # 10:00 UTC in Helsinki, in summer or winter
    assert cells[sent_head].value == datetime.fromisoformat(f"{day(9)} {hour}:00:00")
    assert (cells[seconds_head].value, cells[seconds_head].data_type) == (5, "n")
    values = {cell.value for cell in message}
    assert {country_name, status, 1001, "ä;ö, x", "fi.elisa"} <= values
    assert (audit[0][0].value, type(audit[1][0].value), len(audit[1])) == (when_head, datetime, 6)

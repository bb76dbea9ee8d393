"""The preview beside a tenant's settings: what values that are not saved look like."""

from datetime import UTC, date, datetime

import pytest

from deliveries.settings_pages.preview import settings_preview
from portal.tenants.models import Tenant

URL = "/t/nordic-retail/settings/"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
VALUES = {
    "name": "Nordic Retail Oy", "timezone": "Asia/Tokyo", "country": "SE", "language": "fi", "currency": "EUR",
    "accent": "#ffee00", "raw_days": "30", "number_days": "180", "message_days": "400",
}  # fmt: skip


def test_preview_follows_zone_country_and_days():
    shown = settings_preview(
        Tenant(timezone="Europe/Helsinki", country="FI", raw_days=1, number_days=20, message_days=51), now=NOON
    )

    assert (shown.now.isoformat(), shown.midnight.isoformat()) == (
        "2026-11-20T14:00:00+02:00",
        "2026-11-20T00:00:00+02:00",
    )
    assert (shown.number.written[0], shown.number.read[:4]) == ("0", "+358")
    assert (shown.reports_from, shown.numbers_from, shown.messages_from) == (
        date(2026, 11, 19), date(2026, 10, 31), date(2026, 9, 30),
    )  # fmt: skip


@pytest.mark.parametrize("country", ["", "AQ"])
def test_country_without_a_sample_says_that_numbers_need_their_code(country):
    assert settings_preview(Tenant(timezone="UTC", country=country), now=NOON).number is None


def test_values_that_are_not_saved_are_previewed_and_not_stored(client, tenant, owner):
    client.force_login(owner)

    answer = client.post(f"{URL}preview/", VALUES)

    page = answer.content.decode()
    assert (answer.status_code, "+46" in page, "JST" in page, "97,4" in page) == (
        200, True, True, True,
    )  # fmt: skip
    assert "#ffee00" not in page  # too light to read: the nearest colour that can be read
    tenant.refresh_from_db()
    assert (tenant.timezone, tenant.accent) == ("Europe/Helsinki", "")


def test_wrong_value_is_named_and_the_others_are_previewed(client, tenant, owner):
    client.force_login(owner)

    answer = client.post(f"{URL}preview/", VALUES | {"accent": "red"})

    page = answer.content.decode()
    assert (answer.status_code, "errorlist" in page, "JST" in page) == (422, True, True)


def test_page_shows_the_preview_of_what_is_stored(client, tenant, owner):
    client.force_login(owner)

    page = client.get(URL).content.decode()

    assert (
        "settings-preview" in page,
        "1,204,551" in page,
        "the portal's own colour" in page,
    ) == (True,) * 3

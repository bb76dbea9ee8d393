"""No cache keeps an answer that holds data."""

import pytest

TENANT = "/t/nordic-retail/"


@pytest.mark.parametrize(
    "path",
    [
        "/", f"{TENANT}reports/", f"{TENANT}messages/", f"{TENANT}partner-ids/", f"{TENANT}settings/",
        f"{TENANT}settings/members/", f"{TENANT}settings/audit/download/", "/accounts/profile/", "/accounts/2fa/",
        "/accounts/login/", "/metrics", "/api/v1/campaigns/", "/nothing/",
    ],
)  # fmt: skip
def test_answer_is_not_stored(client, tenant, owner, path):
    client.force_login(owner)

    said = client.get(path).headers["Cache-Control"]

    assert "no-store" in said and "private" in said


def test_part_of_a_page_is_not_stored(client, tenant, owner):
    client.force_login(owner)

    response = client.get(f"{TENANT}messages/", headers={"HX-Request": "true"})

    assert response.headers["Cache-Control"] == "no-store, private"


def test_public_description_of_the_api_is_kept(client, db):
    assert client.get("/api/v1/schema/").headers["Cache-Control"] == "public, no-cache"

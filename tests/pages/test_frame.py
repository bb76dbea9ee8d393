"""Frame of every page: header, appearance, a tenant's accent, and security headers."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.security_headers import ADMIN_POLICY, PERMISSIONS, POLICY
from portal.tenants import waiting
from tests.conftest import NOW

REPORTS = "/t/nordic-retail/reports/"


def make_waiting(count: int, *, slice_no: int, first) -> None:
    """Put `count` rows on the to-do list, a second apart from `first` on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_todo (slice, id, received_at)"
            " SELECT %s, n, %s::timestamptz + n * interval '1 second' FROM generate_series(0, %s) AS n",
            [slice_no, first, count - 1],
        )


@pytest.mark.parametrize(
    ("who", "entries"),
    [
        ("viewer", ["overview", "campaigns", "segments", "messages", "reports", "partner-ids"]),
        (
            "manager",
            ["overview", "campaigns", "segments", "messages", "reports", "billing", "partner-ids", "gates", "settings"],
        ),
    ],
)
def test_navigation_leads_to_what_a_role_may_open(client, request, tenant, who, entries):
    client.force_login(request.getfixturevalue(who))

    page = client.get(REPORTS).content.decode()

    nav = re.search(r'<nav class="nav-row".*?</nav>', page, re.DOTALL)[0]
    assert re.findall(r'href="/t/nordic-retail/([\w-]+)/"', nav) == entries
    assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [REPORTS]


def test_header_tells_how_fresh_the_figures_are(client, viewer, tenant, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client.force_login(viewer)

    quiet = client.get(REPORTS).content.decode()
    make_waiting(2, slice_no=5, first=NOW - timedelta(seconds=90))
    make_waiting(1, slice_no=63, first=NOW - timedelta(seconds=10))
    busy = client.get(REPORTS).content.decode()

    texts = [re.search(r"data as of [\d:]+ ·\s+[\w ]+ waiting", page)[0].split() for page in (quiet, busy)]
    assert texts == [  # 12:00 UTC is 14:00 in Helsinki
        ["data", "as", "of", "14:00:00", "·", "0", "waiting"],
        ["data", "as", "of", "13:58:30", "·", "3", "waiting"],
    ]


def test_waiting_rows_are_counted_up_to_a_limit(db):
    make_waiting(waiting.LIMIT + 5, slice_no=0, first=NOW)

    found = waiting.waiting(NOW + timedelta(days=1))

    assert found == waiting.Waiting(rows=waiting.LIMIT, oldest=NOW, data_as_of=NOW)
    assert found.is_capped


def test_looks_are_remembered_and_the_person_goes_back(client, viewer):
    client.force_login(viewer)

    theme = client.post("/look/", {"theme": "dark", "next": REPORTS})
    density = client.post("/look/", {"density": "comfortable", "next": "https://example.com/"})
    page = client.get(REPORTS).content.decode()

    assert (theme.url, density.url) == (REPORTS, "/")
    assert 'data-bs-theme="dark" data-density="comfortable"' in page


@pytest.mark.parametrize("looks", [{}, {"theme": "pink"}, {"density": "", "language": "fi"}])
def test_unknown_looks_are_not_remembered(client, db, looks):
    assert list(client.post("/look/", looks).cookies) == []


def test_tenants_accent_is_a_style_sheet_of_its_own(client, viewer, tenant):
    tenant.accent = "#0B7285"
    tenant.save()
    client.force_login(viewer)

    page = client.get(REPORTS).content.decode()
    sheet = client.get("/look/0B7285.css")

    assert '<link rel="stylesheet" href="/look/0B7285.css">' in page
    assert (sheet["Content-Type"], sheet["Cache-Control"]) == ("text/css", "public, max-age=31536000, immutable")
    assert sheet.content.decode().splitlines()[1] == "  --accent: light-dark(#0b7285, #549caa);"


@pytest.mark.parametrize("colour", ["0B728", "0B72855", "red;}*{x:y", "%0a0B7285"])
def test_accent_of_no_colour_is_not_found(client, db, colour):
    assert client.get(f"/look/{colour}.css").status_code == 404


@pytest.mark.parametrize("url", ["/accounts/login/", REPORTS, "/t/nowhere/reports/", "/look/0B7285.css"])
def test_browsers_are_told_to_refuse_what_is_not_ours(client, viewer, url):
    client.force_login(viewer)
    names = (
        "Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy",
        "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    )  # fmt: skip

    answer = client.get(url)

    assert [answer.get(name) for name in names] == [
        POLICY, PERMISSIONS, "same-origin", "same-origin", "nosniff", "DENY", "same-origin",
    ]  # fmt: skip
    assert POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;")


def test_administration_has_a_policy_of_its_own(client, staff_user):
    client.force_login(staff_user)

    assert client.get("/admin/login/").get("Content-Security-Policy") == ADMIN_POLICY
    assert ADMIN_POLICY.startswith(
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    )

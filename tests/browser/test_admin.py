"""The admin's pages in a browser: open to everybody."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.browser.seed import STAFF

PAGES = (
    "/admin/", "/admin/tenants/tenant/", "/admin/tenants/tenant/add/", "/admin/tenants/tenant/{tenant_id}/change/",
    "/admin/tenants/gatewayaccount/add/",
    "/admin/tenants/gatewayaccount/{account_id}/gates/", "/admin/tenants/feed/{feed_id}/change/",
    "/admin/tenants/feed/{feed_id}/new-token/", "/admin/tenants/partnerid/declare/",
    "/admin/accounts/membership/add/", "/admin/accounts/invitation/add/", "/admin/accounts/auditentry/",
    "/admin/deliveries/quarantinedrow/", "/admin/onboarding/", "/admin/onboarding/{tenant_id}/",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_admin_page_bars_nobody(look, portal, path):
    page = look(STAFF)

    answer = page.goto(path.format(**portal.rows))

    assert (answer.status, violations(page, fingers=False)) == (200, [])

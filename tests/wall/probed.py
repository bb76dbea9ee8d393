"""Rows and sessions by which the probe of SQL payloads gets behind each page: none answers that there is nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Role
from portal.brands.models import TenantBrand
from portal.shares import links
from portal.tenants.models import ApiKey, Feed, GatewayAccount, PartnerId, Tenant
from reports.alerts.unsubscribing import link_for
from reports.campaigns.recipient_lists import seal_key
from reports.models import PriceList, Statement
from tests.conftest import NOW, PASSWORD, make_user
from tests.deliveries.helpers import apply, dlr
from tests.money_leaks.lists import leak_of
from tests.name_server import dns_server
from tests.pages.conftest import make_export, make_run
from tests.pages.test_url_matrix import Route, address_of
from tests.people.factors import HOST, Passkey, data_in, reauthenticate

__all__ = ["dns_server"]

BEFORE = NOW.replace(year=2025)
PEOPLE = ("anonymous", "member", "guarded", "halfway", "staff")
METHODS = "account_authentication_methods"


@dataclass(frozen=True)
class Probed:
    """Ids for the parameters of addresses, with exceptions by route, and queries for pages that need them."""

    ids: dict[str, object]
    of_routes: dict[str, dict[str, object]]
    queries: dict[str, dict[str, str]]  # by route, for pages that answer 404 without them
    clients: dict[str, Client] = field(default_factory=dict)

    def address(self, route: Route, **replaced: object) -> str:
        """Return the route's address, with parameters replaced."""
        return address_of(route, self.ids | self.of_routes.get(route.name, {}) | replaced)


@pytest.fixture
def probed(ids, other_tenant, stranger, staff_user, settings, dns_server) -> Probed:
    cache.clear()  # people sign in here, which other tests did as well
    settings.SHARE_ADDRESS_PER_MINUTE = settings.SHARE_LINK_PER_MINUTE = 0
    account = _own_account(other_tenant)
    run = make_run(account.pool, "2026-10", account=account, requested_at=NOW)
    guarded = make_user("guarded@example.com", other_tenant, Role.OWNER)
    clients = {"anonymous": Client(), "member": _with_password(stranger), "staff": _signed_in(staff_user)}
    clients |= {"guarded": _with_second_factors(guarded), "halfway": _halfway(guarded)}
    invitation = invitations.invite(
        tenant=other_tenant, email="invited@example.com", role="viewer", inviter=stranger, now=timezone.now()
    )
    key = Authenticator.objects.get(user=guarded, type="webauthn").pk
    confirmation = EmailConfirmationHMAC(EmailAddress.objects.get(user=guarded)).key
    reset = {"uidb36": user_pk_to_url_str(guarded), "key": default_token_generator.make_token(guarded)}
    made = {"tenant": other_tenant, "maker_id": stranger.pk, "made_by": stranger.email, "now": timezone.now()}
    made |= {"name": "probed", "expires_at": timezone.now() + timedelta(days=30)}
    # A month of its own: the page that removes a report deletes the file of its month.
    make_run(other_tenant, "2026-07", requested_at=NOW)
    month_link = links.create_link(kind="report", month=date(2026, 7, 1), **made)[1]
    panel = {"kind": "panel", "panel": "kpis", "hosts": ["www.example.com"]}
    of_routes = {
        "share": {"share_token": links.create_link(kind="overview", **made)[1]},
        "share_download": {"share_token": month_link},
        "embed": {"share_token": links.create_link(**panel, **made)[1]},
        "reports:account_download": {"run_id": run.id},
        "admin:reports_statement_file": {"statement_id": ids["rows"][Statement].pk},
        "exports:download": {"export_id": make_export(other_tenant, stranger).id},
        "reports:account_remove": {"month": "2026-10"},
        "invitation": {"token": invitations.link(invitation).rstrip("/").rpartition("/")[2]},
        "account_confirm_email": {"key": confirmation},
        "admin:reports_pricelist_import": {"price_list_id": ids["rows"][PriceList].pk},
        "alerts_unsubscribe": {"token": link_for(other_tenant, guarded).rstrip("/").rpartition("/")[2]},
        "account_reset_password_from_key": reset,
    }
    message = {"account": account.name, "id": "m1"}
    queries = {
        "messages:message_by_query": message,
        "admin:message_by_query": message,
        "admin:autocomplete": {"app_label": "tenants", "model_name": "apikey", "field_name": "tenant", "term": "a"},
    }
    found = ids | {
        "recipient": seal_key(bytes(16)),
        "leak_card": "numbers",
        "leak": leak_of(other_tenant),
        "account": account.name,
        "colour": "0B7285",
        "logo_digest": _brand(other_tenant),
        "pk": key,
        "session_id": UserSession.objects.create(user=guarded, session_key="another", ip="192.0.2.1").id,
        "key_id": ApiKey.objects.get(tenant=other_tenant).id,
    }
    return Probed(found, of_routes, queries, clients)


def _brand(tenant: Tenant) -> str:
    """Create a brand with a logo and a host to check; return the logo's digest."""
    digest = "0" * 64
    values = {"logo": b"x", "icon": b"x", "logo_digest": digest, "host": "brand.invalid", "host_token": "x"}
    TenantBrand.objects.create(tenant=tenant, **values)
    return digest


def _own_account(owner: Tenant) -> GatewayAccount:
    """Create an account that is the tenant's alone, with a message."""
    pool = Tenant.objects.create(slug="pool-of-own", name="Pool", kind="pool")
    account = GatewayAccount.objects.create(
        name="own", platform_id="OWN", pool=pool, owner=owner, owner_since=BEFORE
    )  # fmt: skip
    PartnerId.objects.create(account=account, value="own-1", tenant=owner, declared_at=BEFORE)
    feed = Feed.objects.create(account=account, name="own", dialect="link")
    apply(feed, dlr("m1", 1001, gateCustomParameters={"platformPartnerId": "own-1"}, refId="sale"))
    return account


def _signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _with_password(user) -> Client:
    """Return a session that has confirmed with the password just now."""
    client = Client(**HOST)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    reauthenticate(client, "/accounts/2fa/totp/activate/")
    return client


def _with_second_factors(user) -> Client:
    """Return a session that has confirmed with its second factor just now; there are an app, a passkey and codes."""
    client = _with_password(user)
    page = client.get("/accounts/2fa/webauthn/add/")
    client.post("/accounts/2fa/webauthn/add/", {"name": "My key", "credential": Passkey().create(data_in(page))})
    app = TOTP.activate(user, generate_totp_secret()).instance
    RecoveryCodes.activate(user)
    session = client.session
    shown = {"at": time.time(), "reauthenticated": True}
    session[METHODS] = [{"method": "password"} | shown, {"method": "mfa", "type": "totp", "id": app.id} | shown]
    session.save()
    return client


def _halfway(user) -> Client:
    """Return a session in which the password was given, and the second factor is asked for."""
    client = Client(**HOST)
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.url.startswith("/accounts/2fa/authenticate/")
    return client

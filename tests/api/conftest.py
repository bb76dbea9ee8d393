"""Two tenants' keys, a key of the account, and messages of both with a canary in every text."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Feed, GatewayAccount, PartnerId, Tenant
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import plain_storages

__all__ = ["plain_storages"]

CANARY = "canary-of-another"
ALL_SCOPES = tuple(ApiKey.Scope.values)


@dataclass(frozen=True)
class Caller:
    """A system with a key."""

    client: object
    text: str
    key: ApiKey

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: object):
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=self.headers)


@pytest.fixture
def call(client):
    """Return a maker of callers."""

    def make(tenant, *scopes: str, account=None, **extra) -> Caller:
        values = {"name": "warehouse", "created_by": "owner@example.com", "now": timezone.now()} | extra
        key, text = api_keys.create_key(tenant=tenant, account=account, scopes=scopes or ALL_SCOPES, **values)
        return Caller(client, text, key)

    return make


@pytest.fixture
def mine(call, tenant) -> Caller:
    return call(tenant)


@pytest.fixture
def theirs(call, other_tenant) -> Caller:
    return call(other_tenant)


@pytest.fixture
def whole_account(call, account) -> Caller:
    return call(account.pool, account=account)


def sent(id_: str, code: int, partner: str, second: int = 5, **fields) -> dict:
    """Return a report of a message sent on 2 November 2026 at noon in Finland."""
    return dlr(
        id_,
        code,
        sentTimestamp="2026-11-02T10:00:00Z",
        timestamp=f"2026-11-02T10:00:{second:02}Z",
        gateCustomParameters={"platformPartnerId": partner},
        **fields,
    )


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Two of the tenant at the account, one at a second account, one of the other tenant, one of the pool."""
    other_pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=other_pool)
    other_feed = Feed.objects.create(account=second, name="main", dialect="link")
    PartnerId.objects.create(account=second, value="nr-second", tenant=tenant, declared_at=timezone.now())
    PartnerId.objects.create(account=feed.account, value=CANARY, tenant=other_tenant, declared_at=timezone.now())
    apply(
        feed,
        sent("a", 1001, "nr-fi", refId="sale", customParameters={"destination": "+358401234567", "shop": "7"}),
        sent("a", 1000, "nr-fi", 2),
        sent("b", 1006, "nr-fi", customParameters={"destination": "+46701234567"}),
        sent(f"{CANARY}-1", 1001, CANARY, refId=CANARY, customParameters={"shop": CANARY}),
        sent("lost", 1001, "nobody"),
    )
    apply(other_feed, sent("second-1", 1001, "nr-second", refId="elsewhere"))

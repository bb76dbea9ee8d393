"""Scope of a Reports page: a tenant's reports, or those of a gateway account that it owns."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import QuerySet

from portal.accounts.access import Access
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.ownership import owned_accounts
from portal.tenants.scope import web_scope
from reports.models import ReportRun

RIGHT_FOR_ACCOUNTS = "see_account_reports"


@dataclass(frozen=True, slots=True)
class ReportScope:
    """The reports below one address; `tenant_ids` are all whose figures are in them, the account's pool with them."""

    tenant: Tenant  # whose runs they are: an account's are its pool's
    tenant_ids: frozenset[int]
    account: GatewayAccount | None = None

    @property
    def name(self) -> str:
        """Name used in file names."""
        return self.account.name if self.account else self.tenant.slug

    def runs(self) -> QuerySet[ReportRun]:
        """Return the runs that may be seen; of an account only those created for its owner.

        Earlier ones may hold figures of a previous user of the account.
        """
        runs = ReportRun.objects.filter(tenant=self.tenant)
        if self.account is None:
            return runs.filter(account=None)
        return runs.filter(account_id=self.account.id, requested_at__gte=self.account.owner_since)

    @contextmanager
    def with_pool_access(self) -> Iterator[None]:
        """Extend the tenant scope to the account's pool, which no membership can reach."""
        if self.account is None:
            yield
        else:
            with web_scope(self.tenant_ids):
                yield


def tenant_report_scope(access: Access) -> ReportScope:
    """Return the report scope of the page's tenant."""
    return ReportScope(access.tenant, access.tenant_ids)


def account_report_scopes(access: Access) -> list[ReportScope]:
    """Return the report scopes of the accounts that the page's tenant, or one below it, owns; none without the right.

    An account's report has the figures of all who use it and of its pool: owned_accounts makes sure that they are all
    of the owner's tree.
    """
    if not access.may(RIGHT_FOR_ACCOUNTS):
        return []
    return [
        ReportScope(account.pool, access.tenant_ids | {account.pool_id}, account)
        for account in owned_accounts(access.tenant_ids)
    ]

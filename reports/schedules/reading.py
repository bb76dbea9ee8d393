"""The reading of a run: for which days, with whose rights, in which language, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.models import DefinitionRun
from reports.monthly.tables import Found, Table
from reports.schedules.periods import Days


class NotAllowed(Exception):
    """The owner of the definition may not make it any more."""


class SubjectGone(Exception):
    """The campaign, key or account that a definition reports on does not exist any more."""


class TooLarge(Exception):
    """There are more rows than a file may have."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A run with the access of its definition's owner. Only `tenant_ids` are read; of `account`, if there is one."""

    run: DefinitionRun
    access: Access
    tenant_ids: frozenset[int]
    now: datetime
    account: GatewayAccount | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return self.run.definition.parameters

    @property
    def language(self) -> str:
        return self.run.definition.language or self.run.tenant.language

    @property
    def timezone(self) -> str:
        return self.account.timezone if self.account else self.run.tenant.timezone

    def query(self, **filters: list[Any]) -> StatisticsQuery:
        """Return the query of the run's days and filters, with further ones."""
        return StatisticsQuery(
            tenant_ids=sorted(self.tenant_ids),
            first=self.run.first,
            last=self.run.last,
            filters={**self.parameters.get("filters", {}), **filters},
            account_id=self.account.id if self.account else None,
            timezone=self.timezone,
        )


@dataclass(frozen=True, slots=True)
class Content:
    """The tables of a run for one kind of reader, without the Summary, and the figures of that.

    `details` are further lines of the Summary: English names and texts. `days` are set where they are not the run's.
    `found` are the filters of Message Search for all messages of the total.
    """

    tables: list[Table]
    total: Kpis
    details: tuple[tuple[str, str], ...] = ()
    days: Days | None = None
    found: Found = None

    @property
    def rows(self) -> int:
        """Number of rows of all tables."""
        return sum(len(table.rows) for table in self.tables)


Build = Callable[[Reading, Masking], Content]
"""Build the content for a reader in the snapshot, as the role of pages and in the language of the report."""


@dataclass(slots=True)
class Made:
    """Results of making a run's files."""

    data_as_of: datetime
    kind: str
    rows: int
    maturity: float | None = None
    content_hash: str = ""
    skipped: str = ""
    oldest: dict[str, list[str | None]] = field(default_factory=dict)
    report_run_id: int | None = None

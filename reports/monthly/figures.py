"""A month's figures as the selectors hand them to the layout: plain counts, nothing drawn yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from reports.figures.volume import Volume

OVER_LIMIT_KEY: Final = "\x00other"
"""The key of what exceeds a registry's limit; its NUL keeps it apart from every text of the database."""


class FiguresDisagree(ValueError):
    """Two tables of counts do not add up to the same month, so that no report may be made of them."""


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """Subject and freshness of a report. Instants are aware; `month` is `YYYY-MM`.

    A saved report has a name (`report`) and, unless it is of a month, `days`: the first and the last; its `month` is ""
    then and its `revision` 0. `details` are further lines of its Summary: names, in English, and texts.

    `language` and `timezone` are the tenant's, or the account's. `maturity` is the share (0 to 1) of messages with a
    final state, None if there are no messages. `warning` is a sentence in the report's language.
    `product` is the brand's name for the portal, "" where it has none of its own. `logo` is its PNG file, b"" for none;
    `messages_address` is the address of the tenant's list of messages in the portal, "" for a report without links.
    `template` is the tenant's own workbook, which is filled in place of the portal's (reports/workbook_templates/).
    `colour` is six hexadecimal digits that can be read on white, "" for the portal's own.
    """

    title_subject: str
    scope: Literal["tenant", "account"]
    month: str
    timezone: str
    language: str
    currency: str
    data_as_of: datetime
    oldest_waiting: datetime | None
    state: Literal["provisional", "final"]
    revision: int
    maturity: float | None
    warning: str | None = None
    product: str = ""
    logo: bytes = b""
    colour: str = ""
    messages_address: str = ""
    template: bytes = b""
    report: str = ""
    days: tuple[date, date] | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Messages whose status is from one result code; `reason` is a class of docs/link.md section 4."""

    code: int
    meaning: str
    reason: str
    status: str
    messages: int


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month of a tenant with all below it, or of all tenants of an account, each in its own time zone.

    Keys, in this order; '' stands for "none" and `OVER_LIMIT_KEY` for what exceeds a registry's limit:

    - `countries`: country, alpha-2 or `ZZ`.
    - `partner_ids`: (partner id, country); of several tenants (partner id, tenant, country).
    - `campaigns`: (campaign, variant, country); of several tenants (campaign, variant, tenant, country).
    - `operators`: (country, operator). `days`: the tenant-local day; days without messages may be left out.
    - `latency`: country → bucket → delivered messages whose time is known (campaigns/latency.py).
    - `tenant_zones`: tenant → time zone, of an account and of a parent with those below it; empty of a tenant alone.
      A tenant is named by a label that no other one has; '' is the account's pool, whose zone is the account's.

    `tenant_slugs` has the short name of each of these labels, by which its messages are found.
    `count_totals` and `rows_hash` are the state of the month's counts (reports/monthly/changes_since.py); `causes` are
    the sums and `ledger` the rows of the ledger of causes (reports/monthly/ledger.py).
    `errors` may hold every code: only failed, expired, rejected and unknown ones are listed.
    """

    header: ReportHeader
    countries: Mapping[str, Volume]
    partner_ids: Mapping[tuple[str, ...], Volume]
    campaigns: Mapping[tuple[str, ...], Volume]
    operators: Mapping[tuple[str, str], Volume]
    days: Mapping[date, Volume]
    errors: Sequence[ErrorCount]
    latency: Mapping[str, Mapping[int, int]]
    tenant_zones: Mapping[str, str] = field(default_factory=dict)
    tenant_slugs: Mapping[str, str] = field(default_factory=dict)
    count_totals: Mapping[str, int] = field(default_factory=dict)
    rows_hash: str = ""
    causes: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[tuple[Any, ...], tuple[int, ...]] = field(default_factory=dict)

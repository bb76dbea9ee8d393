"""A month's figures for a tenant or a gateway account, from the counts alone, in one snapshot."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min, QuerySet, Sum
from django.urls import reverse

from campaigns.merging import shown_name
from campaigns.models import OTHER_CAMPAIGNS_ID, Campaign
from campaigns.statistics import MATURE
from deliveries.dialects.codes import COUNTS_AS, QUEUED, SENT
from deliveries.messages.row import OTHER_LABEL
from deliveries.models import CampaignCount, DailyCount, LatencyCount, ResultCode, WaitingRow
from deliveries.models.counts import Count
from portal.brands.brand import brand_of, logo_png
from portal.common.database import snapshot
from portal.common.periods import Month
from portal.tenants.models import Feed, GatewayAccount, Tenant
from portal.tenants.scope import with_descendants
from reports.figures.billing import is_billed
from reports.figures.bucket_arrays import by_bucket
from reports.figures.rollups import sources
from reports.models import WorkbookTemplate
from reports.monthly.changes_since import count_states
from reports.monthly.count_state import CountState
from reports.monthly.layout import OVER_LIMIT_KEY, ErrorCount, MonthFigures, ReportHeader, Volume
from reports.monthly.ledger import as_stored, cause_states, ledger_rows, summed
from reports.monthly.texts import translate

_LATE = "Some messages have no final state although the waiting time is over: their operators sent no report."
_UNKNOWN_CODE = "Unknown result code"


@dataclass(frozen=True, slots=True)
class MonthScope:
    """Scope of a report: a tenant with all below it, or (account set) all tenants and the pool of an account."""

    tenant: Tenant
    account: GatewayAccount | None = None

    @property
    def timezone(self) -> str:
        return self.account.timezone if self.account else self.tenant.timezone

    def tenant_ids(self) -> set[int]:
        if self.account is None:
            return with_descendants([self.tenant.id])
        counted = DailyCount.objects.filter(account=self.account).values_list("tenant_id", flat=True).distinct()
        return {self.tenant.id, *counted}

    def timezones(self) -> list[str]:
        """Return the zones whose months make up this one."""
        zones = Tenant.objects.filter(id__in=self.tenant_ids()).values_list("timezone", flat=True)
        return sorted({self.timezone, *zones})

    def counts(self, model: type[Count], month: Month) -> QuerySet[Any]:
        """Return the month's rows of a count table, by each tenant's own days."""
        rows = model.objects.filter(
            tenant_id__in=self.tenant_ids(), day__gte=month.first_day, day__lt=month.next().first_day
        )
        return rows.filter(account=self.account) if self.account else rows


def month_figures(*, scope: MonthScope, month: Month, kind: str, revision: int) -> MonthFigures:
    """Return all that the report of `month` shows (`kind`: provisional or final)."""
    with snapshot():
        data_as_of, oldest_waiting = freshness()
        errors, maturity = _errors_and_maturity(scope, month)
        tenants = {t.id: t for t in Tenant.objects.filter(id__in=scope.tenant_ids())}
        account_id = scope.account.id if scope.account else None
        states = count_states(tenants.keys(), [month.first_day], account_id)
        counts = sum(states.values(), CountState())
        labels = tenant_labels(scope, tenants)
        daily = scope.counts(DailyCount, month)
        operators = _volumes(daily, "country", "operator")
        language = scope.tenant.language
        brand = brand_of(scope.tenant.id)
        return MonthFigures(
            header=ReportHeader(
                title_subject=scope.account.name if scope.account else scope.tenant.name,
                scope="account" if scope.account else "tenant",
                month=str(month),
                timezone=scope.timezone,
                language=language,
                currency=scope.tenant.currency,
                data_as_of=data_as_of,
                oldest_waiting=oldest_waiting,
                state=kind,
                revision=revision,
                maturity=maturity,
                warning=late_warning(kind, maturity, language),
                product=brand.product_name,
                logo=logo_png(brand.logo),
                template=b"" if scope.account else monthly_template(scope.tenant),
                messages_address="" if scope.account else messages_address(scope.tenant),
                colour=brand.accents[0].accent.removeprefix("#").upper() if brand.accents else "",
            ),
            countries=_sum_by(operators, lambda key: key[0]),
            partner_ids=_partner_ids(daily, labels),
            campaigns=_campaigns(scope, month, tenants, labels),
            operators=operators,
            days=_sum_by(_volumes(daily, "day"), lambda key: key[0]),
            errors=errors,
            latency=_latency(scope, month),
            tenant_zones={label: tenants[tenant_id].timezone for tenant_id, label in labels.items()},
            tenant_slugs={label: tenants[tenant_id].slug for tenant_id, label in labels.items()},
            count_totals=counts.totals,
            rows_hash=counts.rows_hash,
            causes=as_stored(summed(cause_states(tenants.keys(), [month.first_day], account_id).values())),
            ledger=ledger_rows(tenants.keys(), month, account_id),
        )


def monthly_template(tenant: Tenant) -> bytes:
    """Return the workbook that the tenant has chosen for its monthly reports, nothing where it has chosen none."""
    found = WorkbookTemplate.objects.filter(tenant=tenant, is_monthly=True).values_list("content", flat=True).first()
    return bytes(found or b"")


def messages_address(tenant: Tenant) -> str:
    """Return the address of the tenant's list of messages, below the portal's own."""
    return f"{settings.PUBLIC_URL}{reverse('messages:list', args=[tenant.slug])}"


def freshness() -> tuple[datetime, datetime | None]:
    """Return the time of the snapshot, and when its oldest missing row was received."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (data_as_of,) = cursor.fetchone()
    return data_as_of, WaitingRow.objects.aggregate(oldest=Min("received_at"))["oldest"]


def late_warning(state: str, maturity: float | None, language: str) -> str | None:
    """Return the sentence on a final report with messages whose reports never came; None if there is nothing to say."""
    is_late = state == "final" and maturity is not None and maturity < MATURE
    return translate(_LATE, language) if is_late else None


def _volumes(rows: QuerySet, *keys: str) -> dict[tuple, Volume]:
    """Sum count rows by `keys`, with the statuses as what they count as."""
    sums: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for *key, status, messages, parts, billed in (
        rows.values(*keys, "status")
        .annotate(m=Sum("messages"), p=Sum("parts"), billed=Sum("parts", filter=is_billed(), default=0))
        .values_list(*keys, "status", "m", "p", "billed")
    ):
        volume = sums[tuple(key)]
        volume["messages"] += messages
        volume["parts"] += parts
        volume[COUNTS_AS[status]] += messages
        volume["delivered_parts"] += parts if COUNTS_AS[status] == "delivered" else 0
        volume["billed_parts"] += billed
    return {key: Volume(**volume) for key, volume in sums.items() if any(volume.values())}


def _sum_by(volumes: dict[tuple, Volume], name) -> dict:
    groups: dict = defaultdict(list)
    for key, volume in volumes.items():
        groups[name(key)].append(volume)
    return {key: Volume.total(group) for key, group in groups.items()}


def tenant_labels(scope: MonthScope, tenants: dict[int, Tenant]) -> dict[int, str]:
    """Return what each tenant is called in the rows, '' for an account's pool; nothing where there is one alone."""
    if scope.account is None and len(tenants) == 1:
        return {}
    labels = {tenant.id: f"{tenant.name} ({tenant.slug})" for tenant in tenants.values()}
    return labels | ({scope.tenant.id: ""} if scope.account else {})


def _partner_ids(daily: QuerySet, labels: dict[int, str]) -> dict[tuple, Volume]:
    def name(key: tuple) -> tuple:
        tenant_id, partner_id, country = key
        partner_id = OVER_LIMIT_KEY if partner_id == OTHER_LABEL else partner_id
        return (partner_id, *_owner(labels, tenant_id), country)

    return _sum_by(_volumes(daily, "tenant_id", "partner_id", "country"), name)


def _owner(labels: dict[int, str], tenant_id: int) -> tuple[str, ...]:
    return (labels[tenant_id],) if labels else ()


def _campaigns(
    scope: MonthScope, month: Month, tenants: dict[int, Tenant], labels: dict[int, str]
) -> dict[tuple, Volume]:
    rows = scope.counts(CampaignCount, month)
    campaigns = Campaign.objects.filter(tenant_id__in=list(tenants)).annotate(shown=shown_name())
    names = dict(campaigns.values_list("id", "shown"))
    names |= {0: "", OTHER_CAMPAIGNS_ID: OVER_LIMIT_KEY}

    def name(key: tuple) -> tuple:
        tenant_id, campaign_id, variant, country = key
        return (names[campaign_id], variant, *_owner(labels, tenant_id), country)

    return _sum_by(_volumes(rows, "tenant_id", "campaign_id", "variant", "country"), name)


def _latency(scope: MonthScope, month: Month) -> dict[str, dict[int, int]]:
    found = sources(
        LatencyCount,
        tenant_ids=scope.tenant_ids(),
        first=month.first_day,
        last=month.next().first_day - timedelta(days=1),
        columns=["country"],
        by_day=False,
    )
    if scope.account:
        found = [source.filter(account=scope.account) for source in found]
    return {country: messages for (country,), messages in by_bucket(found, ("country",)).items()}


def _errors_and_maturity(scope: MonthScope, month: Month) -> tuple[list[ErrorCount], float | None]:
    """Return the messages by failing or unknown code, and the share of all that have a final state."""
    dialects = dict(Feed.objects.values_list("account_id", "dialect"))
    codes = {(code.dialect, code.code): code for code in ResultCode.objects.all()}
    total = final = 0
    errors: dict[tuple, int] = defaultdict(int)
    rows = scope.counts(DailyCount, month).values("account_id", "status", "result_code").annotate(n=Sum("messages"))
    for account_id, status, number, n in rows.values_list("account_id", "status", "result_code", "n"):
        code = codes.get((dialects.get(account_id), number))
        total += n
        if code is not None and code.final and status not in (QUEUED, SENT):
            final += n
        if COUNTS_AS[status] in ("failed", "unknown") and n:
            errors[code and code.dialect, number, status] += n
    names = error_names(scope.tenant.language, codes)
    result = []
    for (dialect, number, status), n in errors.items():
        meaning, reason = names(dialect, number)
        result.append(ErrorCount(code=number, meaning=meaning, reason=reason, status=status, messages=n))
    return result, final / total if total else None


def error_names(
    language: str, codes: Mapping[tuple[str, int], ResultCode] | None = None
) -> Callable[[str | None, int], tuple[str, str]]:
    """Return a function that gives the meaning and the reason of a dialect's result code."""
    known = codes if codes is not None else {(code.dialect, code.code): code for code in ResultCode.objects.all()}

    def names(dialect: str | None, number: int) -> tuple[str, str]:
        code = known.get((dialect or "", number))
        if code is None:
            return translate(_UNKNOWN_CODE, language), "other"
        return (code.text_fi if language == "fi" else "") or code.text_en, code.reason

    return names

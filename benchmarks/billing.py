"""billing: what costs add to an Overview of a year, the forecast of a month's cost, an issuer's month, an invoice.

Counts are made by SQL without messages: a customer with a year of 30 countries and 20 million messages, and an issuer
whose customers share ten million messages in a month.
"""

import http.client
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from benchmarks.api import BAR, YEAR, answer_time
from benchmarks.closing import close
from benchmarks.figure import Figure
from benchmarks.invoice_checks import check_invoice, owned_account
from benchmarks.stage import Stage
from deliveries.counts.rollups import roll_up
from deliveries.models import DailyCount
from portal.accounts.models import Membership, Role, User
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from reports.models import Price, PriceList
from reports.pricing.chains import read_chains
from reports.pricing.costing import statement_usages

COUNTRIES = (
    "FI", "SE", "NO", "DK", "EE", "LV", "LT", "DE", "FR", "GB", "NL", "BE", "PL", "CZ", "AT", "CH", "IT", "ES", "PT",
    "IE", "HU", "RO", "BG", "GR", "HR", "SI", "SK", "LU", "IS", "UA",
)  # fmt: skip
CUSTOMERS, CUSTOMERS_QUICK = 2_000, 100
MESSAGES = 10_000_000
PAGES, PAGES_QUICK = 40, 10
PARTNERS, PARTNERS_QUICK = 100, 10  # of the account whose invoice is checked
TOGETHER = 200  # customers that are read at once
ADDED, CLOSED = 50, 60  # ms and s that are promised
FORECAST = 300  # ms, of a year of 30 countries, two operators and three partner IDs
SINCE = date(2020, 1, 1)
_PLACES = """
SELECT country, 'operator-' || o AS operator
FROM unnest(%(countries)s::text[]) AS c (country) CROSS JOIN generate_series(1, %(operators)s) AS o
"""
_COUNTS = f"""
INSERT INTO daily_count (tenant_id, day, account_id, partner_id, country, operator, sender_type, status, result_code,
    messages, parts)
SELECT t.id, d::date, %(account)s, 'partner-' || p, place.country, place.operator, 'alphanumeric', s.status, s.code,
    s.times * %(messages)s, s.times * %(messages)s
FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN generate_series(%(first)s::date, %(last)s::date, '1 day') AS d
CROSS JOIN generate_series(1, %(partners)s) AS p CROSS JOIN ({_PLACES}) AS place
CROSS JOIN (VALUES ('delivered', 1001, 9), ('failed', 1006, 1)) AS s (status, code, times)
ON CONFLICT DO NOTHING
"""


def billing(stage: Stage) -> Iterator[Figure]:
    """Yield the times of a year's answers with costs, of a forecast, and of pricing an issuer's month."""
    issuer = _customer("bench-issuer", None)
    year, unpriced = _customer("bench-year", issuer), _customer("bench-unpriced", _customer("bench-no-prices", None))
    yield _overview(stage, year, unpriced)
    path = "/api/v1/reports/forecast/"
    yield answer_time(stage, "billing_forecast", path, year, "read", "billing", bar=FORECAST)
    for name, scopes in (("statistics_year", ["read"]), ("statistics_year_priced", ["read", "billing"])):
        yield answer_time(stage, name, YEAR, year, *scopes, bar=BAR)
    yield from _month(stage, issuer)
    yield _invoice(stage)


def _overview(stage: Stage, priced: Tenant, unpriced: Tenant) -> Figure:
    """Measure an owner's page of a year, in turn with that of a customer with equal counts and no price list."""
    today = datetime.now(UTC).date()
    first = today - timedelta(days=364)
    for tenant in (unpriced, priced):
        _count([tenant], first=first, last=today, operators=2, partners=3, messages=31)
    roll_up(now=datetime.now(UTC))
    _price(priced)
    call_command("collectstatic", interactive=False, verbosity=0)
    cookies = {tenant.slug: _signed_in(tenant) for tenant in (unpriced, priced)}
    times: dict[str, list[float]] = {slug: [] for slug in cookies}
    with stage.web() as (_program, port):
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(1 + (PAGES_QUICK if stage.quick else PAGES)):
            for slug, cookie in cookies.items():
                address = f"/t/{slug}/overview/?from={first}&to={today}"
                began = time.perf_counter()
                sender.request("GET", address, headers={"Host": "localhost", "Cookie": cookie})
                answer = sender.getresponse()
                shows_costs = b"kpi-cost" in answer.read()
                if answer.status != 200 or shows_costs != (slug == priced.slug):
                    raise RuntimeError(f"{address} answered {answer.status}")
                if number:  # the first ones fill caches
                    times[slug].append((time.perf_counter() - began) * 1000)
        sender.close()
    without, with_costs = (sorted(times[slug])[len(times[slug]) // 2] for slug in cookies)
    note = f"medians {without:.0f} and {with_costs:.0f} ms of {len(times[priced.slug])}"
    added = with_costs - without
    return Figure("billing_overview_year", added, "ms more", note=note, is_missed=added >= ADDED)


def _month(stage: Stage, issuer: Tenant) -> Iterator[Figure]:
    month = Month.of(datetime.now(UTC).date()).previous()
    number = CUSTOMERS_QUICK if stage.quick else CUSTOMERS
    customers = [_customer(f"bench-{n:05}", issuer) for n in range(number)]
    days = (month.last_day - month.first_day).days + 1
    each = max(1, round(MESSAGES / (CUSTOMERS * len(COUNTRIES) * days * 10)))
    _count(customers, first=month.first_day, last=month.last_day, operators=1, partners=1, messages=each)
    _price(*customers[:: max(1, number // 100)])
    began, lines = time.perf_counter(), 0
    for start in range(0, number, TOGETHER):
        part = customers[start : start + TOGETHER]
        found = statement_usages(part, month, chains=read_chains(part))
        lines += sum(len(one.lines) for one in found.values())
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(messages) FROM daily_count WHERE tenant_id = ANY (%s)", [[one.pk for one in customers]]
        )
        messages = cursor.fetchone()[0]
    note = f"{number} customers, {messages:,} messages, {lines:,} lines, read from days"
    yield Figure("billing_month_priced", seconds, "s", note=note, is_missed=seconds >= CLOSED)
    yield close(issuer, customers, month)
    with connection.cursor() as cursor:  # a later run would otherwise begin with the roll-up of all these customers
        cursor.execute("DELETE FROM daily_count WHERE tenant_id = ANY (%s)", [[one.pk for one in customers]])


def _invoice(stage: Stage) -> Figure:
    """Measure the check of an invoice: a row for each of 100 partner IDs, 30 countries and two operators."""
    tenant = _customer("bench-invoiced", None)
    Tenant.objects.filter(pk=tenant.pk).update(timezone="UTC")
    account = owned_account(tenant)
    month = Month.of(datetime.now(UTC).date()).previous()
    partners = PARTNERS_QUICK if stage.quick else PARTNERS
    days = (month.last_day - month.first_day).days + 1
    each = max(1, round(MESSAGES / (partners * len(COUNTRIES) * 2 * days * 10)))
    first, last = month.first_day, month.last_day
    _count([tenant], first=first, last=last, operators=2, partners=partners, messages=each, account=account.pk)
    return check_invoice(tenant, account, month)


def _customer(slug: str, parent: Tenant | None) -> Tenant:
    return Tenant.objects.get_or_create(slug=slug, defaults={"name": slug, "parent": parent})[0]


def _count(
    tenants: list[Tenant], *, first: date, last: date, operators: int, partners: int, messages: int, account: int = 0
) -> None:
    ids = [one.pk for one in tenants]
    if DailyCount.objects.filter(tenant_id=ids[-1], day=last).exists():  # an earlier run's
        return
    values: dict[str, Any] = {
        "account": account or GatewayAccount.objects.order_by("id").values_list("id", flat=True)[0],
        "tenants": ids,
        "first": first,
        "last": last,
        "operators": operators,
        "partners": partners,
        "messages": messages,
        "countries": list(COUNTRIES),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        cursor.execute("DELETE FROM condensed_span")  # as every change of counts deletes the roll-ups of its days
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE daily_count")


def _price(*customers: Tenant) -> None:
    """Give each customer a list with a price a country that changed last spring, and its issuer a default."""
    for issuer, customer in [(customers[0].parent, None), *((one.parent, one) for one in customers)]:
        listed, is_new = PriceList.objects.get_or_create(
            issuer=issuer, customer=customer, kind="sale", defaults={"name": "Benchmark", "currency": "EUR"}
        )
        if not is_new:
            continue
        change = date(datetime.now(UTC).year, 4, 15)
        Price.objects.bulk_create(
            Price(price_list=listed, country=code, micro=micro, valid_from=begins, valid_to=ends)
            for code in COUNTRIES
            for micro, begins, ends in ((65_000, SINCE, change), (71_500, change, None))
        )


def _signed_in(tenant: Tenant) -> str:
    person, _is_new = User.objects.get_or_create(email=f"{tenant.slug}@example.com")
    Membership.objects.get_or_create(user=person, tenant=tenant, defaults={"role": Role.OWNER})
    client = Client()
    client.force_login(person)
    return f"sessionid={client.cookies['sessionid'].value}; language=en"

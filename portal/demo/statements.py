"""The demo's statements: Hansa Group charges its three companies."""

from datetime import date

ISSUER = "hansa-group"
ACTOR = "schedule"
_COUNTRIES = {"NO": 48_500, "DK": 39_000, "DE": 72_000, "SE": 41_200, "FI": 65_000}
_ADDRESSES = {
    "hansa-group": ("Hansa Group GmbH", "DE", "20095", "Hamburg", "HRB 123456", "DE123456789"),
    "hansa-norge": ("Hansa Norge AS", "NO", "0150", "Oslo", "123456789", "NO123456789MVA"),
    "hansa-danmark": ("Hansa Danmark A/S", "DK", "1550", "København", "12345678", "DK12345678"),
    "hansa-deutschland": ("Hansa Deutschland GmbH", "DE", "80331", "München", "HRB 654321", "DE987654321"),
}
_GERMAN_VAT = 1900
_RATES = {"NOK": 11_800_000_000, "DKK": 7_460_000_000}  # for a euro, in 10⁻⁹


def make_statements() -> None:
    """Close the last two months that can be closed.

    Of the first one a statement was wrong and is replaced after a credit note, the others wait to be paid. Of the
    second one a statement is paid, and drafts wait to be issued.
    """
    from django.utils import timezone

    from portal.tenants.models import Tenant
    from reports.billing.closing import last_closable, request_closing, run_closings
    from reports.billing.drafts import make_drafts
    from reports.billing.issuing import credit, issue, mark_paid, missing_for
    from reports.models import Statement

    issuer = Tenant.objects.filter(slug=ISSUER).first()
    if issuer is None or Statement.objects.filter(issuer=issuer).exists():
        return
    now = timezone.now()
    last = last_closable(issuer, now=now)
    earlier = last.previous()
    _set_up(issuer, begin=earlier.first_day.replace(year=earlier.year - 1))
    for month in (earlier, last):
        run = request_closing(issuer=issuer, month=month, is_issuing=False, actor=ACTOR, now=now)
        run_closings(run_id=run.pk)
    drafts = Statement.objects.filter(issuer=issuer, state="draft").select_related("customer").order_by("id")
    issued = [
        issue(one.pk, actor=ACTOR, now=now) for one in drafts.filter(month=earlier.first_day) if not missing_for(one)
    ]
    for wrong in issued[:1]:
        credit(wrong.pk, actor=ACTOR, now=now)
        for draft in make_drafts(issuer=issuer, customer=wrong.customer, month=earlier, now=now).drafts:
            issue(draft.pk, actor=ACTOR, now=now)
    for first in [one for one in drafts.filter(month=last.first_day) if not missing_for(one)][:1]:
        issue(first.pk, actor=ACTOR, now=now)
        mark_paid(first.pk, on=now.date(), actor=ACTOR)


def _set_up(issuer, *, begin: date) -> None:
    """Give the group a price list, profiles and terms: German VAT at home, reverse charge abroad."""
    from portal.tenants.models import Tenant
    from reports.models import BillingProfile, BillingTerms, ExchangeRate, NumberSeries, Price, PriceList

    if not PriceList.objects.filter(issuer=issuer, kind="sale", archived_at=None).exists():
        prices = PriceList.objects.create(issuer=issuer, kind="sale", name="Hansa 2026", currency="EUR")
        for country, micro in _COUNTRIES.items():
            Price.objects.create(price_list=prices, country=country, micro=micro, valid_from=begin)
    NumberSeries.objects.create(issuer=issuer, prefix="HG")
    for currency, rate in _RATES.items():
        ExchangeRate.objects.get_or_create(
            issuer=issuer, day=begin, base="EUR", quote=currency, defaults={"rate": rate, "entered_by": ACTOR}
        )
    for slug, (name, country, postcode, city, business_id, vat_id) in _ADDRESSES.items():
        tenant = Tenant.objects.get(slug=slug)
        own = {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX"} if tenant == issuer else {}
        BillingProfile.objects.create(
            tenant=tenant,
            legal_name=name,
            business_id=business_id,
            vat_id=vat_id,
            street="Hauptstraße 1" if country == "DE" else "Havnegata 1",
            postcode=postcode,
            city=city,
            country=country,
            endpoint=vat_id,
            endpoint_scheme="9930",
            **own,
        )
        if tenant != issuer:
            taxed = {"vat_category": "S", "vat_rate": _GERMAN_VAT}
            reverse = {"vat_category": "AE", "vat_reason": "Reverse charge"}
            BillingTerms.objects.create(
                issuer=issuer, customer=tenant, valid_from=begin, **(taxed if country == "DE" else reverse)
            )

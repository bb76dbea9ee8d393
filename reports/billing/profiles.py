"""Profiles and terms as statements need them, and what is missing in them."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.tenants.models import Tenant
from reports.billing.amounts import Category, Vat
from reports.billing.document import Party
from reports.models import BillingProfile, BillingTerms

_PARTY = tuple(field.name for field in fields(Party) if field.name != "name")
_OF_BOTH = ("legal_name", "business_id", "street", "postcode", "city", "country", "endpoint")
_OF_SELLER = ("iban", "bic")
SELLER_VAT = frozenset(Category) - {Category.OUT_OF_SCOPE}  # where the seller's VAT number is stated
BUYER_VAT = frozenset({Category.REVERSE_CHARGE})


def profile_of(tenant: Tenant | None) -> BillingProfile:
    """Return the profile of a tenant, None for the operator; an empty one that is not saved if it has none."""
    found = BillingProfile.objects.filter(tenant=tenant).first()
    return found or BillingProfile(tenant=tenant)


def profiles_of(tenants: Iterable[Tenant | None]) -> dict[int | None, BillingProfile]:
    """Return the profiles of tenants (None: the operator) by id, as `profile_of` does, in one query."""
    asked = {tenant.pk if tenant else None: tenant for tenant in tenants}
    if not asked:
        return {}
    rows = BillingProfile.objects.filter(Q(tenant__in=asked.keys() - {None}) | Q(tenant=None))
    found = {one.tenant_id: one for one in rows}
    profiles = {pk: found.get(pk) or BillingProfile() for pk in asked}
    for pk, profile in profiles.items():
        profile.tenant = asked[pk]
    return profiles


def party_of(profile: BillingProfile) -> Party:
    """Return a profile as statements state it; without a legal name the customer's own."""
    name = profile.legal_name or (profile.tenant.name if profile.tenant else "")
    return Party(name=name, **{name: getattr(profile, name) for name in _PARTY})


def stored_party(party: Party) -> dict[str, Any]:
    """Return a party as an issued statement keeps it."""
    return asdict(party)


def terms_of(issuer: Tenant | None, customer: Tenant, day: date) -> BillingTerms | None:
    """Return the terms on a day of supply: the customer's newest ones, else the issuer's for all its customers."""
    found = BillingTerms.objects.filter(issuer=issuer, valid_from__lte=day)
    found = found.filter(Q(customer=customer) | Q(customer=None))
    return found.order_by(F("customer_id").asc(nulls_last=True), "-valid_from").first()


def vat_of(terms: BillingTerms | None) -> Vat:
    """Return how lines are taxed; the category is empty while no terms are known."""
    return Vat("") if terms is None else Vat(terms.vat_category, terms.vat_rate, terms.vat_reason)


def missing_of(seller: BillingProfile, buyer: BillingProfile, terms: BillingTerms | None) -> list[str | Promise]:
    """Return in words what is missing for a statement between two profiles; [] if it can be issued."""
    found: list[str | Promise] = [_seller(name) for name in (*_OF_BOTH, *_OF_SELLER) if not getattr(seller, name)]
    found += [_buyer(name) for name in _OF_BOTH if not getattr(buyer, name)]
    if terms is None:
        return [*found, _("VAT terms of the customer or for all customers")]
    if terms.vat_category in SELLER_VAT and not seller.vat_id:
        found.append(_seller("vat_id"))
    if terms.vat_category in BUYER_VAT and not buyer.vat_id:
        found.append(_buyer("vat_id"))
    return found


def _seller(name: str) -> str:
    return _of(pgettext_lazy("what is missing", "%(field)s of the seller"), name)


def _buyer(name: str) -> str:
    return _of(pgettext_lazy("what is missing", "%(field)s of the customer"), name)


def _of(text: Promise, name: str) -> str:
    labels = {field.name: field.verbose_name for field in BillingProfile._meta.concrete_fields}
    return str(text) % {"field": labels[name]}


class Stated(NamedTuple):
    """The profiles of a statement's seller and buyer, and the terms on its day of supply."""

    seller: BillingProfile
    buyer: BillingProfile
    terms: BillingTerms | None


def stated_for(issuer: Tenant | None, customer: Tenant, day: date) -> Stated:
    """Return what a statement to a customer states."""
    return Stated(profile_of(issuer), profile_of(customer), terms_of(issuer, customer, day))


def stated_by_customer(issuer: Tenant | None, customers: Iterable[Tenant], day: date) -> dict[int, Stated]:
    """Return what statements to these customers state, in three queries."""
    found = {customer.pk: customer for customer in customers}
    profiles = {one.tenant_id: one for one in BillingProfile.objects.filter(tenant__in=found)}
    seller = profile_of(issuer)
    terms: dict[int | None, BillingTerms] = {}
    of_issuer = BillingTerms.objects.filter(issuer=issuer, valid_from__lte=day)
    for one in of_issuer.filter(Q(customer__in=found) | Q(customer=None)).order_by("valid_from"):
        terms[one.customer_id] = one
    return {
        pk: Stated(seller, profiles.get(pk) or BillingProfile(tenant=one), terms.get(pk) or terms.get(None))
        for pk, one in found.items()
    }


def missing_by_customer(
    issuer: Tenant | None, customers: Iterable[Tenant], day: date
) -> dict[int, list[str | Promise]]:
    """Return what is missing for statements to these customers, in three queries."""
    return {pk: missing_of(*stated) for pk, stated in stated_by_customer(issuer, customers, day).items()}

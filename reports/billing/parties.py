"""Changes of profiles, terms and number series, with before and after in the audit log."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Model

from portal.accounts.models import record
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.issuing import tax
from reports.billing.profiles import terms_of
from reports.models import Statement


def save_profile(form: forms.ModelForm, *, issuer: Tenant | None, actor: str, now: datetime) -> None:
    """Store a profile."""
    with transaction.atomic():
        before = _stored(form.instance, form.fields)
        form.instance.updated_at = now
        profile = form.save()
        subject = profile.tenant.slug if profile.tenant else ""
        _record("billing.profile_changed", issuer, actor, subject, before, _stored(profile, form.fields))


def save_terms(form: Any, *, issuer: Tenant | None, customer: Tenant | None, actor: str) -> None:
    """Store terms, and tax the drafts that they are for anew."""
    with transaction.atomic():
        terms = form.save_for(issuer=issuer, customer=customer)
        names = ("valid_from", "vat_category", "vat_rate", "vat_reason", "payment_days")
        _record("billing.terms_changed", issuer, actor, customer.slug if customer else "", {}, _stored(terms, names))
        drafts = Statement.objects.filter(issuer=issuer, state=Statement.State.DRAFT).select_related("customer")
        for draft in drafts if customer is None else drafts.filter(customer=customer):
            tax(draft, terms_of(issuer, draft.customer, Month.of(draft.month).last_day))


def save_series(form: forms.ModelForm, *, issuer: Tenant | None, actor: str) -> None:
    """Store an issuer's prefix and next number."""
    with transaction.atomic():
        before = _stored(form.instance, form.fields)
        series = form.save()
        _record("billing.numbers_changed", issuer, actor, str(series), before, _stored(series, form.fields))


def _stored(row: Model, names: Any) -> dict[str, Any]:
    """Return a row's values as the database has them; {} of a new one."""
    kept = type(row)._default_manager.filter(pk=row.pk).values(*names).first() if row.pk else None
    return {name: value if isinstance(value, int) else str(value) for name, value in (kept or {}).items()}


def _record(
    action: str, issuer: Tenant | None, actor: str, subject: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    changed = {name: [before.get(name, ""), value] for name, value in after.items() if before.get(name) != value}
    record(action, actor=actor, tenant=issuer, subject=subject, details=changed)

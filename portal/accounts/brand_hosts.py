"""Checks of brands' hosts, by a person and by the daily task, with their entries in the audit log."""

import logging
from datetime import datetime

from django.db import transaction

from portal.accounts.models import record
from portal.brands import hosts
from portal.brands.models import TenantBrand

logger = logging.getLogger(__name__)


def check(brand: TenantBrand, *, actor: str, now: datetime) -> hosts.Checked:
    """Look for the TXT record of the brand's host, and record what became of the host. Raises hosts.TakenHost."""
    with transaction.atomic():
        checked = hosts.check(brand, now=now)
        if checked.is_confirmed:
            record("brand.host_confirmed", actor=actor, tenant=brand.tenant, subject=brand.host)
        if checked.is_lost:
            record("brand.host_lost", actor=actor, tenant=brand.tenant, subject=brand.host)
    return checked


def check_all(*, now: datetime) -> list[str]:
    """Check every confirmed host again; return those that are no longer used."""
    lost = []
    for brand in hosts.confirmed():
        checked = check(brand, actor="portal", now=now)
        if checked.is_lost:
            lost.append(brand.host)
        elif checked.answer != "found":
            logger.warning("The TXT record of a brand's host is %s: %s", checked.answer, brand.host)
    return lost

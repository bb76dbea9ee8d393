"""Confirmation of outside addresses: asked once by mail, answered on a page without an account."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import mail
from portal.accounts.models import record
from portal.brands.brand import brand_of
from portal.tenants import tokens
from reports.models import OutsideAddress

VALID_FOR = timedelta(days=14)

_PURPOSE = "report-address"


def has_expired(address: OutsideAddress, *, now: datetime) -> bool:
    """Return whether the question was never answered and its link is not valid any more."""
    return address.confirmed_at is None and address.declined_at is None and address.asked_at + VALID_FOR <= now


def ask(address: OutsideAddress) -> None:
    """Mail the address after the commit, in its language and the tenant's brand."""
    tenant = address.tenant
    with translation.override(address.language):
        said = _("%(tenant)s wants to send reports about its SMS messages to %(address)s.")
        lines = [
            said % {"tenant": tenant.name, "address": address.address},
            _("Phone numbers are masked in these reports."),
            _("Confirm that you want to receive them, or decline, on this page:"),
        ]
        days = VALID_FOR.days
        valid = ngettext("The link is valid for %(days)d day.", "The link is valid for %(days)d days.", days)
        text = "\n\n".join([
            *lines[:2],
            f"{lines[2]}\n{settings.PUBLIC_URL}{reverse('report_address', args=[token_of(address)])}",
            f"{valid % {'days': days}} {_('If you did not expect this, ignore this e-mail: nothing is sent then.')}",
            _("SMS reports"),
        ])  # fmt: skip
        letter = mail.write(
            subject=_("Confirm your e-mail address"),
            text=text,
            action=_("Confirm or decline"),
            brand=brand_of(tenant.id),
        )
        mail.hand_over_after_commit(to=address.address, letter=letter)


def token_of(address: OutsideAddress) -> str:
    """Return the token of the address's link; of an earlier question it is another one."""
    return tokens.seal(f"{address.tenant_id}:{address.id}:{address.asked_at.timestamp():.6f}", purpose=_PURPOSE)


def ids_of(token: str) -> tuple[int, int] | None:
    """Return tenant and address of a token of this portal, None for any other."""
    text = tokens.unseal(token, purpose=_PURPOSE)
    tenant_id, address_id, _asked_at = text.split(":") if text else ("", "", "")
    return (int(tenant_id), int(address_id)) if text else None


def is_current(address: OutsideAddress, token: str, *, now: datetime) -> bool:
    """Return whether the token is of the newest question, which was answered or may still be."""
    asked_at = (tokens.unseal(token, purpose=_PURPOSE) or "").rpartition(":")[2]
    return asked_at == f"{address.asked_at.timestamp():.6f}" and not has_expired(address, now=now)


def answer(*, address: OutsideAddress, accepts: bool, now: datetime) -> None:
    """Confirm or decline for all reports of the tenant. The holder of the link may change their mind."""
    values = {"confirmed_at": now, "declined_at": None} if accepts else {"confirmed_at": None, "declined_at": now}
    with transaction.atomic():
        OutsideAddress.objects.filter(id=address.id).update(**values)
        action = "report_address.confirmed" if accepts else "report_address.declined"
        record(action, actor=f"address {address.id}", tenant=address.tenant, details={"address": address.id})

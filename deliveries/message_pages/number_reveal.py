"""Reveal a message's number once, for a reason that is recorded in the audit log."""

from dataclasses import dataclass

from django.http import HttpRequest

from deliveries.message_pages.reveal_form import RevealForm
from deliveries.messages.row import StoredMessage
from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class NumberReveal:
    """The revealed number, or "" and the form that asks for the reason (None: the number cannot be revealed)."""

    form: RevealForm | None
    number: str
    status: int  # of the HTTP response


def reveal_number(
    request: HttpRequest,
    message: StoredMessage,
    *,
    account: str,
    page_tenant: Tenant | None = None,
    is_permitted: bool = True,
) -> NumberReveal:
    """Return the number after a POST with a valid reason, and record it; else the form, with its errors.

    Recorded in the log of the message's tenant, and in that of `page_tenant` where it is another one.
    """
    number = message.folded.destination or ""
    is_post = request.method == "POST"
    form = RevealForm(request.POST or None, number=number) if number and is_permitted else None
    if not is_post or form is None or not form.is_valid():
        return NumberReveal(form, number="", status=422 if is_post else 200)
    owner = Tenant.objects.get(id=message.tenant_id)
    for tenant in dict.fromkeys([page_tenant or owner, owner]):
        record(
            "message.number_revealed",
            actor=request.user.email,
            tenant=tenant,
            subject=f"{account}/{Masking(in_full=False).id(message.folded.message_id, number)}",
            details={"reason": form.cleaned_data["reason"], "tenant": owner.slug},
        )
    return NumberReveal(form=None, number=number, status=200)

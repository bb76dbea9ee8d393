"""Reveal a message's number once, for a reason that is recorded in the audit log."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from deliveries.message_pages.reveal_form import RevealForm
from deliveries.messages.row import StoredMessage
from portal.accounts import shown_once
from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant

_KEPT_AS = "revealed-message"


@dataclass(frozen=True, slots=True)
class NumberReveal:
    """The revealed number, or "" and the form that asks for the reason (None: the number cannot be revealed).

    `is_granted` after a POST with a valid reason: the caller redirects to the page, which then has the number.
    """

    form: RevealForm | None
    number: str
    status: int = 200  # of the HTTP response
    is_granted: bool = False


def reveal_number(
    request: HttpRequest,
    message: StoredMessage,
    *,
    account: str,
    page_tenant: Tenant | None = None,
    is_permitted: bool = True,
) -> NumberReveal:
    """Return the number on the one page after a POST with a valid reason, which is recorded; else the form.

    A reload of that page has no number, and records nothing. Recorded in the log of the message's tenant, and in that
    of `page_tenant` where it is another one. Raises PermissionDenied for a POST that is not permitted.
    """
    number = message.folded.destination or ""
    place = f"{account}/{message.folded.message_id}"
    if request.method == "POST" and not is_permitted:
        raise PermissionDenied
    if not number or not is_permitted:
        return NumberReveal(form=None, number="", status=422 if request.method == "POST" else 200)
    if request.method != "POST":
        is_shown = request.method == "GET" and shown_once.take(request, _KEPT_AS) == place
        return NumberReveal(None, number) if is_shown else NumberReveal(RevealForm(number=number), number="")
    form = RevealForm(request.POST, number=number)
    if not form.is_valid():
        return NumberReveal(form, number="", status=422)
    owner = Tenant.objects.get(id=message.tenant_id)
    for tenant in dict.fromkeys([page_tenant or owner, owner]):
        record(
            "message.number_revealed",
            actor=request.user.email,
            tenant=tenant,
            subject=f"{account}/{Masking(in_full=False).id(message.folded.message_id, number)}",
            details={"reason": form.cleaned_data["reason"], "tenant": owner.slug},
        )
    shown_once.keep(request, _KEPT_AS, place)
    return NumberReveal(form=None, number="", is_granted=True)

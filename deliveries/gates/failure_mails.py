"""Mails about a failing gate, to the owners and managers of its tenant, each in the language of their own customer."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from deliveries.gates.rounds import DROP
from deliveries.models import Gate, GateAttempt, GateDelivery
from portal.accounts import mail, standing
from portal.common.periods import zone


def tell(gate: Gate, *, off_at: datetime | None) -> None:
    """Mail what is known of a failing gate after the commit; `off_at` is when it would be switched off."""
    hosts = [urlsplit(url).hostname or "" for url in gate.destinations.values_list("url", flat=True) if url != DROP]
    tried = GateAttempt.objects.filter(gate_id=gate.pk, destination_id__isnull=False, number__gt=0)
    outcome = tried.order_by("-at", "-id").values_list("outcome", flat=True).first()
    waiting = GateDelivery.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk).count()
    for address, language in standing.managers_of(gate.tenant).items():
        with translation.override(language):
            facts = [
                _("Destination: %(host)s") % {"host": ", ".join(dict.fromkeys(hosts))},
                _("Last outcome: %(outcome)s") % {"outcome": outcome or "–"},
                _("Reports that wait: %(number)s") % {"number": number_format(waiting, force_grouping=True)},
            ]
            subject, said, advice = _words(gate, off_at)
            text = "\n\n".join([said, "\n".join(facts), advice, page_of(gate), _("SMS reports")])
            mail.send_after_commit(to=address, subject=subject, text=text, action=_("Open the gate"))


def page_of(gate: Gate) -> str:
    """Return the address of the gate's page."""
    return f"{settings.PUBLIC_URL}/t/{gate.tenant.slug}/gates/{gate.public_id}/"


def _words(gate: Gate, off_at: datetime | None) -> tuple[str, str, str]:
    """Return subject, first sentence and advice in the current language."""
    names = {
        "gate": gate.name,
        "tenant": gate.tenant.name,
        "since": _time(gate.failing_since, gate),
        "off_at": _time(off_at, gate),
    }
    if gate.state != Gate.State.OFF:
        subject = _("Gate is failing: %(gate)s")
        said = _("The gate “%(gate)s” of %(tenant)s is failing: nothing has arrived at its receiver since %(since)s.")
        advice = _(
            "The portal goes on trying. Reports that wait longer than the gate's time to live are not sent any more."
            " If nothing arrives until %(off_at)s, the gate is switched off."
        )
    else:
        subject = _("Gate switched off: %(gate)s")
        if gate.off_reason == Gate.OffReason.GONE:
            said = _(
                "The gate “%(gate)s” of %(tenant)s is switched off: its receiver answered 410 Gone, so its address"
                " will not return."
            )
        else:
            said = _(
                "The gate “%(gate)s” of %(tenant)s is switched off: nothing has arrived at its receiver since"
                " %(since)s."
            )
        advice = _(
            "Reports are held from now on; none is lost. Resume the gate when the receiver works again: the reports"
            " that wait are sent then."
        )
    return subject % names, said % names, advice % names


def _time(at: datetime | None, gate: Gate) -> str:
    if at is None:
        return "–"
    local = at.astimezone(zone(gate.tenant.timezone))
    return f"{date_format(local, 'DATETIME_FORMAT')} ({gate.tenant.timezone})"

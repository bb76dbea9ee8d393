"""Lists of recipients that are narrowed to a variant, and to recipients with a conversion event."""

from django.http import Http404, HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from campaigns.conversions.models import ConversionKind
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from portal.common.masking import Masking
from reports.campaigns.recipient_lists import ANY_EVENT, CampaignMessages

MAX_VARIANT = 256
_ANY = "any"


def asked_messages(request: HttpRequest, campaign: Campaign) -> CampaignMessages:
    """Return the campaign's messages that a list is asked for: `variant` is a name, `event` a kind's id or `any`.

    Raises Http404 for a kind that there is not, and for a variant that holds a phone number: no list is searched by it.
    """
    variant, event = request.GET.get("variant"), request.GET.get("event")
    if variant is not None and not may_be_asked(variant):
        raise Http404
    return CampaignMessages(
        tenant_id=campaign.tenant_id,
        campaign_ids=ids_shown_as(campaign),
        variant=variant,
        event=None if event is None else _kind_id(campaign, event),
    )


def may_be_asked(variant: str) -> bool:
    """Return whether a list can be narrowed to the variant."""
    return len(variant) <= MAX_VARIANT and "\0" not in variant and not Masking(in_full=False).hides(variant)


def narrowing(of: CampaignMessages) -> str:
    """Return the parameters that ask for the list again, '' for a whole one."""
    found = {}
    if of.variant is not None:
        found["variant"] = of.variant
    if of.event is not None:
        found["event"] = _ANY if of.event == ANY_EVENT else str(of.event)
    return urlencode(found)


def narrowing_text(of: CampaignMessages) -> str:
    """Return what the list is narrowed to, for people; '' for a whole one."""
    texts = []
    if of.variant is not None:
        texts.append(_("variant %(name)s") % {"name": of.variant or _("(no variant)")})
    if of.event == ANY_EVENT:
        texts.append(_("with a conversion event"))
    elif of.event is not None:
        kind = ConversionKind.objects.get(tenant_id=of.tenant_id, id=of.event)
        texts.append(_("with the event “%(kind)s”") % {"kind": kind.name})
    return ", ".join(texts)


def _kind_id(campaign: Campaign, text: str) -> int:
    if text == _ANY:
        return ANY_EVENT
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    kinds = ConversionKind.objects.filter(tenant_id=campaign.tenant_id)
    if not is_number or not kinds.filter(id=int(text)).exists():
        raise Http404
    return int(text)

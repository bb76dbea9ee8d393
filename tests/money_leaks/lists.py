"""Address's part of a list of messages behind a figure, for tests that open every route."""

from datetime import UTC, date, datetime

from deliveries.models import Message
from portal.tenants.models import Tenant
from reports.leaks.listed import Listed
from reports.leaks.window import Window

_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


def leak_of(tenant: Tenant) -> str:
    """Return the list of all messages of the campaign and variant of one of the tenant's messages with a number."""
    message = Message.objects.filter(tenant=tenant).exclude(recipient_key=None).order_by("message_id").first()
    row = {"campaign": message.campaign_id if message else 0, "variant": message.variant if message else ""}
    window = Window(
        tenant_id=tenant.pk, first=date(2020, 1, 1), last=date(2099, 1, 1), begin=_BEGIN, until=_END
    )  # fmt: skip
    return Listed("parts", window, row | {"from": _BEGIN.isoformat()}).seal()

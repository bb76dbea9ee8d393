"""The baseline's two ways to write a report, row by row: only stored, and with its message's state and count."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from benchmarks.baseline.models import DailyCount, DeliveryReport, Message

STATUSES = {1000: "sent", 1001: "delivered", 1002: "expired", 1005: "queued", 1006: "failed"}


def insert_report(data: dict, *, raw: dict) -> DeliveryReport:
    """Make the report's row, and its message's when that is the first report about it."""
    message, _new = Message.objects.get_or_create(message_id=data["id"].partition("$")[0], defaults=_values(data))
    return DeliveryReport.objects.create(
        message=message, result_code=data["resultCode"], status_at=data.get("timestamp"), raw=raw
    )


def apply_report(raw: dict) -> None:
    """Insert the report's row, update its message's state, and move the message from one count to another."""
    data = raw | {name: datetime.fromisoformat(raw[name]) for name in ("sentTimestamp", "timestamp")}
    with transaction.atomic():
        values = _values(data)
        message, is_new = Message.objects.select_for_update().get_or_create(
            message_id=data["id"].partition("$")[0], defaults=values
        )
        known = DeliveryReport.objects.filter(message=message, result_code=data["resultCode"])
        if not is_new and known.filter(status_at=data["timestamp"]).exists():
            return
        DeliveryReport.objects.create(
            message=message, result_code=data["resultCode"], status_at=data["timestamp"], raw=raw
        )
        if is_new:
            _count(message, +1)
        elif data["timestamp"] >= message.status_at:
            _count(message, -1)
            for name, value in values.items():
                setattr(message, name, value)
            message.save()
            _count(message, +1)


def _values(data: dict) -> dict:
    own = data.get("customParameters") or {}
    return {
        "partner_id": (data.get("gateCustomParameters") or own).get("platformPartnerId", ""),
        "ref_id": data.get("refId") or "",
        "destination": own.get("destination", ""),
        "source": own.get("source", ""),
        "operator": data.get("operator") or "",
        "status": STATUSES.get(data["resultCode"], "failed"),
        "result_code": data["resultCode"],
        "sent_at": data.get("sentTimestamp"),
        "status_at": data.get("timestamp"),
        "parts": data.get("segments") or 1,
        "custom_parameters": own,
    }


def _count(message: Message, sign: int) -> None:
    row, _new = DailyCount.objects.get_or_create(
        day=message.sent_at.date(), partner_id=message.partner_id, operator=message.operator, status=message.status
    )
    DailyCount.objects.filter(id=row.id).update(messages=F("messages") + sign)

"""An action of an admin list on chosen rows, and what the audit log says of it."""

from django.urls import reverse

from portal.accounts.models import AuditEntry


def act(client, list_name: str, action: str, *rows, **data):
    return client.post(
        reverse(f"admin:{list_name}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], **data},
        follow=True,
    )


def audit(action: str) -> list[tuple]:
    entries = AuditEntry.objects.filter(action=action).order_by("id")
    return list(entries.values_list("tenant__slug", "actor", "subject", "details"))

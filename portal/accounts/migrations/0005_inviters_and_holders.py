"""Invitations and API keys know their person by id; those that exist by the address, followed through its changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def find_people(apps, schema_editor) -> None:
    """Fill in who invited and who holds a key. An open invitation of nobody ends; a key of nobody gets its notice."""
    people = {email.lower(): pk for pk, email in apps.get_model("accounts", "User").objects.values_list("id", "email")}
    changed = apps.get_model("accounts", "AuditEntry").objects.filter(action="email.changed").order_by("id")
    later = {before.lower(): after.lower() for before, after in changed.values_list("subject", "actor")}

    def person(email: str) -> int | None:
        seen, email = set(), email.lower()
        while email not in people and email in later and email not in seen:
            seen.add(email)
            email = later[email]
        return people.get(email)

    invitations = apps.get_model("accounts", "Invitation").objects
    for email in set(invitations.values_list("invited_by", flat=True)):
        invitations.filter(invited_by=email).update(inviter_id=person(email))
    invitations.filter(inviter_id=None, accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())
    keys = apps.get_model("tenants", "ApiKey").objects.filter(account=None)
    for email in set(keys.values_list("created_by", flat=True)):
        keys.filter(created_by=email).update(holder_id=person(email))
    of_nobody = keys.filter(holder_id=None, revoked_at=None, created_by__contains="@")  # commands have no address
    of_nobody.update(abandoned_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_search_audit_log"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="inviter",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(find_people, migrations.RunPython.noop),
    ]

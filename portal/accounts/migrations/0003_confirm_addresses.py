"""Everybody who is there was made by operators: their addresses count as confirmed."""

from django.db import migrations


def confirm(apps, schema_editor) -> None:
    address = apps.get_model("account", "EmailAddress")
    for user in apps.get_model("accounts", "User").objects.order_by("id"):
        email = user.email.lower()
        address.objects.filter(user_id=user.id).exclude(email=email).delete()
        address.objects.update_or_create(user_id=user.id, email=email, defaults={"verified": True, "primary": True})


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0001_initial"),
        ("accounts", "0002_api_keys_and_settings"),
    ]

    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]

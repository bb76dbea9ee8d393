"""Filters of identities by ids that never come again; the filters are made anew by their task.

Recounts walk in another order than they did (0015), so those that have not ended begin anew.
"""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0015_identity_by_message_id")]

    operations = [
        migrations.DeleteModel("IdentityFilter"),
        migrations.CreateModel(
            name="IdentityFilter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(unique=True)),
                ("made_with", models.TextField()),
                ("messages", models.BigIntegerField(default=0)),
                ("bits", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "identity_filter",
            },
        ),
        migrations.RunSQL(  # bits at random: nothing to compress
            "ALTER TABLE identity_filter ALTER COLUMN bits SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            "UPDATE tenant_recount SET after_account_id = 0, after_message_id = '', done = 0, changed = 0"
            " WHERE state <> 'done'",
            migrations.RunSQL.noop,
        ),
    ]

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0013_counts_by_their_keys_alone"),
    ]

    operations = [
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
    ]

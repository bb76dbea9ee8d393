"""Erasure that reaches names and texts: retention walks once more over messages whose numbers it has hashed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0021_dated_moves"),
        ("tenants", "0008_ownership_periods"),
    ]

    operations = [
        migrations.AddField(
            model_name="ingestcount",
            name="erased",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.CreateModel(
            name="ErasedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "erased_month",
            },
        ),
        # Their refIds and campaigns kept the numbers until now.
        migrations.RunSQL("UPDATE retention_mark SET numbers_done = NULL", migrations.RunSQL.noop),
    ]

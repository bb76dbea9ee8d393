"""Imports: archives are known by all of their bytes, rows by their import, and what became of them is counted."""

import django.db.models.deletion
from django.db import migrations, models

RUN = "deliveries.importrun"


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0016_requests_as_they_came")]

    operations = [
        migrations.RemoveConstraint("importrun", "import_run_open_once"),
        # It was the hash of a file's beginning and size, which no other file's can be compared with.
        migrations.AlterField(
            "importrun", "fingerprint", models.CharField(default="", max_length=64)
        ),  # for the way back
        migrations.RemoveField("importrun", "fingerprint"),
        migrations.RenameField("importrun", "lines", "rows"),
        migrations.AddField(
            "importrun",
            "sha256",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField("importrun", "accept_days", models.IntegerField(null=True)),
        migrations.AddField("importrun", "file_size", models.BigIntegerField(null=True)),
        migrations.AddField("importrun", "position", models.BigIntegerField(default=0)),
        migrations.AddField(
            "importrun",
            "problem",
            models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "importrun",
            models.UniqueConstraint(
                condition=models.Q(("finished_at", None), models.Q(("sha256", ""), _negated=True)),
                fields=("feed", "sha256", "accept_days"),
                name="import_run_open_once",
                nulls_distinct=False,
            ),
        ),
        migrations.CreateModel(
            name="ImportCount",
            fields=[
                ("rows", models.BigIntegerField(db_default=0)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "outcome",
                        "reason",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("report", "New report"),
                            ("duplicate", "Duplicate"),
                            ("quarantined", "Quarantined"),
                            ("replayed", "Replayed"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reason", models.CharField(max_length=40)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=RUN,
                    ),
                ),
            ],
            options={"db_table": "import_count"},
        ),
        migrations.AddField(
            "quarantinedrow",
            "import_run",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=RUN),
        ),
        # In plain SQL, without an index: nothing looks rows of the inbox up by it.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE inbox ADD COLUMN import_run_id bigint", "ALTER TABLE inbox DROP COLUMN import_run_id"
                )
            ],
            [
                migrations.AddField(
                    "inboxrow",
                    "import_run",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=RUN,
                    ),
                )
            ],
        ),
    ]

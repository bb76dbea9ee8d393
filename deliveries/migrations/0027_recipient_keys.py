"""Recipient keys of messages; what is stored gets them from the worker, as part of a refold."""

from django.db import migrations, models

ADD = "ALTER TABLE message ADD COLUMN recipient_key bytea"
REMOVE = "ALTER TABLE message DROP COLUMN recipient_key"
QUEUE = """
UPDATE rule_refold SET month = NULL, after_account_id = 0, after_message_id = '' WHERE state IN ('queued', 'running');
INSERT INTO rule_refold (state, done, attempts, error, after_account_id, after_message_id, changed)
SELECT 'queued', 0, 0, '', 0, '', 0 WHERE EXISTS (SELECT FROM message)
AND NOT EXISTS (SELECT FROM rule_refold WHERE state IN ('queued', 'running'));
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0025_erased_names")]

    operations = [
        migrations.CreateModel(
            name="RecipientSecret",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("sealed", models.TextField()),
            ],
            options={
                "db_table": "recipient_secret",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="recipient_secret_is_one")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(ADD, REMOVE)],
            [migrations.AddField("message", "recipient_key", models.BinaryField(null=True))],
        ),
        migrations.RunSQL(QUEUE, migrations.RunSQL.noop),
    ]

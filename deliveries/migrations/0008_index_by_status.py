"""Message Search by a status: in the index of what is not delivered the status comes before the time."""

from django.db import migrations

CREATE = """
-- newest first of one state of what went wrong or is open: a rare one is not looked for among all the others
CREATE INDEX message_by_status ON message (tenant_id, status, sent_at) WHERE status <> 'delivered';
DROP INDEX message_newest_undelivered;
"""
DROP = """
CREATE INDEX message_newest_undelivered ON message (tenant_id, sent_at) WHERE status <> 'delivered';
DROP INDEX message_by_status;
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0007_condensed_counts")]
    operations = [migrations.RunSQL(CREATE, DROP)]

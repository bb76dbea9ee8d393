"""Message Search by refId or its beginning: with the time in the index only the messages of the page are read."""

from django.db import migrations

CREATE = """
-- by refId newest first, by its beginning within the days of the page
CREATE INDEX message_by_ref_id_and_time ON message (tenant_id, ref_id, sent_at);
DROP INDEX message_by_ref_id;
"""
DROP = """
CREATE INDEX message_by_ref_id ON message (tenant_id, ref_id);
DROP INDEX message_by_ref_id_and_time;
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0008_index_by_status")]
    operations = [migrations.RunSQL(CREATE, DROP)]

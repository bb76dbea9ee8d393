"""Indexes of Message Search (deliveries/search/find.py); each begins with the tenant."""

from django.db import migrations

CREATE = """
-- newest first, and every filter that leaves most messages in
CREATE INDEX message_newest ON message (tenant_id, sent_at);
-- newest first of what went wrong or is open
CREATE INDEX message_newest_undelivered ON message (tenant_id, sent_at) WHERE status <> 'delivered';
-- by number, by refId or its prefix, by campaign
CREATE INDEX message_by_destination ON message (tenant_id, destination);
CREATE INDEX message_by_ref_id ON message (tenant_id, ref_id);
CREATE INDEX message_by_campaign ON message (tenant_id, campaign_id, sent_at);
"""
DROP = """
DROP INDEX message_newest, message_newest_undelivered, message_by_destination, message_by_ref_id, message_by_campaign
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0003_api_keys_and_settings")]
    operations = [migrations.RunSQL(CREATE, DROP)]

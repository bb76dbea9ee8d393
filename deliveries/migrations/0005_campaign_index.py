from django.db import migrations

# What the counts of a campaign's recipients, by variant too, and of its hours read: they take the index alone.
_WIDER = """
DROP INDEX message_by_campaign;
CREATE INDEX message_by_campaign ON message (tenant_id, campaign_id, sent_at)
    INCLUDE (day, variant, status, latency_bucket, recipient_key);
"""
_BEFORE = """
DROP INDEX message_by_campaign;
CREATE INDEX message_by_campaign ON message (tenant_id, campaign_id, sent_at);
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0004_condensed_campaign_places")]

    operations = [migrations.RunSQL(_WIDER, _BEFORE)]

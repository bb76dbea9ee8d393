"""Messages and their reports are looked up by message id alone, in a way that no other index fits."""

from django.db import migrations

CREATE = """
-- the applier's look-up by identity: hardly two accounts have the same id (deliveries/messages/store.py)
CREATE INDEX message_by_message_id ON message (message_id);
DROP INDEX message_identity;
-- a message's history, and the test for duplicates
CREATE INDEX delivery_report_by_message_id ON delivery_report (message_id);
DROP INDEX delivery_report_identity;
"""
DROP = """
CREATE INDEX message_identity ON message (account_id, message_id);
DROP INDEX message_by_message_id;
CREATE INDEX delivery_report_identity ON delivery_report (account_id, message_id);
DROP INDEX delivery_report_by_message_id;
"""
# They walked in the order of the old index.
RECOUNTS_BEGIN_ANEW = """
UPDATE tenant_recount SET after_account_id = 0, after_message_id = '', done = 0, changed = 0 WHERE state <> 'done'
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0014_identity_filter")]
    operations = [migrations.RunSQL(CREATE, DROP), migrations.RunSQL(RECOUNTS_BEGIN_ANEW, migrations.RunSQL.noop)]

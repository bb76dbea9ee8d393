"""The instant of each row's last change, kept by the database, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, index_changes, note_changes

# A lock of one key: the microseconds since 2020, and above these 52 bits the kind of the writers. One a transaction.
NOTE_WRITING = """
CREATE FUNCTION note_writing(writers integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    noted text := 'portal.writing_' || writers;
BEGIN
    IF current_setting(noted, true) IS DISTINCT FROM 'yes' THEN
        PERFORM pg_advisory_xact_lock_shared(
            (writers::bigint << 52)
            + floor(extract(epoch FROM clock_timestamp() - '2020-01-01T00:00:00Z'::timestamptz) * 1000000)::bigint
        );
        PERFORM set_config(noted, 'yes', true);
    END IF;
END $$
"""
# 1827 is Writers.ROWS. The clock is read after the lock is held, so that no reader misses the row.
NOTE_CHANGE = """
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    silent text[] := coalesce(TG_ARGV[:], '{}') || '{updated_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.updated_at <= OLD.updated_at
        AND to_jsonb(NEW) - silent = to_jsonb(OLD) - silent
    THEN
        NEW.updated_at := OLD.updated_at;
        RETURN NEW;
    END IF;
    PERFORM public.note_writing(1827);
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_billing_scope")]

    operations = [
        migrations.RunSQL(NOTE_WRITING, "DROP FUNCTION note_writing"),
        migrations.RunSQL(NOTE_CHANGE, "DROP FUNCTION note_change"),
        add_updated_at("tenant"),
        note_changes("tenants_tenant"),
        add_updated_at("partnerid"),
        note_changes("tenants_partnerid"),
        index_changes("partnerid", "partner_id_by_change"),
        add_updated_at("apikey"),
        note_changes("tenants_apikey", "last_used_at"),
    ]

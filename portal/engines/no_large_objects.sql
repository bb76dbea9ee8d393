-- Large objects belong to no table and know no tenant, and every login could store some. Only a superuser can forbid it.
-- Run by the embedded server's start, and by docker/create-database.sh; to be run in each database.
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read|write)'
            AND has_function_privilege('public', oid, 'EXECUTE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;

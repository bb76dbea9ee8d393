#!/bin/sh
# Runs once, when the database container makes its data: the application's role is no superuser,
# because a superuser would pass through the wall between tenants (row-level security).
set -eu
psql --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/database_password)" --username postgres <<'SQL'
CREATE ROLE portal LOGIN CREATEROLE CREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE portal OWNER portal TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8';
-- Errors quote values, such as phone numbers: the application logs them, redacted (portal/engines/postgres.py).
ALTER DATABASE portal SET log_min_messages = log;
ALTER ROLE postgres IN DATABASE portal SET log_min_messages = warning;
SQL
psql --set ON_ERROR_STOP=1 --username postgres --dbname portal --file /usr/local/share/no_large_objects.sql

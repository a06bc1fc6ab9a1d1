#!/bin/sh
# Run once by the PostgreSQL image, on an empty data directory: the two logins and the database. The owner migrates; the
# runtime login owns nothing, so that row-level security binds it.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE creatorvault_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE creatorvault_app LOGIN PASSWORD :'app_password';
CREATE DATABASE creatorvault OWNER creatorvault_owner;
SQL

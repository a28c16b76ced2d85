SELECT 1::bigint FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid = $1
  AND objid = 'deployment'::regclass::oid
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())

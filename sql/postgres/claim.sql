-- An advisory lock of the session, by the number of the deployment table, whatever its database.
SELECT pg_try_advisory_lock('deployment'::regclass::oid::bigint), pg_backend_pid()::bigint

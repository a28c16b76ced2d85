SELECT position, version, at, kind, v, body FROM events
WHERE office = $1 AND case_id = $2
ORDER BY version

SELECT office, position, case_id, version, at, kind, v, body, effects, leaf, hash FROM events
WHERE office = $1 AND position >= $2
ORDER BY position LIMIT $3

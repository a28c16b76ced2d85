SELECT case_id, position, COALESCE(version, 0), at, kind, v, body FROM events
WHERE office = $1 AND position >= $2
ORDER BY position LIMIT $3

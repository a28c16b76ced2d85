SELECT id, kind, case_id, opened_at FROM incidents
WHERE office = $1 AND closed_at IS NULL
ORDER BY kind, id

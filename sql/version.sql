SELECT COALESCE(MAX(version), 0) FROM events WHERE office = $1 AND case_id = $2

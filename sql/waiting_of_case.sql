SELECT role, opened_at FROM case_waiting WHERE office = $1 AND case_id = $2 ORDER BY role

SELECT case_id, ring_key, wrapped FROM case_keys
WHERE office = $1 AND case_id > $2 AND ring_key <> $3 AND wrapped IS NOT NULL
ORDER BY case_id LIMIT $4

SELECT ring_key, COUNT(*) FROM case_keys
WHERE office = $1 AND wrapped IS NOT NULL
GROUP BY ring_key

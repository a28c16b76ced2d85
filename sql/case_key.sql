SELECT ring_key, wrapped, destroyed FROM case_keys WHERE office = $1 AND case_id = $2

SELECT id FROM record_terms WHERE office = $1 AND kind = $2 AND term = $3 AND id = $4

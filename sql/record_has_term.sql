SELECT id FROM record_terms WHERE office = $1 AND kind = $2 AND field = $3 AND term = $4 AND id = $5

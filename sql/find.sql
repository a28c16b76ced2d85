SELECT case_id FROM search_keys WHERE office = $1 AND field = $2 AND term = $3 ORDER BY case_id DESC LIMIT $4

SELECT field, term FROM search_keys WHERE office = $1 AND case_id = $2 ORDER BY field, term

SELECT term FROM record_terms WHERE office = $1 AND kind = $2 AND id = $3 ORDER BY term

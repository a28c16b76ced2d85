SELECT id, case_id, version FROM records WHERE office = $1 AND kind = $2 AND id = $3

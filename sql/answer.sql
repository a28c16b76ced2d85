SELECT case_id, request, sealed FROM answers WHERE office = $1 AND id = $2

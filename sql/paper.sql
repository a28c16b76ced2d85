SELECT case_id, sha256, sealed FROM papers WHERE office = $1 AND issuance_id = $2

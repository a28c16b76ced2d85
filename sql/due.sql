SELECT c.id FROM cases c JOIN case_keys k ON k.office = c.office AND k.case_id = c.id
WHERE c.office = $1 AND c.class = $2 AND c.ended >= $3 AND c.ended <= $4 AND k.destroyed IS NULL
ORDER BY c.ended, c.id

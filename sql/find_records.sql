SELECT r.id, r.case_id, r.version FROM record_terms t
JOIN records r ON r.office = t.office AND r.kind = t.kind AND r.id = t.id
WHERE t.office = $1 AND t.kind = $2 AND t.term IN ($3, $4, $5, $6, $7, $8, $9, $10)
ORDER BY t.id

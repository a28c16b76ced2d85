SELECT e.office, e.position, e.case_id, e.version, e.at, e.kind, e.v, e.body, e.effects, e.leaf, e.hash, p.hash FROM events e
LEFT JOIN events p ON p.office = e.office AND p.position = e.position - 1
WHERE e.office = $1 AND e.case_id = $2 AND e.version = $3

SELECT c.id, c.number, c.procedure, c.flow_version, c.state, c.since, c.opened_at, c.next, c.class, c.ended
FROM case_waiting w JOIN cases c ON c.office = w.office AND c.id = w.case_id
WHERE w.office = $1 AND w.role = $2 AND (w.opened_at, w.case_id) > ($3, $4)
ORDER BY w.opened_at, w.case_id LIMIT $5

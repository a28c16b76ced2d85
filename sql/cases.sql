SELECT id, number, procedure, flow_version, state, since, opened_at, next, class, ended
FROM cases WHERE office = $1
ORDER BY number

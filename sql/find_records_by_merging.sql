WITH RECURSIVE wanted (place, term) AS MATERIALIZED (
  SELECT 1, substr($3, 1, 32)
  UNION ALL
  SELECT place + 32, substr($3, place + 32, 32) FROM wanted WHERE place + 32 <= length($3)
), found (id) AS (
  SELECT t.id FROM wanted CROSS JOIN record_terms t
  WHERE t.office = $1 AND t.kind = $2 AND t.term = wanted.term
  GROUP BY t.id HAVING COUNT(*) = length($3) / 32
  ORDER BY t.id LIMIT $4
)
SELECT r.id, r.case_id, r.version, k.ring_key, k.wrapped,
  e.office, e.position, e.case_id, e.version, e.at, e.kind, e.v, e.body, e.effects, e.leaf, e.hash, p.hash
FROM found CROSS JOIN records r
LEFT JOIN case_keys k ON k.office = r.office AND k.case_id = r.case_id
LEFT JOIN events e ON e.office = r.office AND e.case_id = r.case_id AND e.version = r.version
LEFT JOIN events p ON p.office = e.office AND p.position = e.position - 1
WHERE r.office = $1 AND r.kind = $2 AND r.id = found.id
ORDER BY r.id

WITH RECURSIVE hidden (place, term) AS (
  SELECT 1, substr($4, 1, 32)
  UNION ALL
  SELECT place + 32, substr($4, place + 32, 32) FROM hidden WHERE place + 32 <= length($4)
)
SELECT c.id, c.number, c.procedure, c.flow_version, c.state, c.since, c.opened_at, c.next, c.class, c.ended
FROM search_keys k JOIN cases c ON c.office = k.office AND c.id = k.case_id
WHERE k.office = $1 AND k.field = $2 AND k.term = $3 AND (length($4) = 0 OR (
  EXISTS (
    SELECT 1 FROM search_keys n
    WHERE n.office = k.office AND n.case_id = k.case_id AND n.field IN ('atena-bango', 'setai-bango')
  ) AND NOT EXISTS (
    SELECT 1 FROM search_keys h WHERE h.office = k.office AND h.case_id = k.case_id
      AND h.term IN (SELECT hidden.term FROM hidden)
  )
))
ORDER BY k.case_id DESC LIMIT $5

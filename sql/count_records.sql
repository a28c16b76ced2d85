WITH RECURSIVE wanted (place, term) AS (
  SELECT 1, substr($3, 1, 32)
  UNION ALL
  SELECT place + 32, substr($3, place + 32, 32) FROM wanted WHERE place + 32 <= length($3)
)
SELECT (SELECT COUNT(*) FROM (
  SELECT 1 FROM record_terms t WHERE t.office = $1 AND t.kind = $2 AND t.term = wanted.term LIMIT $4
) counted) FROM wanted ORDER BY place

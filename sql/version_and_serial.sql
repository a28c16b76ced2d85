SELECT
  (SELECT COALESCE(MAX(version), 0) FROM events WHERE office = $1 AND case_id = $2),
  (SELECT last FROM serials WHERE office = $1 AND day = $3 AND terminal = $4)

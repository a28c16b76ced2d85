-- The event of a checkpoint stands at its size.
SELECT c.note FROM checkpoints c CROSS JOIN events e
WHERE c.office = $1 AND e.office = c.office AND e.position = c.size AND e.kind = $2
ORDER BY c.size DESC LIMIT 1

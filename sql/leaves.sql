SELECT leaf FROM events WHERE office = $1 AND position >= $2 AND position < $3 ORDER BY position

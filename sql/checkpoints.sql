SELECT size, note FROM checkpoints WHERE office = $1 ORDER BY size

SELECT size, hash, frontier, at FROM heads WHERE office = $1 FOR UPDATE

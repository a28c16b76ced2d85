-- BEGIN IMMEDIATE has locked the whole file already.
SELECT size, hash, frontier, at FROM heads WHERE office = $1

-- BEGIN IMMEDIATE has locked the whole file already.
SELECT mode, schema, program, size, hash, frontier, at FROM heads CROSS JOIN deployment WHERE office = $1

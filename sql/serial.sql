SELECT last FROM serials WHERE office = $1 AND day = $2 AND terminal = $3

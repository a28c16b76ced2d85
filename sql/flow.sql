SELECT text FROM flows WHERE office = $1 AND procedure = $2 AND version = $3

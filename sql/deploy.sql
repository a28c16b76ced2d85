INSERT INTO deployment (one, mode, schema, program) VALUES (1, $1, $2, $3)

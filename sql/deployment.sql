SELECT mode, schema, program FROM deployment

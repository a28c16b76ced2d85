SELECT id, case_id, kind, day, terminal, serial, digest, template, issuer, begun_at, state, ended_at, sha256, pages, reason
FROM issuances
WHERE office = $1 AND id = $2

-- The head is locked against other writers of the office; the deployment, which writers of all offices share,
-- against whoever would give the register to another program meanwhile.
SELECT d.mode, d.schema, d.program, h.size, h.hash, h.frontier, h.at FROM heads h CROSS JOIN deployment d
WHERE h.office = $1
FOR UPDATE OF h FOR SHARE OF d

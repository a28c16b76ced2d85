SELECT s.day, s.terminal, s.last, COUNT(i.id) FROM serials s
LEFT JOIN issuances i ON i.office = s.office AND i.day = s.day AND i.terminal = s.terminal AND i.serial <= s.last
WHERE s.office = $1 AND s.terminal > 0 AND s.terminal < 32768
GROUP BY s.day, s.terminal, s.last HAVING COUNT(i.id) <> s.last
ORDER BY s.day, s.terminal

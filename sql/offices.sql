SELECT office FROM heads ORDER BY office

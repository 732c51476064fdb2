-- When each was last signed in with; null for never. Not exact: see uses.rs.
ALTER TABLE passwords ADD COLUMN last_used_at INTEGER;
ALTER TABLE certificates ADD COLUMN last_used_at INTEGER;
ALTER TABLE principal_secrets ADD COLUMN last_used_at INTEGER;

-- When somebody last had a reason to count on the blob's being in the repository: it was pushed or mounted there, a client that may push was
-- told that it is there, or a manifest that needed it was deleted. Until it has rested for a while it is not collected, so links that are
-- there already begin now.
ALTER TABLE blob_links ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
UPDATE blob_links SET touched_at = unixepoch('now') * 1000000;

-- What the metadata API of the data plane tells and changes. locks is the sum of what is turned off: 1 delete, 2 write, 4 read,
-- 8 list (model/locks.rs).

ALTER TABLE repositories ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repositories ADD COLUMN locks INTEGER NOT NULL DEFAULT 0;

-- What is read from a manifest and its config when they are pushed; NULL for those pushed before, until they are pushed again.
ALTER TABLE manifests ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE manifests ADD COLUMN locks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE manifests ADD COLUMN content_bytes INTEGER;
ALTER TABLE manifests ADD COLUMN architecture TEXT;
ALTER TABLE manifests ADD COLUMN os TEXT;
ALTER TABLE manifests ADD COLUMN config_media_type TEXT;

ALTER TABLE tags ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tags ADD COLUMN locks INTEGER NOT NULL DEFAULT 0;

UPDATE manifests SET updated_at = created_at;
UPDATE tags SET created_at = updated_at;
UPDATE repositories SET updated_at = max(
    created_at,
    coalesce((SELECT max(m.updated_at) FROM manifests m WHERE m.repository = repositories.key), 0),
    coalesce((SELECT max(t.updated_at) FROM tags t WHERE t.repository = repositories.key), 0)
);

CREATE INDEX manifests_by_time ON manifests (repository, updated_at, digest);
CREATE INDEX tags_by_time ON tags (repository, updated_at, name);

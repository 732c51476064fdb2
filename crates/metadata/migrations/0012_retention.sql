-- What repositories keep: which tags and manifests without a tag the program deletes by itself. repositories is a pattern, as in a scope map;
-- never has one pattern of tags a line.
CREATE TABLE retention_rules (
    registry      INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    repositories  TEXT NOT NULL,
    keep_last     INTEGER,
    untagged_days INTEGER,
    never         TEXT NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (registry, repositories),
    CHECK (keep_last IS NOT NULL OR untagged_days IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- In which order tags were moved, whatever the clock said: each has a greater number than all that moved before it.
ALTER TABLE tags ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
UPDATE tags SET moved = n.number FROM (
    SELECT repository, name, row_number() OVER (PARTITION BY repository ORDER BY updated_at, name) AS number FROM tags
) AS n WHERE n.repository = tags.repository AND n.name = tags.name;
CREATE INDEX tags_by_move ON tags (repository, moved);

-- When a manifest was last pushed, or a tag last came to it or went from it. Nobody noted when tags went, so those that are there begin now.
ALTER TABLE manifests ADD COLUMN rests_since INTEGER NOT NULL DEFAULT 0;
UPDATE manifests SET rests_since = max(updated_at, unixepoch('now') * 1000000);

-- What SQLite is to think of this index: how many rows there are, of one repository, and of one manifest in it. Without a word it takes repositories
-- for so small that it reads all tags of one to find those of a manifest, for each manifest that is deleted.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('tags', 'tags_by_digest', '1000000 1000 2');
ANALYZE sqlite_schema;

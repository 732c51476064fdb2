-- Names are kept as they were created, and compared by name_key, their lower-case form. Times are microseconds since the Unix
-- epoch. Keys that leave the database (in bearers, permits, uploads) are AUTOINCREMENT: never given to another row, also after
-- a delete. Text compares by bytes (BINARY), which is the order of lists.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: see management_version.rs.
CREATE TABLE management_version (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO management_version (one, version) VALUES (1, 0);

CREATE TABLE principals (
    key         INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id   TEXT NOT NULL UNIQUE,
    object_id   TEXT NOT NULL UNIQUE,
    secret_hash BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

-- Management plane ---------------------------------------------------------------------------------------------------------

CREATE TABLE resource_groups (
    key      INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    location TEXT NOT NULL
) STRICT;

CREATE TABLE resource_group_labels (
    resource_group INTEGER NOT NULL REFERENCES resource_groups (key) ON DELETE CASCADE,
    name           TEXT NOT NULL,
    value          TEXT NOT NULL,
    PRIMARY KEY (resource_group, name)
) STRICT, WITHOUT ROWID;

-- A registry's name is unique over all groups: it is the first label of its login server.
CREATE TABLE registries (
    key                     INTEGER PRIMARY KEY AUTOINCREMENT,
    resource_group          INTEGER NOT NULL REFERENCES resource_groups (key) ON DELETE CASCADE,
    name                    TEXT NOT NULL,
    name_key                TEXT NOT NULL UNIQUE,
    location                TEXT NOT NULL,
    sku                     TEXT NOT NULL,
    created_at              INTEGER NOT NULL,
    system_created_by       TEXT NOT NULL,
    system_created_by_kind  TEXT NOT NULL,
    system_created_at       INTEGER NOT NULL,
    system_modified_by      TEXT NOT NULL,
    system_modified_by_kind TEXT NOT NULL,
    system_modified_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX registries_by_group ON registries (resource_group, name_key);

CREATE TABLE registry_labels (
    registry INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (registry, name)
) STRICT, WITHOUT ROWID;

-- actions: one entry a line, in the order in which they came. The system's own maps have no system data.
CREATE TABLE scope_maps (
    key                     INTEGER PRIMARY KEY AUTOINCREMENT,
    registry                INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    name                    TEXT NOT NULL,
    name_key                TEXT NOT NULL,
    description             TEXT NOT NULL,
    kind                    TEXT NOT NULL CHECK (kind IN ('user', 'system')),
    actions                 TEXT NOT NULL,
    created_at              INTEGER NOT NULL,
    system_created_by       TEXT,
    system_created_by_kind  TEXT,
    system_created_at       INTEGER,
    system_modified_by      TEXT,
    system_modified_by_kind TEXT,
    system_modified_at      INTEGER,
    UNIQUE (registry, name_key)
) STRICT;

CREATE TABLE tokens (
    key                     INTEGER PRIMARY KEY AUTOINCREMENT,
    registry                INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    name                    TEXT NOT NULL,
    name_key                TEXT NOT NULL,
    status                  TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
    scope_map               INTEGER REFERENCES scope_maps (key) ON DELETE SET NULL,
    generation              INTEGER NOT NULL,
    created_at              INTEGER NOT NULL,
    system_created_by       TEXT NOT NULL,
    system_created_by_kind  TEXT NOT NULL,
    system_created_at       INTEGER NOT NULL,
    system_modified_by      TEXT NOT NULL,
    system_modified_by_kind TEXT NOT NULL,
    system_modified_at      INTEGER NOT NULL,
    UNIQUE (registry, name_key)
) STRICT;
CREATE INDEX tokens_by_scope_map ON tokens (scope_map);

-- Regenerating a password deletes its row and makes another, so that bearers of the old one find no row.
CREATE TABLE passwords (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    token      INTEGER NOT NULL REFERENCES tokens (key) ON DELETE CASCADE,
    name       TEXT NOT NULL CHECK (name IN ('password1', 'password2')),
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (token, name)
) STRICT;

-- Data plane ---------------------------------------------------------------------------------------------------------------

CREATE TABLE repositories (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    registry   INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (registry, name)
) STRICT;

-- Blobs are kept once for all repositories; blob_links says who holds them.
CREATE TABLE blobs (
    digest     TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blob_links (
    repository INTEGER NOT NULL REFERENCES repositories (key) ON DELETE CASCADE,
    digest     TEXT NOT NULL REFERENCES blobs (digest),
    PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_links_by_digest ON blob_links (digest);

CREATE TABLE manifests (
    repository    INTEGER NOT NULL REFERENCES repositories (key) ON DELETE CASCADE,
    digest        TEXT NOT NULL,
    media_type    TEXT NOT NULL,
    bytes         BLOB NOT NULL,
    size_bytes    INTEGER NOT NULL,
    subject       TEXT,
    artifact_type TEXT,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
) STRICT;
CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;

-- What a manifest needs: blobs (config, layers) and other manifests (members of an index).
CREATE TABLE manifest_references (
    repository INTEGER NOT NULL,
    manifest   TEXT NOT NULL,
    referenced TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('blob', 'manifest')),
    PRIMARY KEY (repository, manifest, referenced, kind),
    FOREIGN KEY (repository, manifest) REFERENCES manifests (repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_references_by_referenced ON manifest_references (repository, referenced);

CREATE TABLE tags (
    repository INTEGER NOT NULL,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES manifests (repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_digest ON tags (repository, digest);

-- The repository is a name, not a row: a repository exists from its first manifest or blob on, not from its first upload.
CREATE TABLE uploads (
    id         TEXT PRIMARY KEY,
    registry   INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    token      INTEGER NOT NULL REFERENCES tokens (key) ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_registry ON uploads (registry);
CREATE INDEX uploads_by_token ON uploads (token);
CREATE INDEX uploads_by_touched ON uploads (touched_at);

-- Several secrets for a principal, so that one can be renewed before another ends. The row of a secret goes with it: bearers name
-- it, and find nothing.
CREATE TABLE principal_secrets (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    principal  INTEGER NOT NULL REFERENCES principals (key) ON DELETE CASCADE,
    id         TEXT NOT NULL UNIQUE,
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX principal_secrets_by_principal ON principal_secrets (principal);

INSERT INTO principal_secrets (principal, id, hash, created_at)
SELECT key, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), secret_hash, created_at
FROM principals;

ALTER TABLE principals DROP COLUMN secret_hash;
ALTER TABLE principals ADD COLUMN name TEXT NOT NULL DEFAULT 'first-start';
ALTER TABLE principals ADD COLUMN name_key TEXT NOT NULL DEFAULT 'first-start';
CREATE UNIQUE INDEX principals_by_name ON principals (name_key);

-- Who holds which role where. A scope goes with what it names: what is later made under the same name is not meant. Neither a group
-- nor a registry: the whole subscription. principal is an object id, or whom an issuer vouches for, so it refers to no row.
CREATE TABLE role_assignments (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    principal       TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('Reader', 'Contributor', 'Owner')),
    resource_group  INTEGER REFERENCES resource_groups (key) ON DELETE CASCADE,
    registry        INTEGER REFERENCES registries (key) ON DELETE CASCADE,
    created_by      TEXT NOT NULL,
    created_by_kind TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CHECK (resource_group IS NULL OR registry IS NULL)
) STRICT;
CREATE UNIQUE INDEX role_assignments_once
    ON role_assignments (principal, role, coalesce(resource_group, 0), coalesce(registry, 0));
CREATE INDEX role_assignments_by_group ON role_assignments (resource_group) WHERE resource_group IS NOT NULL;
CREATE INDEX role_assignments_by_registry ON role_assignments (registry) WHERE registry IS NOT NULL;

-- Until now a principal could do everything.
INSERT INTO role_assignments (id, principal, role, created_by, created_by_kind, created_at)
SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), object_id, 'Owner', object_id, 'application', created_at
FROM principals;

-- What a change of roles or secrets ends (principal_users.rs).
CREATE INDEX tokens_of_principals ON tokens (name_key) WHERE kind = 'principal';

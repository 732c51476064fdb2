-- A certificate is in one slot of one token of a registry: that is what it signs in as. Replacing one deletes its row and makes another,
-- so that bearers of the old one find no row. fingerprint: SHA-256 of der; thumbprint: SHA-1 of it.
CREATE TABLE certificates (
    key         INTEGER PRIMARY KEY AUTOINCREMENT,
    registry    INTEGER NOT NULL REFERENCES registries (key) ON DELETE CASCADE,
    token       INTEGER NOT NULL REFERENCES tokens (key) ON DELETE CASCADE,
    name        TEXT NOT NULL CHECK (name IN ('certificate1', 'certificate2')),
    fingerprint BLOB NOT NULL,
    thumbprint  BLOB NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    der         BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    UNIQUE (token, name),
    UNIQUE (registry, fingerprint)
) STRICT;

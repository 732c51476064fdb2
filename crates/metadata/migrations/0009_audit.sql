-- The audit log: one chain, in which each entry holds the hash of the one before. Entries name registries, tokens and principals by name
-- and refer to no row, so that they stay when what they speak of goes. hash is SHA-256 over the entry's canonical text, which
-- docs/audit.md describes.
CREATE TABLE audit_entries (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('allowed', 'refused')),
    action     TEXT NOT NULL,
    who        TEXT,
    credential TEXT,
    address    TEXT,
    registry   TEXT,
    repository TEXT,
    target     TEXT,
    rule       TEXT,
    detail     TEXT,
    request    TEXT,
    count      INTEGER,
    since      INTEGER,
    previous   BLOB NOT NULL CHECK (length(previous) = 32),
    hash       BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_entries_by_time ON audit_entries (at);

-- One row: up to which entry the log was pruned.
CREATE TABLE audit_pruned (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO audit_pruned (one, seq) VALUES (1, 0);

CREATE TRIGGER audit_entries_follow BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq >= NEW.seq)
    OR NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq - 1 AND hash = NEW.previous)
BEGIN SELECT RAISE(ABORT, 'an entry of the audit log must follow the last one'); END;

CREATE TRIGGER audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END;

CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
WHEN OLD.seq > (SELECT seq FROM audit_pruned)
BEGIN SELECT RAISE(ABORT, 'entries of the audit log are only pruned, the oldest first'); END;

-- The newest entry stays: the next one follows it.
CREATE TRIGGER audit_pruned_advances BEFORE UPDATE ON audit_pruned
WHEN NEW.seq <= OLD.seq OR NEW.seq >= (SELECT coalesce(max(seq), 0) FROM audit_entries)
BEGIN SELECT RAISE(ABORT, 'the audit log is pruned forwards, and never whole'); END;

CREATE TRIGGER audit_pruned_stays BEFORE DELETE ON audit_pruned
BEGIN SELECT RAISE(ABORT, 'what was pruned of the audit log is not forgotten'); END;

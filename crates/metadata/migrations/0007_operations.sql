-- Operations of the management plane that ended well, so that their URLs answer: none is there that did not, since each is written
-- with its change. path_key: see model/operation_path.rs.
CREATE TABLE operations (
    path_key BLOB PRIMARY KEY,
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_by_end ON operations (ended_at);

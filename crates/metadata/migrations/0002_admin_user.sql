-- The admin user of a registry, and service principals that use one, are rows of tokens that the management plane does not show as
-- tokens: they get bearers and start uploads as tokens do. Their name_key begins with @, which no token's can.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'token' CHECK (kind IN ('token', 'admin', 'principal'));

-- Of passwords that are shown again: what they are derived from, with a key that is not here. Of all others null.
ALTER TABLE passwords ADD COLUMN salt BLOB;

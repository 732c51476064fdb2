-- The admin user of a registry is a row of tokens that the management plane does not show as a token: it signs in, gets bearers and
-- starts uploads as tokens do. Its name_key is none that a token can have.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'token' CHECK (kind IN ('token', 'admin'));

-- Of passwords that are shown again: what they are derived from, with a key that is not here. Of all others null.
ALTER TABLE passwords ADD COLUMN salt BLOB;

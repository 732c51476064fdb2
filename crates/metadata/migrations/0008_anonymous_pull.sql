-- Whether whoever asks may pull without signing in.
ALTER TABLE registries ADD COLUMN anonymous_pull_enabled INTEGER NOT NULL DEFAULT 0 CHECK (anonymous_pull_enabled IN (0, 1));

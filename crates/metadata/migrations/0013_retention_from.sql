-- From when on the days of manifests without a tag count at the earliest: when Azure's policy was enabled. NULL in a rule that is about all that is there.
ALTER TABLE retention_rules ADD COLUMN untagged_from INTEGER;

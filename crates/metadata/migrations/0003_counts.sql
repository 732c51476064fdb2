-- How many tokens and scope maps a registry has, kept beside each change: counting a million rows on every create would not do. The
-- indexes are what lists go through, a page at a time.
ALTER TABLE registries ADD COLUMN token_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registries ADD COLUMN scope_map_count INTEGER NOT NULL DEFAULT 0;

UPDATE registries SET
    token_count = (SELECT count(*) FROM tokens t WHERE t.registry = registries.key AND t.kind = 'token'),
    scope_map_count = (SELECT count(*) FROM scope_maps m WHERE m.registry = registries.key AND m.kind = 'user');

CREATE TRIGGER token_added AFTER INSERT ON tokens WHEN NEW.kind = 'token' BEGIN
    UPDATE registries SET token_count = token_count + 1 WHERE key = NEW.registry;
END;
CREATE TRIGGER token_deleted AFTER DELETE ON tokens WHEN OLD.kind = 'token' BEGIN
    UPDATE registries SET token_count = token_count - 1 WHERE key = OLD.registry;
END;
CREATE TRIGGER scope_map_added AFTER INSERT ON scope_maps WHEN NEW.kind = 'user' BEGIN
    UPDATE registries SET scope_map_count = scope_map_count + 1 WHERE key = NEW.registry;
END;
CREATE TRIGGER scope_map_deleted AFTER DELETE ON scope_maps WHEN OLD.kind = 'user' BEGIN
    UPDATE registries SET scope_map_count = scope_map_count - 1 WHERE key = OLD.registry;
END;

CREATE INDEX tokens_by_registry ON tokens (registry) WHERE kind = 'token';
CREATE INDEX scope_maps_by_registry ON scope_maps (registry);

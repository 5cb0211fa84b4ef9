-- 1: its bridge has said that it delivers nowhere. Nothing waits for it, until it asks again.
ALTER TABLE destination ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;

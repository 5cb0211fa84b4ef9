-- How often a batch that begins behind `cursor` was refused as a whole.
ALTER TABLE destination ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;

-- 1: its bridge has said that it delivers nowhere. Nothing waits for it, until it asks again.
ALTER TABLE destination ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;
-- Version 0.1.0, which does not know the column, takes the destination into use again by handing out rows.
CREATE TRIGGER destination_is_back AFTER UPDATE OF batch_last ON destination
WHEN NEW.withdrawn <> 0 AND OLD.batch_last = 0 AND NEW.batch_last <> 0
BEGIN
  UPDATE destination SET withdrawn = 0 WHERE name = NEW.name;
END;

-- Streams of earlier runs that are confirmed to their ends, and whose rows are gone: what a store that is new, or that has
-- gone back, may lack of them. The newest only (outbox_entry.hpp). The node of stream N is in meta, key `node.N`.
CREATE TABLE ended(
  number INTEGER PRIMARY KEY,      -- in order of the runs
  id TEXT NOT NULL UNIQUE,
  node TEXT NOT NULL,              -- the name under which its readings were taken; '' where it was not kept yet
  last INTEGER NOT NULL,           -- its last number
  checksum INTEGER NOT NULL
);

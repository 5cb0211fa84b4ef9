-- The outbox. A position numbers its entries 1, 2, 3, ... for the life of the file; seq = position - stream.base.
-- A hole between the positions of reading and gap: thinned out, up to the position in meta `thinned`; damage beyond it.
-- Each `checksum` is over the row's other columns (row_checksum.hpp): SQLite itself does not notice a flipped bit.
-- A migration after this one that programs without it cannot live with raises oldest_reader to its own number.
CREATE TABLE compatibility(
  oldest_reader INTEGER NOT NULL   -- how many migrations a program must know to use this file
);
INSERT INTO compatibility(oldest_reader) VALUES(1);
CREATE TABLE stream(
  number INTEGER PRIMARY KEY,      -- in order of the runs
  id TEXT NOT NULL UNIQUE,
  base INTEGER NOT NULL,           -- the last position of the run before, less the numbers skipped
  skipped INTEGER NOT NULL,        -- first numbers that never were in the outbox: it could not be opened yet
  boot TEXT NOT NULL,              -- id of the machine's boot
  boot_time_ms INTEGER,            -- when that boot began, UTC since 1970; NULL while no clock has been right in it
  checksum INTEGER NOT NULL
);
CREATE TABLE sensor(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  UNIQUE(name, unit)
);
CREATE TABLE reading(
  position INTEGER PRIMARY KEY,
  sensor INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,        -- UTC since 1970
  value NOT NULL,                  -- REAL a number, INTEGER a boolean, TEXT a text
  uptime_ms INTEGER,               -- of the machine, when time_ms is of a clock that nobody had set; else NULL
  checksum INTEGER NOT NULL        -- with the sensor's name and unit instead of its id
);
CREATE TABLE gap(
  first INTEGER PRIMARY KEY,       -- positions first..last were dropped
  last INTEGER NOT NULL,
  reason TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE meta(
  key TEXT PRIMARY KEY,            -- confirmed: everything up to this position is in the store; store: its id;
  value TEXT NOT NULL,             -- thinned: position and time_ms; stream.N: a second copy of stream N
  checksum INTEGER NOT NULL
) WITHOUT ROWID;

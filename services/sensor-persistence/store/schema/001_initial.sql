-- Ids are one sequence over reading and gap, in order of arrival: what upload cursors count in. A value keeps its type:
-- REAL is a number, INTEGER a boolean, TEXT a text. Times are UTC, milliseconds since 1970.

-- A migration after this one that programs without it cannot live with raises oldest_reader to its own number.
CREATE TABLE compatibility(
  oldest_reader INTEGER NOT NULL    -- how many migrations a program must know to use this file
);
INSERT INTO compatibility(oldest_reader) VALUES(1);

CREATE TABLE store(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  id TEXT NOT NULL,                 -- random, made with the file
  honest_ms INTEGER NOT NULL DEFAULT 0, -- the wall clock at the last write at which it could be believed
  last_id INTEGER NOT NULL,         -- the last one given to a reading or gap; never goes back, also when rows are deleted
  probes INTEGER NOT NULL DEFAULT 0 -- writes made only to see whether writing works again
);

CREATE TABLE stream(
  id INTEGER PRIMARY KEY,           -- in order of appearance
  name TEXT NOT NULL UNIQUE,
  node TEXT NOT NULL,
  publisher TEXT NOT NULL,
  through INTEGER NOT NULL,         -- the watermark
  moved_at INTEGER NOT NULL,        -- the store's last_id when it last moved: an order that no clock disturbs
  boot INTEGER                      -- row of boot; NULL while no reading came without a time that can be relied on
);
CREATE INDEX stream_by_boot ON stream(boot) WHERE boot IS NOT NULL;

-- Boots of the publishers' machines, those heard of last.
CREATE TABLE boot(
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  publisher TEXT NOT NULL,
  name TEXT NOT NULL,               -- the kernel's id of it
  time_ms INTEGER,                  -- when it began; NULL while no clock has been right in it
  hold INTEGER NOT NULL DEFAULT 0,  -- 0 no rows wait for time_ms, 1 rows wait, 2 they have waited long enough
  UNIQUE(node, publisher, name)
);
CREATE INDEX boot_waiting ON boot(id) WHERE hold = 1;

CREATE TABLE sensor(
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  UNIQUE(node, name, unit)
);

CREATE TABLE reading(
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  sensor INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  value,
  uptime_ms INTEGER,                -- of the machine, when time_ms is of a clock that nobody had set; else NULL
  UNIQUE(stream, seq)
);
CREATE INDEX reading_unsynced ON reading(stream, id) WHERE uptime_ms IS NOT NULL;
CREATE INDEX reading_by_time ON reading(sensor, time_ms);

CREATE TABLE gap(
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  reason TEXT NOT NULL,
  time_ms INTEGER NOT NULL
);

-- Rows that a destination refused, each a full copy, so that retention does not touch them. With a queue_id a row waits
-- again, as the row of that id in the one sequence of ids, for its destination only.
CREATE TABLE dead_letter(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  node TEXT NOT NULL,
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,             -- of a gap record: its first number
  gap_last INTEGER,                 -- of a gap record: its last number; NULL for a reading
  sensor TEXT NOT NULL,             -- '' for a gap record
  unit TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  uptime_ms INTEGER,                -- as in reading
  value,                            -- of a gap record: its reason
  status INTEGER NOT NULL,          -- of the API's answer, 0: not known
  reason TEXT NOT NULL,             -- the API's
  refused_ms INTEGER NOT NULL,      -- when, the last time
  refusals INTEGER NOT NULL,
  queue_id INTEGER,                 -- NULL: does not wait
  UNIQUE(destination, stream, seq)
);
CREATE UNIQUE INDEX dead_letter_queue ON dead_letter(queue_id) WHERE queue_id IS NOT NULL;

CREATE TABLE destination(
  name TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL,          -- everything up to this id has been uploaded
  batch_first INTEGER NOT NULL,     -- the range that is handed out, 0 and 0 when none is
  batch_last INTEGER NOT NULL
) WITHOUT ROWID;

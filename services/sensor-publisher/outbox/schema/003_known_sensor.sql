-- Sensors that this publisher knows, as few bytes and as seldom written as can be: for whoever asks after a restart
-- which of them have fallen silent. A row that is lost costs no reading.
CREATE TABLE known_sensor(
  name TEXT PRIMARY KEY,
  driver TEXT NOT NULL,
  interval_ms INTEGER NOT NULL,    -- at which it comes; 0: not known yet
  last_ms INTEGER NOT NULL,        -- time of its last reading, UTC since 1970; up to an hour old
  silent INTEGER NOT NULL,         -- 1: it was said to be silent
  checksum INTEGER NOT NULL
);

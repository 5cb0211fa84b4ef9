-- Sensors of which the store knows how often they come, and that it watches: as few bytes and as seldom written as can
-- be. A row that is lost costs no reading.
CREATE TABLE known_sensor(
  node TEXT NOT NULL,
  name TEXT NOT NULL,
  publisher TEXT NOT NULL,
  interval_ms INTEGER NOT NULL,     -- at which it comes; 0: not known yet
  last_ms INTEGER NOT NULL,         -- time of its last reading, up to an hour old
  silent INTEGER NOT NULL,          -- 1: it was said to be silent
  PRIMARY KEY(node, name)
);

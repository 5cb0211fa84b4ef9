-- The alerts. All of it is written by one thread, a transaction for each change of an episode.
-- A migration after this one that programs without it cannot live with raises oldest_reader to its own number.
CREATE TABLE compatibility(
  oldest_reader INTEGER NOT NULL   -- how many migrations a program must know to use this file
);
INSERT INTO compatibility(oldest_reader) VALUES(1);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  store TEXT NOT NULL,             -- id of this file: the keys of messages begin with it
  next_episode INTEGER NOT NULL,   -- numbers are never used again
  next_message INTEGER NOT NULL
);
CREATE TABLE episode(
  number INTEGER PRIMARY KEY,
  alert TEXT NOT NULL,             -- as on the topic alert/<name>, JSON
  begin_told INTEGER NOT NULL,     -- 1: its messages are made
  critical_told INTEGER NOT NULL,  -- 1: also those for channels that are told of nothing less
  end_told INTEGER NOT NULL,
  reminders INTEGER NOT NULL,      -- that were made
  told_ms INTEGER                  -- when messages about it were made last, UTC since 1970
);
CREATE TABLE message(              -- what waits until a channel has it
  id INTEGER PRIMARY KEY,          -- in order
  channel TEXT NOT NULL,
  body TEXT NOT NULL               -- key, state and time, a line each; a line of JSON for each alert
);

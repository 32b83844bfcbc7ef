-- Skipped messages (rule 10), the writer's silence (rule 23), dead-letter topics, cancelling on a halt (rule 22).

-- When the writer last appended, by this server's clock: a live log's writer that is silent for long has its orders cancelled (rule 23).
ALTER TABLE event_log.head ADD COLUMN written_at TIMESTAMPTZ NOT NULL DEFAULT now();

-- The message that a log's writer stopped at last; in force while that message is not consumed (rule 10).
CREATE TABLE event_log.stop (
  log        TEXT PRIMARY KEY,
  epoch      BIGINT NOT NULL,
  topic      TEXT NOT NULL,
  partition  INTEGER NOT NULL,
  "offset"   BIGINT NOT NULL,
  error      TEXT NOT NULL,
  at         TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Messages that an operator told the writer to pass over. A row is never changed.
CREATE TABLE event_log.skip (
  log        TEXT NOT NULL,
  topic      TEXT NOT NULL,
  partition  INTEGER NOT NULL,
  "offset"   BIGINT NOT NULL,
  -- A code, no free text (rule 40).
  reason     TEXT NOT NULL,
  -- Salted reference of the person, never a name.
  actor      TEXT NOT NULL,
  at         TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (log, topic, partition, "offset")
);

-- When the message was put on the dead-letter topic.
ALTER TABLE event_log.dead_letter ADD COLUMN published_at TIMESTAMPTZ;
CREATE INDEX dead_letter_unpublished ON event_log.dead_letter (log) WHERE published_at IS NULL;

-- Whether executors also cancel the orders that rest at the venue.
ALTER TABLE execution.halt ADD COLUMN cancel_orders BOOLEAN NOT NULL DEFAULT FALSE;

-- Rights (packages/database/src/roles.int.test.ts has the whole table of them).
GRANT SELECT, INSERT, UPDATE ON event_log.stop TO finality_appender;
GRANT SELECT ON event_log.skip TO finality_appender;
-- The writer feeds the dead-letter topics and lets resolved letters expire.
GRANT UPDATE (published_at), DELETE ON event_log.dead_letter TO finality_appender;
GRANT SELECT ON event_log.stop, event_log.skip TO finality_reader, finality_operator;
GRANT INSERT ON event_log.skip TO finality_operator;

-- The spine: event store, bus of tables, execution, paper venue, read models. See docs/ARCHITECTURE.md.

CREATE SCHEMA event_log;
CREATE SCHEMA bus;
CREATE SCHEMA execution;
CREATE SCHEMA venue;
CREATE SCHEMA read_model;
REVOKE ALL ON SCHEMA event_log, bus, execution, venue, read_model FROM PUBLIC;

-- event_log ---------------------------------------------------------------

-- Which partition of every topic carries a log (rule 5).
CREATE TABLE event_log.catalogue (
  log        TEXT PRIMARY KEY,
  partition  INTEGER NOT NULL UNIQUE
);

-- One row a log; the writer's compare-and-set runs on it (rules 1 and 2).
CREATE TABLE event_log.head (
  log          TEXT PRIMARY KEY,
  generation   INTEGER NOT NULL,
  epoch        BIGINT NOT NULL,
  position     BIGINT NOT NULL,
  recorded_us  BIGINT NOT NULL,
  -- Roots of the perfect subtrees of the RFC 6962 tree over leaves 1..position, largest first, 32 bytes each.
  frontier     BYTEA NOT NULL,
  root         BYTEA NOT NULL,
  -- Messages that were ignored because their id and content were known.
  duplicates   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE event_log.record (
  log           TEXT NOT NULL,
  position      BIGINT NOT NULL,
  generation    INTEGER NOT NULL,
  type          TEXT NOT NULL,
  version       INTEGER NOT NULL,
  venue_us      BIGINT NOT NULL,
  recorded_us   BIGINT NOT NULL,
  payload       BYTEA NOT NULL,
  provenance    BYTEA NOT NULL,
  content_hash  BYTEA NOT NULL,
  leaf_hash     BYTEA NOT NULL,
  PRIMARY KEY (log, position)
);

CREATE TABLE event_log.source_offset (
  log          TEXT NOT NULL,
  topic        TEXT NOT NULL,
  partition    INTEGER NOT NULL,
  next_offset  BIGINT NOT NULL,
  -- SHA-256 of the last consumed message's bytes: a re-created topic is noticed at start (rule 4).
  last_hash    BYTEA,
  PRIMARY KEY (log, topic, partition)
);

-- Written in the append's transaction (rule 10).
CREATE TABLE event_log.dead_letter (
  topic        TEXT NOT NULL,
  partition    INTEGER NOT NULL,
  "offset"     BIGINT NOT NULL,
  log          TEXT NOT NULL,
  reason       TEXT NOT NULL,
  detail       TEXT NOT NULL,
  -- Indices of the bad ticks when only some of the message's ticks were bad; else NULL: the whole message.
  bad_indices  INTEGER[],
  headers      JSONB NOT NULL,
  value        BYTEA NOT NULL,
  at           TIMESTAMPTZ NOT NULL DEFAULT now(),
  state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'redriven', 'discarded')),
  resolved_at  TIMESTAMPTZ,
  PRIMARY KEY (topic, partition, "offset")
);

-- The event tables are insert-only, for the owner too.
CREATE FUNCTION event_log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'event_log.record is insert-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER record_insert_only BEFORE UPDATE OR DELETE ON event_log.record
  FOR EACH ROW EXECUTE FUNCTION event_log.refuse_change();
CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON event_log.record
  FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change();

-- Records readable in SQL. Payloads are stored as they were hashed; this is a view of them (rule 30).
CREATE VIEW event_log.record_json AS
  SELECT log, position, generation, type, version,
         to_timestamp(venue_us / 1e6) AS venue_time, to_timestamp(recorded_us / 1e6) AS recorded_time,
         CASE WHEN type = 'TicksRecorded' THEN NULL ELSE convert_from(payload, 'UTF8')::jsonb END AS body,
         convert_from(provenance, 'UTF8')::jsonb AS provenance,
         encode(leaf_hash, 'hex') AS leaf_hash
    FROM event_log.record;

-- bus ---------------------------------------------------------------------

CREATE TABLE bus.topic (
  topic       TEXT PRIMARY KEY,
  partitions  INTEGER NOT NULL CHECK (partitions > 0)
);
-- One row a partition; a producer locks it, so offsets have no gaps and become visible in order.
CREATE TABLE bus.partition_head (
  topic        TEXT NOT NULL REFERENCES bus.topic (topic),
  partition    INTEGER NOT NULL,
  next_offset  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);
CREATE TABLE bus.message (
  topic      TEXT NOT NULL,
  partition  INTEGER NOT NULL,
  "offset"   BIGINT NOT NULL,
  key        TEXT,
  value      BYTEA NOT NULL,
  headers    JSONB NOT NULL,
  at         TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition, "offset")
);
-- What a consumer group has acknowledged.
CREATE TABLE bus.group_offset (
  group_name   TEXT NOT NULL,
  topic        TEXT NOT NULL,
  partition    INTEGER NOT NULL,
  next_offset  BIGINT NOT NULL,
  PRIMARY KEY (group_name, topic, partition)
);

-- execution ---------------------------------------------------------------

-- How far a follower has read a log: dispatcher, projector, paper venue. One row a follower and log.
CREATE TABLE execution.follower (
  follower  TEXT NOT NULL,
  log       TEXT NOT NULL,
  position  BIGINT NOT NULL,
  PRIMARY KEY (follower, log)
);

-- Commands that were recorded, found by the dispatcher; the sweep's work list (rule 19).
CREATE TABLE execution.command (
  command_id      TEXT PRIMARY KEY,
  log             TEXT NOT NULL,
  position        BIGINT NOT NULL,
  account         TEXT NOT NULL,
  book            TEXT NOT NULL,
  recorded_us     BIGINT NOT NULL,
  valid_until_us  BIGINT NOT NULL,
  -- RFC 8785 JSON of the HedgeDecided body.
  body            BYTEA NOT NULL
);
CREATE INDEX command_account ON execution.command (account);

-- Claimed before sending; who finds the row never sends (rule 20).
CREATE TABLE execution.attempt (
  command_id    TEXT PRIMARY KEY REFERENCES execution.command (command_id),
  account       TEXT NOT NULL,
  -- sending and unknown are open; the others are terminal: the answer to sending is known.
  state         TEXT NOT NULL CHECK (state IN ('sending', 'unknown', 'accepted', 'rejected', 'expired', 'withdrawn')),
  reason        TEXT,
  executor      TEXT NOT NULL,
  claimed_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
  -- After this wall-clock instant (plus the transport bound) "not found" at the venue proves that it was never accepted.
  send_by       TIMESTAMPTZ NOT NULL,
  finished_at   TIMESTAMPTZ
);
CREATE INDEX attempt_open ON execution.attempt (account) WHERE state IN ('sending', 'unknown');

-- Insert-only: the newest row of a scope says whether it is halted (rule 22).
CREATE TABLE execution.halt (
  halt_id  TEXT PRIMARY KEY,
  seq      BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- NULL: all.
  log      TEXT,
  book     TEXT,
  halted   BOOLEAN NOT NULL,
  actor    TEXT NOT NULL,
  at       TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Reports on their way to the bus, written with the outcome that they report.
CREATE TABLE execution.outbox (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report_id   TEXT NOT NULL UNIQUE,
  log         TEXT NOT NULL,
  account     TEXT NOT NULL,
  command_id  TEXT NOT NULL,
  sequence    INTEGER NOT NULL,
  venue_us    BIGINT NOT NULL,
  -- `order_report` or `fill`, and its body as RFC 8785 JSON.
  type        TEXT NOT NULL,
  body        BYTEA NOT NULL,
  published   BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX outbox_open ON execution.outbox (log, id) WHERE NOT published;

-- How far an account's venue reports were taken over into the outbox.
CREATE TABLE execution.venue_cursor (
  account   TEXT PRIMARY KEY,
  sequence  BIGINT NOT NULL
);

CREATE TABLE execution.lease (
  name        TEXT PRIMARY KEY,
  holder      TEXT NOT NULL,
  epoch       BIGINT NOT NULL,
  expires_at  TIMESTAMPTZ NOT NULL
);

-- venue: the paper venue's own tables (rule 24) ------------------------------

CREATE TABLE venue.terms (
  log    TEXT PRIMARY KEY,
  -- Latency, fees, quote age limit and partial fills, as stated by the dataset.
  terms  JSONB NOT NULL
);
CREATE TABLE venue.quote (
  log         TEXT NOT NULL,
  instrument  TEXT NOT NULL,
  bid         TEXT,
  bid_size    TEXT,
  ask         TEXT,
  ask_size    TEXT,
  venue_us    BIGINT NOT NULL,
  PRIMARY KEY (log, instrument)
);
CREATE TABLE venue.order (
  client_order_id  TEXT PRIMARY KEY,
  log              TEXT NOT NULL,
  account          TEXT NOT NULL,
  instrument       TEXT NOT NULL,
  side             TEXT NOT NULL,
  quantity         TEXT NOT NULL,
  filled           TEXT NOT NULL,
  arrives_us       BIGINT NOT NULL,
  -- open, filled, cancelled
  state            TEXT NOT NULL,
  accepted_at      TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX order_open ON venue.order (log, arrives_us) WHERE state = 'open';
-- What the venue tells an account, in order: fills and ends of orders.
CREATE TABLE venue.report (
  account          TEXT NOT NULL,
  sequence         BIGINT NOT NULL,
  client_order_id  TEXT NOT NULL REFERENCES venue.order (client_order_id),
  -- `order_report` or `fill`, and its body as RFC 8785 JSON.
  type             TEXT NOT NULL,
  body             BYTEA NOT NULL,
  venue_us         BIGINT NOT NULL,
  PRIMARY KEY (account, sequence)
);
CREATE TABLE venue.position (
  account     TEXT NOT NULL,
  instrument  TEXT NOT NULL,
  quantity    TEXT NOT NULL,
  PRIMARY KEY (account, instrument)
);

-- read_model: what the api serves ---------------------------------------------

CREATE TABLE read_model.checkpoint (
  log          TEXT PRIMARY KEY,
  generation   INTEGER NOT NULL,
  position     BIGINT NOT NULL,
  recorded_us  BIGINT NOT NULL,
  venue_us     BIGINT NOT NULL,
  updated_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE read_model.book (
  log               TEXT NOT NULL,
  book              TEXT NOT NULL,
  account           TEXT NOT NULL,
  hedge_instrument  TEXT NOT NULL,
  policy            JSONB NOT NULL,
  limits            JSONB NOT NULL,
  -- trading, halted, held, suspended
  status            TEXT NOT NULL,
  refusal           TEXT,
  hedges            INTEGER NOT NULL,
  PRIMARY KEY (log, book)
);
CREATE TABLE read_model.position (
  log              TEXT NOT NULL,
  book             TEXT NOT NULL,
  instrument       TEXT NOT NULL,
  quantity         TEXT NOT NULL,
  average_price    TEXT,
  mark_price       TEXT,
  currency         TEXT NOT NULL,
  realized_pnl     TEXT NOT NULL,
  unrealized_pnl   TEXT,
  settlement_cash  TEXT NOT NULL,
  fees             TEXT NOT NULL,
  -- open, awaiting_settlement, settled, flat
  status           TEXT NOT NULL,
  PRIMARY KEY (log, book, instrument)
);
CREATE TABLE read_model.greeks (
  log                  TEXT NOT NULL,
  book                 TEXT NOT NULL,
  spot                 DOUBLE PRECISION,
  net_delta_low        DOUBLE PRECISION,
  net_delta_high       DOUBLE PRECISION,
  option_delta         DOUBLE PRECISION,
  hedge_delta          DOUBLE PRECISION,
  gamma                DOUBLE PRECISION,
  vega_per_vol_point   DOUBLE PRECISION,
  theta_per_day        DOUBLE PRECISION,
  band_lower           DOUBLE PRECISION,
  band_upper           DOUBLE PRECISION,
  band_target          DOUBLE PRECISION,
  -- ok, or the condition that keeps it from being valued, such as stale_price
  condition            TEXT NOT NULL,
  PRIMARY KEY (log, book)
);
CREATE TABLE read_model.pnl (
  log                  TEXT NOT NULL,
  book                 TEXT NOT NULL,
  currency             TEXT NOT NULL,
  opening_cost         TEXT NOT NULL,
  option_pnl           TEXT NOT NULL,
  hedge_pnl            TEXT NOT NULL,
  settlement           TEXT NOT NULL,
  fees                 TEXT NOT NULL,
  net_pnl              TEXT NOT NULL,
  cash                 TEXT NOT NULL,
  max_abs_net_delta    DOUBLE PRECISION NOT NULL,
  mean_abs_net_delta   DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (log, book)
);
CREATE TABLE read_model.order (
  log                  TEXT NOT NULL,
  command_id           TEXT NOT NULL,
  position             BIGINT NOT NULL,
  book                 TEXT NOT NULL,
  instrument           TEXT NOT NULL,
  side                 TEXT NOT NULL,
  quantity             TEXT NOT NULL,
  cumulative_quantity  TEXT NOT NULL,
  average_price        TEXT,
  fees                 TEXT NOT NULL,
  state                TEXT NOT NULL,
  PRIMARY KEY (log, command_id)
);
CREATE TABLE read_model.decision (
  log          TEXT NOT NULL,
  position     BIGINT NOT NULL,
  type         TEXT NOT NULL,
  book         TEXT,
  reason       TEXT,
  recorded_us  BIGINT NOT NULL,
  body         JSONB NOT NULL,
  PRIMARY KEY (log, position)
);
CREATE INDEX decision_book ON read_model.decision (log, book, position);

-- roles ---------------------------------------------------------------------
-- Services connect as login roles that are members of these; `finality dev` and the tests connect as the owner.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finality_appender')  THEN CREATE ROLE finality_appender  NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finality_projector') THEN CREATE ROLE finality_projector NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finality_executor')  THEN CREATE ROLE finality_executor  NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finality_reader')    THEN CREATE ROLE finality_reader    NOLOGIN; END IF;
END $$;
GRANT USAGE ON SCHEMA event_log TO finality_appender, finality_projector, finality_executor, finality_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA event_log TO finality_appender, finality_projector, finality_executor, finality_reader;
GRANT INSERT ON event_log.record, event_log.dead_letter TO finality_appender;
GRANT INSERT, UPDATE ON event_log.head, event_log.source_offset TO finality_appender;
GRANT USAGE ON SCHEMA read_model TO finality_projector, finality_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA read_model TO finality_projector;
GRANT SELECT ON ALL TABLES IN SCHEMA read_model TO finality_reader;
GRANT USAGE ON SCHEMA execution TO finality_executor, finality_reader;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA execution TO finality_executor;
GRANT SELECT ON ALL TABLES IN SCHEMA execution TO finality_reader;

-- Read models in versions: one is built beside while another serves, and the switch is one row. See docs/decisions/0015.

CREATE SCHEMA projection;
REVOKE ALL ON SCHEMA projection FROM PUBLIC;

-- A version of a log's read models, with the checkpoint that its rows are true at.
CREATE TABLE projection.version (
  log              TEXT NOT NULL,
  version          INTEGER NOT NULL CHECK (version >= 1),
  -- Of its rows, and of the engine that folded them; 0: not known.
  shape            INTEGER NOT NULL,
  semantics        INTEGER NOT NULL,
  -- All 0 before the first record.
  generation       INTEGER NOT NULL DEFAULT 0,
  position         BIGINT NOT NULL DEFAULT 0,
  recorded_us      BIGINT NOT NULL DEFAULT 0,
  venue_us         BIGINT NOT NULL DEFAULT 0,
  -- When the position moved last.
  updated_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  begun_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
  -- Begun by a new release on its own: serves as soon as it has caught up.
  switches_itself  BOOLEAN NOT NULL DEFAULT false,
  -- Why it stands still; the position where one record is the cause.
  failed_reason    TEXT,
  failed_position  BIGINT,
  failed_at        TIMESTAMPTZ,
  PRIMARY KEY (log, version)
);

-- The version that readers see.
CREATE TABLE projection.serving (
  log      TEXT PRIMARY KEY,
  version  INTEGER NOT NULL,
  FOREIGN KEY (log, version) REFERENCES projection.version (log, version)
);

-- What was done with versions, and by whom. Insert-only: also the skips, which a projection obeys for good.
CREATE TABLE projection.action (
  id        UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  log       TEXT NOT NULL,
  version   INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('begun', 'adopted', 'switched', 'skipped', 'dropped')),
  -- Of the skipped record; of the checkpoint when it was switched or adopted.
  position  BIGINT,
  -- A code, no free text (rule 40).
  reason    TEXT,
  -- Salted reference of the person, or the service.
  actor     TEXT NOT NULL,
  at        TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX action_version ON projection.action (log, version);

-- The tables move; what they hold becomes version 1, of semantics that nobody noted.
INSERT INTO projection.version (log, version, shape, semantics, generation, position, recorded_us, venue_us, updated_at)
  SELECT log, 1, 1, 0, generation, position, recorded_us, venue_us, updated_at FROM read_model.checkpoint;
INSERT INTO projection.serving (log, version) SELECT log, 1 FROM projection.version;
INSERT INTO projection.action (log, version, kind, actor) SELECT log, 1, 'begun', 'migration' FROM projection.version;
DROP TABLE read_model.checkpoint;

DO $$
DECLARE
  name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['book', 'position', 'greeks', 'smile', 'pnl', 'order', 'decision'] LOOP
    EXECUTE format('ALTER TABLE read_model.%I SET SCHEMA projection', name);
    EXECUTE format('ALTER TABLE projection.%I ADD COLUMN version INTEGER NOT NULL DEFAULT 1', name);
    EXECUTE format('ALTER TABLE projection.%I ALTER COLUMN version DROP DEFAULT', name);
    EXECUTE format('ALTER TABLE projection.%I DROP CONSTRAINT %I', name, name || '_pkey');
  END LOOP;
END $$;
ALTER TABLE projection.book ADD PRIMARY KEY (log, version, book);
ALTER TABLE projection.position ADD PRIMARY KEY (log, version, book, instrument);
ALTER TABLE projection.greeks ADD PRIMARY KEY (log, version, book);
ALTER TABLE projection.smile ADD PRIMARY KEY (log, version, key);
ALTER TABLE projection.pnl ADD PRIMARY KEY (log, version, book);
ALTER TABLE projection.order ADD PRIMARY KEY (log, version, command_id);
ALTER TABLE projection.decision ADD PRIMARY KEY (log, version, position);
DROP INDEX projection.decision_book;
CREATE INDEX decision_book ON projection.decision (log, version, book, position);

-- What people look at: the rows of the version that serves, under the names that they had.
CREATE VIEW read_model.checkpoint AS
  SELECT log, generation, position, recorded_us, venue_us, updated_at FROM projection.version
   WHERE position > 0 AND (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.book AS
  SELECT log, book, account, hedge_instrument, policy, limits, status, refusal, hedges FROM projection.book
   WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.position AS
  SELECT log, book, instrument, quantity, average_price, mark_price, currency, realized_pnl, unrealized_pnl, settlement_cash, fees, status FROM projection.position
   WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.greeks AS
  SELECT log, book, spot, net_delta_low, net_delta_high, option_delta, hedge_delta, gamma, vega_per_vol_point, theta_per_day, premium_adjusted_delta,
         vanna, volga, charm_per_year, veta_per_year, speed, zomma, color_per_year, ultima, band_lower, band_upper, band_target, condition
    FROM projection.greeks WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.smile AS
  SELECT log, key, expiry_us, strikes, fitted, refused FROM projection.smile
   WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.pnl AS
  SELECT log, book, currency, opening_cost, option_pnl, hedge_pnl, settlement, fees, net_pnl, cash, quote_price, quote_price_us, quote_net_pnl, quote_cash,
         max_abs_net_delta, mean_abs_net_delta
    FROM projection.pnl WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.order AS
  SELECT log, command_id, position, book, instrument, side, quantity, cumulative_quantity, average_price, fees, state FROM projection.order
   WHERE (log, version) IN (SELECT log, version FROM projection.serving);
CREATE VIEW read_model.decision AS
  SELECT log, position, type, book, reason, recorded_us, body FROM projection.decision
   WHERE (log, version) IN (SELECT log, version FROM projection.serving);

-- Rights: the projector writes, readers read; the operator begins, switches, skips and drops.
REVOKE ALL ON SCHEMA read_model FROM finality_projector;
REVOKE ALL ON ALL TABLES IN SCHEMA read_model FROM PUBLIC, finality_projector, finality_reader, finality_operator;
REVOKE ALL ON ALL TABLES IN SCHEMA projection FROM PUBLIC, finality_projector, finality_reader, finality_operator;
GRANT USAGE ON SCHEMA projection TO finality_projector, finality_reader, finality_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA read_model, projection TO finality_reader, finality_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection.book, projection.position, projection.greeks, projection.smile, projection.pnl, projection.order, projection.decision TO finality_projector;
GRANT SELECT, INSERT, UPDATE ON projection.version, projection.serving TO finality_projector;
GRANT SELECT, INSERT ON projection.action TO finality_projector;
GRANT DELETE ON projection.book, projection.position, projection.greeks, projection.smile, projection.pnl, projection.order, projection.decision TO finality_operator;
-- UPDATE of the two places also for the locks under which a version is switched or dropped.
GRANT INSERT, DELETE, UPDATE (updated_at) ON projection.version TO finality_operator;
GRANT UPDATE (version) ON projection.serving TO finality_operator;
GRANT INSERT ON projection.action TO finality_operator;

-- Greeks beyond gamma, vega and theta (units: docs/units.md), and the vols of each expiry with the smile fitted to its quotes.
ALTER TABLE read_model.greeks
  ADD COLUMN premium_adjusted_delta DOUBLE PRECISION,
  ADD COLUMN vanna                  DOUBLE PRECISION,
  ADD COLUMN volga                  DOUBLE PRECISION,
  ADD COLUMN charm_per_year         DOUBLE PRECISION,
  ADD COLUMN veta_per_year          DOUBLE PRECISION,
  ADD COLUMN speed                  DOUBLE PRECISION,
  ADD COLUMN zomma                  DOUBLE PRECISION,
  ADD COLUMN color_per_year         DOUBLE PRECISION,
  ADD COLUMN ultima                 DOUBLE PRECISION;

-- A coin-settled book's amounts in the quote currency of the index, with the index that they were converted at and its recorded time.
ALTER TABLE read_model.pnl
  ADD COLUMN quote_price    TEXT,
  ADD COLUMN quote_price_us BIGINT,
  ADD COLUMN quote_net_pnl  TEXT,
  ADD COLUMN quote_cash     TEXT;

CREATE TABLE read_model.smile (
  log       TEXT NOT NULL,
  -- Expiry, settlement and source of the forward.
  key       TEXT NOT NULL,
  expiry_us BIGINT NOT NULL,
  -- Vols of the strikes that books hold or held.
  strikes   JSONB NOT NULL,
  -- The last fit that succeeded, with its time and its error.
  fitted    JSONB,
  -- Why the newest attempt gave no smile.
  refused   TEXT,
  PRIMARY KEY (log, key)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON read_model.smile TO finality_projector;
GRANT SELECT ON read_model.smile TO finality_reader, finality_operator;

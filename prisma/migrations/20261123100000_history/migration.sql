-- Snapshots of engine state, the tree's tiles and signed checkpoints, generations, and what has left for the archive. See docs/ARCHITECTURE.md.

-- Snapshots: a cache of the fold. Deleting all of them loses nothing.
CREATE TABLE event_log.snapshot (
  log          TEXT NOT NULL,
  -- The state is the one behind this record.
  position     BIGINT NOT NULL,
  -- Of the engine that folded it: no other engine uses it (rule 31).
  semantics    INTEGER NOT NULL,
  -- Of the bytes' own layout.
  format       INTEGER NOT NULL,
  generation   INTEGER NOT NULL,
  recorded_us  BIGINT NOT NULL,
  -- Leaf hash of the record at `position`: a snapshot of another history has another one.
  leaf_hash    BYTEA NOT NULL,
  -- Lower-case hex, as `StateHashed` records it.
  state_hash   TEXT NOT NULL,
  build        TEXT NOT NULL,
  -- The state as RFC 8785 JSON, compressed with zstd.
  bytes        BYTEA NOT NULL,
  taken_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
  -- Why it is not used: it does not match the fold.
  rejected     TEXT,
  PRIMARY KEY (log, position, semantics, format)
);

-- Transparency: what proves the log from outside it.
CREATE SCHEMA transparency;
REVOKE ALL ON SCHEMA transparency FROM PUBLIC;

-- C2SP tiles: up to 256 hashes of one level; a tile grows until it is full. Everything in them follows from the records' leaf hashes.
CREATE TABLE transparency.tile (
  log     TEXT NOT NULL,
  level   INTEGER NOT NULL,
  "index" BIGINT NOT NULL,
  hashes  BYTEA NOT NULL,
  PRIMARY KEY (log, level, "index")
);

-- Signed notes over (origin, size, root, generation). Insert-only.
CREATE TABLE transparency.checkpoint (
  log         TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  size        BIGINT NOT NULL,
  root        BYTEA NOT NULL,
  note        TEXT NOT NULL,
  signed_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (log, generation, size)
);

-- Lines that witnesses put under a checkpoint.
CREATE TABLE transparency.cosignature (
  log         TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  size        BIGINT NOT NULL,
  witness     TEXT NOT NULL,
  line        TEXT NOT NULL,
  PRIMARY KEY (log, generation, size, witness)
);

CREATE FUNCTION transparency.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'transparency.% is insert-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER checkpoint_insert_only BEFORE UPDATE OR DELETE ON transparency.checkpoint FOR EACH ROW EXECUTE FUNCTION transparency.refuse_change();
CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON transparency.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION transparency.refuse_change();
ALTER TABLE transparency.checkpoint ENABLE ALWAYS TRIGGER checkpoint_insert_only;
ALTER TABLE transparency.checkpoint ENABLE ALWAYS TRIGGER checkpoint_no_truncate;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA transparency FROM PUBLIC;

-- Generations that an operator ordered: the log's writer records each as `GenerationRaised` before anything else (rule 9). A row is never changed.
CREATE TABLE event_log.generation_order (
  log         TEXT NOT NULL,
  generation  INTEGER NOT NULL CHECK (generation >= 2),
  -- A code, no free text (rule 40).
  reason      TEXT NOT NULL,
  -- Salted reference of the person, never a name.
  actor       TEXT NOT NULL,
  at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (log, generation)
);

-- notary: follows logs, takes snapshots, grows tiles, signs checkpoints, holds trading where a fold differs ----
DO $$
BEGIN
  CREATE ROLE finality_notary NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  -- Roles belong to the server: another database made it before.
END $$;
REVOKE ALL ON SCHEMA public, event_log, execution, transparency FROM finality_notary;
GRANT USAGE ON SCHEMA public TO finality_notary;
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    GRANT SELECT ON public._prisma_migrations TO finality_notary;
  END IF;
END $$;
GRANT USAGE ON SCHEMA event_log, execution, transparency TO finality_notary;
GRANT SELECT ON event_log.head, event_log.record TO finality_notary;
GRANT SELECT, INSERT, UPDATE, DELETE ON event_log.snapshot TO finality_notary;
GRANT SELECT, INSERT, UPDATE ON transparency.tile TO finality_notary;
GRANT SELECT, INSERT ON transparency.checkpoint, transparency.cosignature TO finality_notary;
GRANT SELECT, INSERT ON execution.halt, execution.attempt, execution.outbox TO finality_notary;
GRANT SELECT ON execution.command TO finality_notary;
GRANT SELECT, INSERT, UPDATE, DELETE ON execution.lease TO finality_notary;

-- Whoever folds a log begins at a snapshot, and says so when one does not match.
GRANT SELECT, UPDATE (rejected) ON event_log.snapshot TO finality_appender, finality_projector;
GRANT SELECT ON event_log.generation_order TO finality_appender;
GRANT USAGE ON SCHEMA transparency TO finality_reader, finality_operator;
GRANT SELECT ON event_log.snapshot, event_log.generation_order, transparency.tile, transparency.checkpoint, transparency.cosignature TO finality_reader, finality_operator;
GRANT INSERT, UPDATE, DELETE ON event_log.snapshot TO finality_operator;
GRANT INSERT ON event_log.generation_order, transparency.cosignature TO finality_operator;

-- Records lie in partitions, one for each log and range of positions, so that a range that was archived and verified can leave PostgreSQL whole.
-- The partitions are in a schema of their own, made as the log grows, and nobody but the owner touches them directly.

CREATE SCHEMA event_log_part;
REVOKE ALL ON SCHEMA event_log_part FROM PUBLIC;

-- How many records a new partition of the log takes.
ALTER TABLE event_log.head ADD COLUMN partition_records INTEGER NOT NULL DEFAULT 1000000 CHECK (partition_records > 0);

-- Every partition there is or was. `detached_at` and what follows say that it left, and what it held.
CREATE TABLE event_log.record_partition (
  log             TEXT NOT NULL,
  first_position  BIGINT NOT NULL,
  last_position   BIGINT NOT NULL,
  name            TEXT NOT NULL UNIQUE,
  detached_at     TIMESTAMPTZ,
  -- RFC 6962 root over leaves 1..last_position.
  root            BYTEA,
  -- SHA-256 of the manifest of the archived range that holds the last record.
  manifest_hash   BYTEA,
  -- Salted reference of the person, never a name.
  actor           TEXT,
  PRIMARY KEY (log, first_position)
);

DROP VIEW event_log.record_json;
ALTER TABLE event_log.record RENAME TO record_before;
ALTER INDEX event_log.record_pkey RENAME TO record_before_pkey;

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
) PARTITION BY RANGE (log, position);

CREATE TRIGGER record_insert_only BEFORE UPDATE OR DELETE ON event_log.record FOR EACH ROW EXECUTE FUNCTION event_log.refuse_change();
CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON event_log.record FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change();
ALTER TABLE event_log.record ENABLE ALWAYS TRIGGER record_insert_only;
ALTER TABLE event_log.record ENABLE ALWAYS TRIGGER record_no_truncate;

-- Makes the partitions that hold every position up to `up_to`, and returns the last position that has a place now. The only right over tables that a
-- writer has, hence a function of the owner's. Attaching lets readers and other writers go on.
CREATE FUNCTION event_log.ensure_partitions(of_log TEXT, up_to BIGINT) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  reached BIGINT;
  width   INTEGER;
  name    TEXT;
BEGIN
  SELECT coalesce(max(p.last_position), 0) INTO reached FROM event_log.record_partition p WHERE p.log = of_log;
  IF reached >= up_to THEN
    RETURN reached;
  END IF;
  -- Two writers of a log, the old one and the new, make none twice.
  PERFORM pg_advisory_xact_lock(hashtextextended('finality/partitions', 0));
  SELECT coalesce(max(p.last_position), 0) INTO reached FROM event_log.record_partition p WHERE p.log = of_log;
  SELECT h.partition_records INTO width FROM event_log.head h WHERE h.log = of_log;
  IF width IS NULL THEN
    RAISE EXCEPTION 'There is no log %', of_log;
  END IF;
  WHILE reached < up_to LOOP
    name := format('%s_%s_%s', left(regexp_replace(lower(of_log), '[^a-z0-9]', '_', 'g'), 24), left(md5(of_log), 8), reached + 1);
    EXECUTE format('CREATE TABLE event_log_part.%I (LIKE event_log.record INCLUDING DEFAULTS)', name);
    EXECUTE format('ALTER TABLE event_log.record ATTACH PARTITION event_log_part.%I FOR VALUES FROM (%L, %s) TO (%L, %s)', name, of_log, reached + 1, of_log, reached + 1 + width);
    EXECUTE format('ALTER TABLE event_log_part.%I ENABLE ALWAYS TRIGGER record_insert_only', name);
    EXECUTE format('CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON event_log_part.%I FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change()', name);
    EXECUTE format('ALTER TABLE event_log_part.%I ENABLE ALWAYS TRIGGER record_no_truncate', name);
    INSERT INTO event_log.record_partition (log, first_position, last_position, name) VALUES (of_log, reached + 1, reached + width, name);
    reached := reached + width;
  END LOOP;
  RETURN reached;
END $$;
REVOKE ALL ON FUNCTION event_log.ensure_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_log.ensure_partitions TO finality_appender;

-- What is there moves over.
SELECT event_log.ensure_partitions(log, greatest(position, 1)) FROM event_log.head;
INSERT INTO event_log.record SELECT * FROM event_log.record_before;
DROP TABLE event_log.record_before;

CREATE VIEW event_log.record_json AS
  SELECT log, position, generation, type, version,
         to_timestamp(venue_us / 1e6) AS venue_time, to_timestamp(recorded_us / 1e6) AS recorded_time,
         CASE WHEN type = 'TicksRecorded' THEN NULL ELSE convert_from(payload, 'UTF8')::jsonb END AS body,
         convert_from(provenance, 'UTF8')::jsonb AS provenance,
         encode(leaf_hash, 'hex') AS leaf_hash
    FROM event_log.record;

GRANT SELECT, INSERT ON event_log.record TO finality_appender;
GRANT SELECT ON event_log.record TO finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_notary, finality_reader, finality_operator, finality_conductor;
GRANT SELECT ON event_log.record_json TO finality_reader, finality_operator;
GRANT SELECT ON event_log.record_partition
  TO finality_appender, finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_notary, finality_reader, finality_operator, finality_conductor;

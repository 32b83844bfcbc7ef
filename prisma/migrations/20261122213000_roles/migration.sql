-- Who may do what. One group role for each kind of process; login roles are members of them (infra/postgres/login-roles.sql).
-- A later table is open to nobody but the owner: its migration names who may use it, in one line each. packages/database/src/roles.int.test.ts
-- holds the whole table of rights. LISTEN, NOTIFY and advisory locks need none.

DO $$
DECLARE
  name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['appender', 'dispatcher', 'executor', 'venue', 'projector', 'reader', 'operator', 'conductor', 'bus', 'queue'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', 'finality_' || name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the server: another database, or an administrator, made it before.
    END;
  END LOOP;
END $$;

-- From here on nobody has anything, whatever was granted before.
CREATE SCHEMA IF NOT EXISTS bullmq;
REVOKE ALL ON SCHEMA public, event_log, bus, execution, venue, read_model, bullmq
  FROM PUBLIC, finality_appender, finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_reader, finality_operator, finality_conductor, finality_bus, finality_queue;
REVOKE ALL ON ALL TABLES IN SCHEMA event_log, bus, execution, venue, read_model
  FROM PUBLIC, finality_appender, finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_reader, finality_operator, finality_conductor, finality_bus, finality_queue;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA event_log, bus, execution, venue, read_model FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA event_log, bus, execution, venue, read_model FROM PUBLIC;
-- Nor of what the owner makes later; PostgreSQL opens new functions to everybody by itself.
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;

-- Every service looks whether the database is migrated before it starts.
GRANT USAGE ON SCHEMA public
  TO finality_appender, finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_reader, finality_operator, finality_conductor, finality_bus, finality_queue;
DO $$
BEGIN
  -- Prisma's engine has it under this name too; a shadow database has none.
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    GRANT SELECT ON public._prisma_migrations
      TO finality_appender, finality_dispatcher, finality_executor, finality_venue, finality_projector, finality_reader, finality_operator, finality_conductor;
  END IF;
END $$;

-- sequencer -----------------------------------------------------------------
GRANT USAGE ON SCHEMA event_log TO finality_appender;
GRANT SELECT ON event_log.catalogue TO finality_appender;
GRANT SELECT, INSERT, UPDATE ON event_log.head, event_log.source_offset TO finality_appender;
GRANT SELECT, INSERT ON event_log.record, event_log.dead_letter TO finality_appender;

-- dispatcher ----------------------------------------------------------------
GRANT USAGE ON SCHEMA event_log, execution TO finality_dispatcher;
GRANT SELECT ON event_log.head, event_log.record TO finality_dispatcher;
GRANT SELECT, INSERT ON execution.command TO finality_dispatcher;
GRANT SELECT ON execution.attempt TO finality_dispatcher;
GRANT SELECT, INSERT, UPDATE ON execution.follower TO finality_dispatcher;
GRANT SELECT, INSERT, UPDATE, DELETE ON execution.lease TO finality_dispatcher;

-- executor ------------------------------------------------------------------
GRANT USAGE ON SCHEMA event_log, execution TO finality_executor;
GRANT SELECT ON event_log.catalogue, event_log.head, event_log.record TO finality_executor;
GRANT SELECT ON execution.command, execution.halt TO finality_executor;
GRANT SELECT, INSERT, UPDATE ON execution.attempt, execution.outbox, execution.venue_cursor TO finality_executor;
GRANT SELECT, INSERT, UPDATE, DELETE ON execution.lease TO finality_executor;
-- What an account may do at the paper venue: place and cancel orders, read what it is told. Cancelling writes the venue's report.
GRANT USAGE ON SCHEMA venue TO finality_executor;
GRANT SELECT ON venue.terms, venue.quote, venue.position TO finality_executor;
GRANT SELECT, INSERT, UPDATE ON venue.order TO finality_executor;
GRANT SELECT, INSERT ON venue.report TO finality_executor;

-- paper venue ---------------------------------------------------------------
GRANT USAGE ON SCHEMA event_log, execution, venue TO finality_venue;
GRANT SELECT ON event_log.head, event_log.record TO finality_venue;
GRANT SELECT, INSERT, UPDATE ON execution.follower TO finality_venue;
GRANT SELECT, INSERT, UPDATE, DELETE ON execution.lease TO finality_venue;
GRANT SELECT ON venue.terms TO finality_venue;
GRANT SELECT, INSERT, UPDATE, DELETE ON venue.quote TO finality_venue;
GRANT SELECT, UPDATE ON venue.order TO finality_venue;
GRANT SELECT, INSERT ON venue.report TO finality_venue;
GRANT SELECT, INSERT, UPDATE ON venue.position TO finality_venue;

-- projector: a rebuild deletes what it replaces -------------------------------
GRANT USAGE ON SCHEMA event_log, execution, read_model TO finality_projector;
GRANT SELECT ON event_log.head, event_log.record TO finality_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON execution.lease TO finality_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA read_model TO finality_projector;

-- reader: the api, and whoever looks; the operator looks too ------------------
GRANT USAGE ON SCHEMA event_log, execution, read_model TO finality_reader, finality_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA event_log, execution, read_model TO finality_reader, finality_operator;

-- operator: halts and withdraws, resolves dead letters, opens logs. It never changes a dead letter's bytes. -------------
GRANT INSERT ON execution.halt, execution.attempt, execution.outbox TO finality_operator;
GRANT UPDATE (state, resolved_at) ON event_log.dead_letter TO finality_operator;
-- UPDATE for the lock under which a partition is taken; no row is changed (rule 5).
GRANT INSERT, UPDATE ON event_log.catalogue TO finality_operator;
GRANT USAGE ON SCHEMA venue TO finality_operator;
GRANT SELECT ON venue.order TO finality_operator;

-- conductor: feeds a dataset; it waits for quiet, publishes a data log's reports and passes on the day's halts --------
GRANT USAGE ON SCHEMA event_log, execution, venue TO finality_conductor;
GRANT SELECT ON event_log.head, event_log.record, event_log.source_offset TO finality_conductor;
GRANT SELECT, INSERT, UPDATE ON event_log.catalogue TO finality_conductor;
GRANT SELECT ON execution.follower, execution.command, execution.attempt, execution.venue_cursor TO finality_conductor;
GRANT SELECT, INSERT ON execution.halt TO finality_conductor;
GRANT SELECT ON execution.outbox TO finality_conductor;
GRANT UPDATE (published) ON execution.outbox TO finality_conductor;
GRANT SELECT, INSERT, UPDATE ON venue.terms TO finality_conductor;
GRANT SELECT ON venue.order, venue.report TO finality_conductor;

-- bus: whoever produces or consumes, where messages lie in PostgreSQL ----------
GRANT USAGE ON SCHEMA bus TO finality_bus;
GRANT SELECT, INSERT ON bus.topic, bus.message TO finality_bus;
GRANT SELECT, INSERT, UPDATE ON bus.partition_head, bus.group_offset TO finality_bus;

-- queue: BullMQ's own tables, where jobs lie in PostgreSQL. The owner makes them (`finality migrate`); what it makes there is the queue's.
GRANT USAGE ON SCHEMA bullmq TO finality_queue;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO finality_queue;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA bullmq TO finality_queue;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bullmq FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO finality_queue;
ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO finality_queue;
ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT USAGE, SELECT ON SEQUENCES TO finality_queue;
ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT EXECUTE ON FUNCTIONS TO finality_queue;

-- Also where triggers are told to be silent, as a replica's are (session_replication_role).
ALTER TABLE event_log.record ENABLE ALWAYS TRIGGER record_insert_only;
ALTER TABLE event_log.record ENABLE ALWAYS TRIGGER record_no_truncate;

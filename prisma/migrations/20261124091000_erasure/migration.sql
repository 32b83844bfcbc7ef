-- What was done about persons, and says nothing of any: which salts of actor references were destroyed (rule 40). Insert-only.
CREATE SCHEMA audit;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;

CREATE TABLE audit.salt_destroyed (
  -- SHA-256 of the salt with a prefix of its own: it names the salt and does not give it back.
  salt_id       BYTEA PRIMARY KEY,
  destroyed_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit.% is insert-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER salt_destroyed_insert_only BEFORE UPDATE OR DELETE ON audit.salt_destroyed FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER salt_destroyed_no_truncate BEFORE TRUNCATE ON audit.salt_destroyed FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.salt_destroyed ENABLE ALWAYS TRIGGER salt_destroyed_insert_only;
ALTER TABLE audit.salt_destroyed ENABLE ALWAYS TRIGGER salt_destroyed_no_truncate;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;

GRANT USAGE ON SCHEMA audit TO finality_reader, finality_operator;
GRANT SELECT ON audit.salt_destroyed TO finality_reader, finality_operator;
GRANT INSERT ON audit.salt_destroyed TO finality_operator;

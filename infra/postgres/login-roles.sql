-- Login roles of the services: each is a member of its group (prisma/migrations/*_roles) and has nothing of its own. Run it after `finality migrate`,
-- as a role that may create roles; running it again sets the passwords anew. Passwords come from the environment, so that no process list shows them:
--
--   FINALITY_SEQUENCER_PASSWORD=… FINALITY_DISPATCHER_PASSWORD=… FINALITY_EXECUTOR_PASSWORD=… FINALITY_PAPER_VENUE_PASSWORD=… \
--   FINALITY_PROJECTOR_PASSWORD=… FINALITY_API_PASSWORD=… FINALITY_OPERATOR_PASSWORD=… FINALITY_CONDUCTOR_PASSWORD=… \
--   psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f infra/postgres/login-roles.sql
--
-- A missing password is an error: psql leaves the name in the statement, which PostgreSQL then refuses.

\getenv sequencer_password FINALITY_SEQUENCER_PASSWORD
\getenv dispatcher_password FINALITY_DISPATCHER_PASSWORD
\getenv executor_password FINALITY_EXECUTOR_PASSWORD
\getenv paper_venue_password FINALITY_PAPER_VENUE_PASSWORD
\getenv projector_password FINALITY_PROJECTOR_PASSWORD
\getenv notary_password FINALITY_NOTARY_PASSWORD
\getenv api_password FINALITY_API_PASSWORD
\getenv operator_password FINALITY_OPERATOR_PASSWORD
\getenv conductor_password FINALITY_CONDUCTOR_PASSWORD

DO $$
DECLARE
  name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['sequencer', 'dispatcher', 'executor', 'paper_venue', 'projector', 'notary', 'api', 'operator', 'conductor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finality_login_' || name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', 'finality_login_' || name);
    END IF;
  END LOOP;
  -- To the database itself nobody has any right that he is not given here.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO finality_login_sequencer, finality_login_dispatcher, finality_login_executor, finality_login_paper_venue, finality_login_projector, finality_login_notary, finality_login_api, finality_login_operator, finality_login_conductor', current_database());
END $$;

ALTER ROLE finality_login_sequencer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'sequencer_password';
ALTER ROLE finality_login_dispatcher LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'dispatcher_password';
ALTER ROLE finality_login_executor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'executor_password';
ALTER ROLE finality_login_paper_venue LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'paper_venue_password';
ALTER ROLE finality_login_projector LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'projector_password';
ALTER ROLE finality_login_notary LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'notary_password';
ALTER ROLE finality_login_api LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'api_password';
ALTER ROLE finality_login_operator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'operator_password';
ALTER ROLE finality_login_conductor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'conductor_password';

GRANT finality_appender TO finality_login_sequencer;
GRANT finality_dispatcher TO finality_login_dispatcher;
GRANT finality_executor TO finality_login_executor;
GRANT finality_venue TO finality_login_paper_venue;
GRANT finality_projector TO finality_login_projector;
GRANT finality_notary TO finality_login_notary;
GRANT finality_reader TO finality_login_api, finality_login_conductor;
GRANT finality_operator TO finality_login_operator;
GRANT finality_conductor TO finality_login_conductor;

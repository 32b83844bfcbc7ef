-- Only for a cluster without Kafka or without Redis, whose messages or jobs lie in PostgreSQL: run it after login-roles.sql.
GRANT finality_bus TO finality_login_sequencer, finality_login_executor, finality_login_operator, finality_login_conductor;
GRANT finality_queue TO finality_login_dispatcher, finality_login_executor, finality_login_conductor;

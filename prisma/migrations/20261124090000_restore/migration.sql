-- A notary that finds an older database than it attested asks whether a new generation is ordered: then it is a restore, and no forgery.
GRANT SELECT ON event_log.generation_order TO finality_notary;

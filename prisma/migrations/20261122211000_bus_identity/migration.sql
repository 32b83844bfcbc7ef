-- The storage that a log's messages came from: offsets of another one mean other messages (rule 4). Null: written by a release that did not say.
ALTER TABLE event_log.source_offset ADD COLUMN bus_identity TEXT;

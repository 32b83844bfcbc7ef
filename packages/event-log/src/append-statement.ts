import type { Statement } from "@finality/database";

// An append is one statement, hence one transaction and one way to PostgreSQL and back: with BEGIN, lock, write and COMMIT apart, the ways
// cost more than the durable commit itself.

/** Each value by its name; arrays have one entry a record, source or dead letter. */
export type AppendValues = {
  readonly log: string;
  readonly epoch: number;
  readonly position: number;
  /** The tree that the append was computed behind. */
  readonly frontier: Buffer;
  readonly duplicates: number;
  /** Null: the head's stays. */
  readonly next_generation: number | null;
  /** Null without records: the head's time stays. */
  readonly next_recorded_us: number | null;
  readonly next_frontier: Buffer;
  readonly next_root: Buffer;
  readonly types: readonly string[];
  readonly versions: readonly number[];
  readonly venue_us: readonly number[];
  readonly recorded_us: readonly number[];
  // The records' bytes come as one value each, since arrays of bytea would travel as text; SQL counts them from 1.
  readonly payloads: Buffer;
  readonly payload_starts: readonly number[];
  readonly payload_lengths: readonly number[];
  readonly provenances: Buffer;
  readonly provenance_starts: readonly number[];
  readonly provenance_lengths: readonly number[];
  /** 32 bytes each. */
  readonly content_hashes: Buffer;
  readonly leaf_hashes: Buffer;
  readonly source_topics: readonly string[];
  readonly source_partitions: readonly number[];
  readonly source_expected: readonly number[];
  readonly source_next: readonly number[];
  readonly source_hashes: readonly Buffer[];
  /** Of all sources; null when the writer did not say. */
  readonly bus_identity: string | null;
};

export type DeadLetterValues = {
  readonly letter_topics: readonly string[];
  readonly letter_partitions: readonly number[];
  readonly letter_offsets: readonly number[];
  readonly letter_reasons: readonly string[];
  readonly letter_details: readonly string[];
  /** JSON arrays, null for the whole message. */
  readonly letter_indices: readonly (string | null)[];
  /** JSON objects. */
  readonly letter_headers: readonly string[];
  readonly letter_values: readonly Buffer[];
};

/** The head's time behind the append. No row: the head is not the expected one, and nothing was written. */
export type AppendRow = { readonly recorded_us: number };

/** What PostgreSQL answers when a written row count is not the expected one: the statement divides by zero to undo itself. */
export const countMismatchState = "22012";

/**
 * Moves the head if epoch, position, tree and time fit, and only then inserts the records and moves the offsets, all or nothing; an open
 * append or takeover is waited for. `ON CONFLICT` is nowhere: what is there already is an error. An offset that is not the expected one
 * moves no row, and the count undoes everything; so does a record that was not inserted.
 */
const appendText = (isPlain: boolean): string => `
  WITH head AS (
    UPDATE event_log.head
       SET position = position + cardinality(:types::text[]), recorded_us = coalesce(:next_recorded_us, recorded_us), frontier = :next_frontier,
           root = :next_root, written_at = now(), duplicates = duplicates + :duplicates, generation = coalesce(:next_generation::int, generation)
     WHERE log = :log AND epoch = :epoch AND position = :position AND frontier = :frontier
       AND recorded_us <= coalesce((:recorded_us::bigint[])[1], recorded_us)
    RETURNING generation, recorded_us),
  recorded AS (
    INSERT INTO event_log.record (log, position, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash)
    SELECT :log, :position::bigint + r.place, head.generation, r.type, r.version, r.venue_us, r.recorded_us,
           substring(:payloads::bytea FROM r.payload_start FOR r.payload_length),
           substring(:provenances::bytea FROM r.provenance_start FOR r.provenance_length),
           substring(:content_hashes::bytea FROM (r.place::int - 1) * 32 + 1 FOR 32),
           substring(:leaf_hashes::bytea FROM (r.place::int - 1) * 32 + 1 FOR 32)
      FROM head, unnest(:types::text[], :versions::int[], :venue_us::bigint[], :recorded_us::bigint[], :payload_starts::int[],
                        :payload_lengths::int[], :provenance_starts::int[], :provenance_lengths::int[]) WITH ORDINALITY
        AS r (type, version, venue_us, recorded_us, payload_start, payload_length, provenance_start, provenance_length, place)
    RETURNING 1),
  moved AS (
    UPDATE event_log.source_offset o SET next_offset = s.next, last_hash = s.last_hash, bus_identity = :bus_identity::text FROM head, ${isPlain ? oneSource : sources}
     WHERE o.log = :log AND o.topic = s.topic AND o.partition = s.partition AND o.next_offset = s.expected
    RETURNING 1)${isPlain ? "" : rareText}
  SELECT head.recorded_us,
         CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', true) END,
         1 / ((SELECT count(*) FROM recorded) = cardinality(:types::text[])
           AND (SELECT count(*) FROM moved)${isPlain ? "" : " + (SELECT count(*) FROM begun)"} = cardinality(:source_topics::text[]))::int AS counts_hold
    FROM head`;

// Each part of a statement costs, whether it finds rows or not; PostgreSQL sees through a list of one.
const oneSource = `(
           SELECT (:source_topics::text[])[1] AS topic, (:source_partitions::int[])[1] AS partition, (:source_expected::bigint[])[1] AS expected,
                  (:source_next::bigint[])[1] AS next, (:source_hashes::bytea[])[1] AS last_hash) AS s`;
const sources = `
           unnest(:source_topics::text[], :source_partitions::int[], :source_expected::bigint[], :source_next::bigint[], :source_hashes::bytea[])
             AS s (topic, partition, expected, next, last_hash)`;

/** Sources that are consumed for the first time, and dead letters. */
const rareText = `,
  begun AS (
    INSERT INTO event_log.source_offset (log, topic, partition, next_offset, last_hash, bus_identity)
    SELECT :log, s.topic, s.partition, s.next, s.last_hash, :bus_identity::text FROM head, ${sources}
     WHERE s.expected = 0
    RETURNING 1),
  lettered AS (
    INSERT INTO event_log.dead_letter (topic, partition, "offset", log, reason, detail, bad_indices, headers, value)
    SELECT d.topic, d.partition, d.at, :log, d.reason, d.detail,
           CASE WHEN d.indices IS NULL THEN NULL ELSE ARRAY(SELECT jsonb_array_elements_text(d.indices)::int) END, d.headers, d.value
      FROM head, unnest(:letter_topics::text[], :letter_partitions::int[], :letter_offsets::bigint[], :letter_reasons::text[],
                        :letter_details::text[], :letter_indices::jsonb[], :letter_headers::jsonb[], :letter_values::bytea[])
        AS d (topic, partition, at, reason, detail, indices, headers, value))`;

type Prepared = { readonly name: string; readonly text: string; readonly parameters: readonly string[] };

/** Named parameters as the numbers that PostgreSQL knows. */
const prepared = (name: string, text: string): Prepared => {
  const parameters = [...new Set([...text.matchAll(/(?<!:):([a-z_]+)/g)].map(([, parameter]) => parameter ?? ""))];
  const numbered = text.replaceAll(/(?<!:):([a-z_]+)/g, (_, parameter: string) => `$${String(parameters.indexOf(parameter) + 1)}`);
  return { name, text: numbered, parameters };
};

const plain = prepared("event_log.append", appendText(true));
const whole = prepared("event_log.append_whole", appendText(false));

export const appendStatement = (values: AppendValues, letters: DeadLetterValues): Statement => {
  const isPlain = letters.letter_topics.length === 0 && values.source_topics.length === 1 && values.source_expected[0] !== 0;
  const { name, text, parameters } = isPlain ? plain : whole;
  const all: Readonly<Record<string, unknown>> = { ...values, ...letters };
  return { name, text, values: parameters.map((parameter) => all[parameter]) };
};

import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { ContractsError } from "../errors.ts";
import { canonicalJson, decodeJson } from "../json/canonical-json.ts";
import { describeValue } from "../json/describe-value.ts";
import { explainMismatch } from "../json/explain-mismatch.ts";
import { decodeTicks, encodeTicks } from "../ticks/codec.ts";
import { isDecisionType, recordSchemas, type Decision, type Input, type RecordType } from "./bodies.ts";
import type { DecisionRecord, InputRecord, LogRecord, RecordContent, RecordPlace, StoredRecord } from "./record.ts";
import { recordRegistry, recordTypes, type RecordRegistry } from "./upcasters.ts";

/** What a record's body becomes; times and place are added by the writer. */
export type EncodedRecord = Pick<RecordContent, "type" | "version" | "payload">;

type Check = { readonly schema: TSchema; readonly matches: (value: unknown) => boolean };

const checks: ReadonlyMap<string, Check> = new Map(
  Object.entries(recordSchemas).map(([type, schema]) => {
    const validator = Compile(schema as TSchema);
    return [type, { schema, matches: (value) => validator.Check(value) }];
  }),
);
const knownTypes: ReadonlySet<string> = new Set(recordTypes);
const isRecordType = (type: string): type is RecordType => knownTypes.has(type);

/** Bytes of the newest version. Throws `bad_record` or `bad_ticks` when the body does not keep its schema. */
export const encodeRecord = (record: Input | Decision): EncodedRecord => {
  const { type } = record;
  const version = recordRegistry.versions[type];
  if (type === "TicksRecorded") return { type, version, payload: encodeTicks(record.body) };
  checkBody(type, version, record.body);
  return { type, version, payload: canonicalJson(record.body) };
};

/** What is decoded; with its provenance, an error says which release wrote it. */
type Decodable = RecordPlace & RecordContent & Partial<Pick<StoredRecord, "provenance">>;

/**
 * Reads a stored record of any version that this release knows, raised to the newest. Throws `unknown_type` and `unknown_version`, which say
 * what release is needed, `not_json`, `bad_record` or `bad_ticks`. `registry` is another one in tests only.
 */
export const decodeRecord = (stored: Decodable, registry: RecordRegistry = recordRegistry): LogRecord => {
  const { type } = stored;
  if (!isRecordType(type)) throw new ContractsError("unknown_type", `${placeOf(stored)} has the type ${describeValue(type)}, which this release does not know. ${releaseNeeded(stored)}`);
  const body = raised(type, stored, registry);
  if (type !== "TicksRecorded") checkBody(type, registry.versions[type], body, stored);
  const { log, generation, position, venueTimeUs, recordedTimeUs } = stored;
  // The body was checked against the schema of this very type.
  return { log, generation, position, venueTimeUs, recordedTimeUs, type, body } as LogRecord;
};

export const isInputRecord = (record: LogRecord): record is InputRecord => !isDecisionType(record.type);
export const isDecisionRecord = (record: LogRecord): record is DecisionRecord => isDecisionType(record.type);

const raised = (type: RecordType, stored: Decodable, { versions, upcasters }: RecordRegistry): unknown => {
  const newest = versions[type];
  if (!Number.isInteger(stored.version) || stored.version < 1 || stored.version > newest) {
    throw new ContractsError("unknown_version", `${placeOf(stored)} is ${type} of version ${String(stored.version)}; this release knows versions 1 to ${String(newest)}. ${releaseNeeded(stored)}`);
  }
  let body: unknown = type === "TicksRecorded" ? decodeTicks(stored.payload) : decodeJson(stored.payload);
  for (let version = stored.version; version < newest; version++) {
    const upcast = upcasters[type]?.[version];
    if (upcast === undefined) throw new ContractsError("unknown_version", `${placeOf(stored)} is ${type} of version ${String(stored.version)}; there is no upcaster from version ${String(version)}.`);
    body = upcast(body);
  }
  return body;
};

const checkBody = (type: RecordType, version: number, body: unknown, place?: RecordPlace): void => {
  const check = checks.get(type);
  if (check === undefined || check.matches(body)) return;
  const subject = place === undefined ? "A record" : placeOf(place);
  throw new ContractsError("bad_record", `${subject} is no ${type} of version ${String(version)}: ${explainMismatch(check.schema, body)}`);
};

/** Whoever wrote a record can read it, and so can what came later: releases keep the old versions. */
const releaseNeeded = ({ provenance }: Decodable): string => {
  const build = provenance === undefined || provenance.length === 0 ? undefined : buildIn(provenance);
  return build === undefined ? "A newer release wrote it: use that one." : `The release ${describeValue(build)} wrote it: use that one or a newer one.`;
};

const buildIn = (provenance: Uint8Array): string | undefined => {
  try {
    const build: unknown = Reflect.get(Object(decodeJson(provenance)), "build");
    return typeof build === "string" ? build : undefined;
  } catch {
    // The record's own trouble is what is told; its provenance is judged where hashes are.
    return undefined;
  }
};

const placeOf = ({ log, generation, position }: RecordPlace): string => `Record ${log}-${String(generation)}-${String(position)}`;

import { commandIdOf, decodeRecord, type LogRecord, type Provenance, type StoredRecord } from "@finality/contracts";
import { Decimal } from "decimal.js";

/** A record's place among the source messages. */
export type Recorded = {
  readonly position: number;
  readonly type: string;
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  /** Ticks in it; undefined for other records. */
  readonly ticks: number | undefined;
};

/** What the records of a log say, read once, without the engine. */
export type LogFacts = {
  readonly log: string;
  readonly records: number;
  readonly recorded: readonly Recorded[];
  readonly commands: ReadonlySet<string>;
  /** Ids of recorded fills, one entry a record. */
  readonly fills: readonly string[];
  readonly unexpectedFills: number;
  /** Σ of the fills by `<account> <instrument>`; zeros are left out. */
  readonly traded: ReadonlyMap<string, Decimal>;
};

export const readFacts = async (log: string, records: AsyncIterable<StoredRecord>): Promise<LogFacts> => {
  const facts = { log, records: 0, recorded: [] as Recorded[], commands: new Set<string>(), fills: [] as string[], unexpectedFills: 0, traded: new Map<string, Decimal>() };
  for await (const stored of records) {
    const record = decodeRecord(stored);
    facts.records += 1;
    const source = sourceOf(stored, record);
    if (source !== undefined) facts.recorded.push(source);
    if (record.type === "HedgeDecided") facts.commands.add(commandIdOf(record));
    if (record.type === "UnexpectedFillRecorded") facts.unexpectedFills += 1;
    if (record.type !== "FillRecorded") continue;
    const { fillId, account, instrument, side, quantity } = record.body;
    facts.fills.push(fillId);
    const key = `${account} ${instrument}`;
    const signed = side === "buy" ? new Decimal(quantity) : new Decimal(quantity).neg();
    facts.traded.set(key, (facts.traded.get(key) ?? new Decimal(0)).plus(signed));
  }
  for (const [key, quantity] of facts.traded) if (quantity.isZero()) facts.traded.delete(key);
  return facts;
};

const sourceOf = ({ provenance: bytes }: StoredRecord, record: LogRecord): Recorded | undefined => {
  // Our own writer's bytes; what is in them is hashed.
  const { topic, partition, firstOffset, lastOffset } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Provenance;
  if (topic === undefined || partition === undefined || firstOffset === undefined || lastOffset === undefined) return undefined;
  const ticks = record.type === "TicksRecorded" ? record.body.count : undefined;
  return { position: record.position, type: record.type, topic, partition, first: firstOffset, last: lastOffset, ticks };
};

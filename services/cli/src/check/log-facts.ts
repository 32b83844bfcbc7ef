import { commandIdOf, decodeRecord, type Fill, type LogRecord, type Provenance, type StoredRecord } from "@finality/contracts";
import { Decimal } from "decimal.js";

/** A record's place among the source messages. */
export type Recorded = {
  readonly position: number;
  readonly generation: number;
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
  /** Whether a command's decision was lost with the records behind a generation's end: a restore says so (rule 9). */
  readonly wasLost: (commandId: string) => boolean;
  /** Ids of recorded fills, unexpected ones too, one entry a record. */
  readonly fills: readonly string[];
  /** Fills of no order of this log that no restore explains. */
  readonly unexpectedFills: number;
  /** Σ of the fills by `<account> <instrument>`; zeros are left out. */
  readonly traded: ReadonlyMap<string, Decimal>;
};

export const readFacts = async (log: string, records: AsyncIterable<StoredRecord>): Promise<LogFacts> => {
  const { raised, wasLost } = lostIn(log);
  const facts = { log, wasLost, records: 0, recorded: [] as Recorded[], commands: new Set<string>(), fills: [] as string[], unexpectedFills: 0, traded: new Map<string, Decimal>() };
  for await (const stored of records) {
    const record = decodeRecord(stored);
    facts.records += 1;
    const source = sourceOf(stored, record);
    if (source !== undefined) facts.recorded.push(source);
    if (record.type === "HedgeDecided") facts.commands.add(commandIdOf(record));
    if (record.type === "GenerationRaised") raised(record);
    if (record.type === "UnexpectedFillRecorded" && !wasLost(record.body.fill.commandId)) facts.unexpectedFills += 1;
    const fill = fillOf(record);
    if (fill === undefined) continue;
    const { fillId, account, instrument, side, quantity } = fill;
    facts.fills.push(fillId);
    const key = `${account} ${instrument}`;
    const signed = side === "buy" ? new Decimal(quantity) : new Decimal(quantity).neg();
    facts.traded.set(key, (facts.traded.get(key) ?? new Decimal(0)).plus(signed));
  }
  for (const [key, quantity] of facts.traded) if (quantity.isZero()) facts.traded.delete(key);
  return facts;
};

const fillOf = (record: LogRecord): Fill | undefined => {
  if (record.type === "FillRecorded") return record.body;
  return record.type === "UnexpectedFillRecorded" ? record.body.fill : undefined;
};

/** A generation ends where the next one begins: what a command of it says of a later position was decided, and lost. */
const lostIn = (log: string): { readonly raised: (record: LogRecord) => void; readonly wasLost: LogFacts["wasLost"] } => {
  const beginnings: { readonly generation: number; readonly position: number }[] = [];
  return {
    raised: ({ generation, position }) => { beginnings.push({ generation, position }); },
    wasLost: (commandId) => {
      if (!commandId.startsWith(`${log}-`)) return false;
      const [generation = 0, position = 0] = commandId.slice(log.length + 1).split("-").map(Number);
      return beginnings.some((next) => generation < next.generation && position >= next.position);
    },
  };
};

const sourceOf = ({ provenance: bytes }: StoredRecord, record: LogRecord): Recorded | undefined => {
  // Our own writer's bytes; what is in them is hashed.
  const { topic, partition, firstOffset, lastOffset } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Provenance;
  if (topic === undefined || partition === undefined || firstOffset === undefined || lastOffset === undefined) return undefined;
  const ticks = record.type === "TicksRecorded" ? record.body.count : undefined;
  return { position: record.position, generation: record.generation, type: record.type, topic, partition, first: firstOffset, last: lastOffset, ticks };
};

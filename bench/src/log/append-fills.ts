import { getPostgreSQLEventStore, type PostgresEventStore } from "@event-driven-io/emmett-postgresql";
import type { Fill } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createLogWriter, type Append, type LogWriter } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { compared, type Measurement } from "../measurement.ts";
import { createBareTable, insertBare, readColumns, type BareColumns } from "../spine/bare-table.ts";
import { alternate } from "../timing.ts";
import { appendAll, appendsOf } from "./appends.ts";
import { fillBodies, fillContents } from "./fills.ts";

const goals = { emmett: { atLeast: 10 }, bare: { atLeast: 0.8 } } as const;
const rounds = 7;
const cases = [
  { fills: 300, perAppend: 1, what: "one each" },
  { fills: 4_000, perAppend: 200, what: "200 each" },
] as const;

/** Fills a second in transactions one after the other, beside Emmett's event store and beside a bare `unnest` insert of the same rows, on one server. */
export const appendFills = async (): Promise<readonly Measurement[]> => {
  const server = await privatePostgres();
  const emmett = getPostgreSQLEventStore(server.url);
  try {
    await emmett.schema.migrate();
    await createBareTable(server.database);
    const rows: Measurement[] = [];
    for (const { fills, perAppend, what } of cases) {
      const beside = await race({ database: server.database, emmett }, { name: `fills-${String(perAppend)}`, bodies: fillBodies(fills), perAppend });
      rows.push(
        compared(`append fills: ${what}; baseline: Emmett`, beside.emmett, goals.emmett),
        compared(`append fills: ${what}; baseline: bare unnest`, beside.bare, goals.bare),
        // What no store on this server can be beyond, one transaction after the other.
        compared(`append fills: ${what}, the bare unnest itself; baseline: Emmett`, { ...beside.bare, value: beside.bare.baseline, baseline: beside.emmett.baseline }),
      );
    }
    return rows;
  } finally {
    await emmett.close();
    await server.dispose();
  }
};

type Stores = { readonly database: Database; readonly emmett: PostgresEventStore };
type Load = { readonly name: string; readonly bodies: readonly Fill[]; readonly perAppend: number };
type Beside = { readonly value: number; readonly baseline: number; readonly unit: string };

const race = async ({ database, emmett }: Stores, load: Load): Promise<{ readonly emmett: Beside; readonly bare: Beside }> => {
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const stored = await storedOf(database, writer, load);
  const perSecond = (milliseconds: number): number => (load.bodies.length * 1_000) / milliseconds;
  const against = async (opponent: string, baseline: (stream: string) => Promise<void>): Promise<Beside> => {
    const nameOf = (round: number): string => `${load.name}-${opponent}-${String(round)}`;
    const prepared: (readonly Append[])[] = [];
    for (let round = 0; round <= rounds; round++) prepared.push(await preparedOf(writer, nameOf(round), load));
    const { subjectMs, baselineMs } = await alternate({ subject: (round) => appendAll(writer, prepared[round] ?? []), baseline: (round) => baseline(nameOf(round)), rounds });
    return { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "fills/s" };
  };
  return {
    emmett: await against("emmett", (stream) => appendToEmmett(emmett, stream, load)),
    bare: await against("bare", async (log) => {
      for (const columns of stored) await insertBare(database, log, columns);
    }),
  };
};

const preparedOf = async (writer: LogWriter, log: string, { bodies, perAppend }: Load): Promise<readonly Append[]> => {
  const { epoch } = await writer.takeOver(log);
  return appendsOf(log, epoch, { contents: fillContents(bodies), perAppend });
};

/** The rows that the event store makes of these fills, in its transactions. */
const storedOf = async (database: Database, writer: LogWriter, load: Load): Promise<readonly BareColumns[]> => {
  const appends = await preparedOf(writer, `${load.name}-stored`, load);
  await appendAll(writer, appends);
  const stored: BareColumns[] = [];
  for (const { log, expectedPosition, records } of appends) stored.push(await readColumns(database, { log, after: expectedPosition, to: expectedPosition + records.length }));
  return stored;
};

/** Each append states the version that it goes behind, as ours states its position. */
const appendToEmmett = async (store: PostgresEventStore, stream: string, { bodies, perAppend }: Load): Promise<void> => {
  let version: bigint | undefined;
  for (let from = 0; from < bodies.length; from += perAppend) {
    const events = bodies.slice(from, from + perAppend).map((data) => ({ type: "FillRecorded", data }));
    const appended = await store.appendToStream(stream, events, version === undefined ? undefined : { expectedStreamVersion: version });
    version = appended.nextExpectedStreamVersion;
  }
};

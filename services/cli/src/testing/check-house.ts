import { createNotifier } from "@finality/database";
import { bookNames, bookView, evolve, initialState, type EngineState } from "@finality/engine";
import { createLogReader, type LogReader } from "@finality/event-log";
import { compareReadModels } from "@finality/projector";
import { decodeRecord } from "@finality/contracts";
import { openDataFolder, type DataFolder } from "../house/data-folder.ts";
import { storedRecords, verifyLog } from "../replay/verify-log.ts";

type Counted = { readonly what: string; readonly count: number };

/** What must hold of a house that stands still, whatever happened to it; each broken rule as a sentence. */
export const checkHouse = async (folder: string, log: string): Promise<readonly string[]> => {
  const data = await openDataFolder({ folder, exclusive: true });
  try {
    const reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
    return [...(await checkLog(reader, log)), ...(await checkCommands(data, log)), ...(await checkSources(data, log)), ...(await checkVenue(data, reader, log)), ...(await checkReadModels(data, reader, log))];
  } finally {
    await data.close();
  }
};

/** No hole, every hash and decision as recomputed. */
const checkLog = async (reader: LogReader, log: string): Promise<readonly string[]> => {
  const { firstDifference } = await verifyLog(reader, log, () => undefined);
  return firstDifference === undefined ? [] : [`verify: ${JSON.stringify(firstDifference)}`];
};

const count = async ({ database }: DataFolder, sql: string, log: string): Promise<number> => (await database.query<Counted>(sql, [log])).rows[0]?.count ?? 0;

/** Every decided hedge is a command with exactly one final outcome, and at most one order at the venue. */
const checkCommands = async (data: DataFolder, log: string): Promise<readonly string[]> => {
  const decided = await count(data, "SELECT count(*)::int AS count FROM event_log.record WHERE log = $1 AND type = 'HedgeDecided'", log);
  const commands = await count(data, "SELECT count(*)::int AS count FROM execution.command WHERE log = $1", log);
  const ended = await count(data, "SELECT count(*)::int AS count FROM execution.command c JOIN execution.attempt a USING (command_id) WHERE c.log = $1 AND a.state NOT IN ('sending', 'unknown')", log);
  const accepted = await count(data, "SELECT count(*)::int AS count FROM execution.command c JOIN execution.attempt a USING (command_id) WHERE c.log = $1 AND a.state = 'accepted'", log);
  const orders = await count(data, "SELECT count(*)::int AS count FROM venue.order WHERE log = $1", log);
  return [
    ...(decided === commands && commands === ended ? [] : [`${String(decided)} hedges decided, ${String(commands)} commands, ${String(ended)} of them with a final outcome`]),
    ...(accepted === orders ? [] : [`${String(accepted)} commands accepted, ${String(orders)} orders at the venue`]),
  ];
};

/** Every message on the bus became one record, a dead letter, or a counted duplicate. */
const checkSources = async (data: DataFolder, log: string): Promise<readonly string[]> => {
  const messages = await count(data, "SELECT count(*)::int AS count FROM bus.message m JOIN event_log.catalogue c ON c.partition = m.partition WHERE c.log = $1", log);
  const inputs = await count(data, "SELECT count(*)::int AS count FROM event_log.record WHERE log = $1 AND convert_from(provenance, 'UTF8')::jsonb ? 'topic'", log);
  const letters = await count(data, "SELECT count(*)::int AS count FROM event_log.dead_letter WHERE log = $1 AND bad_indices IS NULL", log);
  const duplicates = await count(data, "SELECT duplicates::int AS count FROM event_log.head WHERE log = $1", log);
  return messages === inputs + letters + duplicates ? [] : [`${String(messages)} messages, but ${String(inputs)} records + ${String(letters)} dead letters + ${String(duplicates)} duplicates`];
};

/** The venue and the log agree on every account's position, and each of the venue's fills was recorded once. */
const checkVenue = async (data: DataFolder, reader: LogReader, log: string): Promise<readonly string[]> => {
  const head = (await reader.head(log))?.position ?? 0;
  const state: EngineState = initialState(log);
  for await (const record of storedRecords(reader, log, head)) evolve(state, decodeRecord(record));
  const own = new Map<string, string>();
  const { rows: books } = await data.database.query<{ readonly book: string; readonly account: string; readonly hedge_instrument: string }>("SELECT book, account, hedge_instrument FROM read_model.book WHERE log = $1", [log]);
  for (const book of bookNames(state)) {
    const definition = books.find((each) => each.book === book);
    const position = bookView(state, book).positions.find(({ instrument }) => instrument === definition?.hedge_instrument);
    if (definition !== undefined && position !== undefined && Number(position.quantity) !== 0) own.set(`${definition.account} ${definition.hedge_instrument}`, position.quantity);
  }
  const { rows } = await data.database.query<{ readonly account: string; readonly instrument: string; readonly quantity: string }>("SELECT account, instrument, quantity FROM venue.position");
  const venue = new Map(rows.filter(({ quantity }) => Number(quantity) !== 0).map(({ account, instrument, quantity }) => [`${account} ${instrument}`, quantity]));
  const fills = await count(data, "SELECT count(*)::int AS count FROM event_log.record WHERE log = $1 AND type = 'FillRecorded'", log);
  const unexpected = await count(data, "SELECT count(*)::int AS count FROM event_log.record WHERE log = $1 AND type = 'UnexpectedFillRecorded'", log);
  const told = await count(data, "SELECT count(*)::int AS count FROM venue.report r JOIN venue.order o USING (client_order_id) WHERE o.log = $1 AND r.type = 'fill'", log);
  const differs = [...new Set([...own.keys(), ...venue.keys()])].filter((key) => own.get(key) !== venue.get(key));
  return [
    ...differs.map((key) => `${key}: the log holds ${own.get(key) ?? "0"}, the venue ${venue.get(key) ?? "0"}`),
    ...(fills === told && unexpected === 0 ? [] : [`the venue told of ${String(told)} fills, the log has ${String(fills)}, and ${String(unexpected)} unexpected`]),
  ];
};

const checkReadModels = async (data: DataFolder, reader: LogReader, log: string): Promise<readonly string[]> => {
  const differences = await compareReadModels({ reader, database: data.database }, log);
  return differences.map((difference) => `read models: ${JSON.stringify(difference)}`);
};

import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { decodeRecord, type Fill, type Message, type StoredRecord } from "@finality/contracts";
import { createPrisma, type Database } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { listBooks, type BookRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { controlMessage } from "../house/control-message.ts";
import { openOwnBus } from "../house/open-parts.ts";
import { printData, printJson } from "../output.ts";
import { withData, type DataOptions } from "./with-data.ts";

type Release = { readonly log: string; readonly book: string; readonly fills: readonly Fill[] };
type ReleaseOptions = DataOptions & { readonly log?: string; readonly adoptFills?: true; readonly yes?: true; readonly json?: true };

/** The trade by which a book takes an unexpected fill over: the same fill is the same trade, so it is taken once. */
const tradeIdOf = ({ fillId }: Pick<Fill, "fillId">): string => `fill/${fillId}`;

/** Fills of the account that no order of the log explains and that no book has taken over, in the order in which they were recorded. */
const unexplainedFills = async (database: Database, reader: LogReader, log: string, account: string): Promise<readonly Fill[]> => {
  const { rows } = await database.query<{ readonly position: number }>("SELECT position::int8 FROM event_log.record WHERE log = $1 AND type IN ('UnexpectedFillRecorded', 'TradeBooked') ORDER BY position", [log]);
  const fills = new Map<string, Fill>();
  for (const { position } of rows) {
    const stored: readonly StoredRecord[] = await reader.read(log, position - 1, 1);
    for (const record of stored.map((each) => decodeRecord(each))) {
      // What is in an instrument that the log does not know cannot be in a book either.
      if (record.type === "UnexpectedFillRecorded" && record.body.fill.account === account && record.body.unexpected !== "unknown_instrument") fills.set(tradeIdOf(record.body.fill), record.body.fill);
      if (record.type === "TradeBooked") fills.delete(record.body.tradeId);
    }
  }
  return [...fills.values()];
};

const adoption = (log: string, book: string, fill: Fill): Message => {
  const { instrument, side, quantity, price, fee, venueTimeUs } = fill;
  return { type: "book_trade", version: 1, log, body: { tradeId: tradeIdOf(fill), book, instrument, side, quantity, price, fee, venueTimeUs } };
};

const lineOf = ({ fillId, side, quantity, instrument, price }: Fill): string => `${side} ${quantity} ${instrument} at ${price} (${fillId})`;

/** The book that is named, else every one: to release one that is not held changes nothing. */
const booksToRelease = async (database: Database, named: string | undefined, log: string | undefined): Promise<readonly BookRow[]> => {
  const books = await listBooks(createPrisma(database), log);
  if (named === undefined) return books;
  const found = books.filter(({ book }) => book === named);
  if (found.length === 0) throw new CliError("not_found", `There is no book "${named}"${log === undefined ? "" : ` in log ${log}`}.`);
  if (found.length > 1) throw new CliError("usage", `Several logs have a book ${named} (${found.map((each) => each.log).join(", ")}): name one with --log.`);
  return found;
};

const sentenceOf = ({ log, book, fills }: Release): string =>
  `${book} of ${log} is released${fills.length === 0 ? "" : ` and takes over ${String(fills.length)} fills that no order of the log explains: ${fills.map(lineOf).join(", ")}`}.`;

/** Lets books hedge again that are held or suspended. With `--adopt-fills` each first takes over its account's unexpected fills as trades. */
export const runReleaseBook = (config: Config, named: string | undefined, options: ReleaseOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const { database } = data;
    const books = await booksToRelease(database, named, options.log);
    const releases: Release[] = [];
    for (const { log, book, account } of books) {
      const fills = options.adoptFills === true ? await unexplainedFills(database, reader, log, account) : [];
      if (fills.length > 0 && books.some((other) => other.book !== book && other.log === log && other.account === account)) throw new CliError("usage", `Several books have the account ${account}: name the one that takes its fills over.`);
      releases.push({ log, book, fills });
    }
    if (releases.length > 0 && options.yes !== true) throw new CliError("usage", `${releases.map(sentenceOf).join(" ")} Compare positions with the venue, then repeat the command with --yes.`);
    const actor = actorReference(data.ownFolder, userInfo().username);
    const messages = releases.flatMap(({ log, book, fills }): readonly Message[] => [...fills.map((fill) => adoption(log, book, fill)), { type: "release_book", version: 1, log, body: { book } }]);
    const bus = openOwnBus(config, data);
    try {
      await bus.produce(await Promise.all(messages.map((message) => controlMessage(database, message, { id: randomUUID(), actor }))));
    } finally {
      await bus.close();
    }
    if (options.json === true) printJson({ released: releases.map(({ log, book, fills }) => ({ log, book, adopted: fills.map(({ fillId }) => fillId) })) });
    else printData(releases.length === 0 ? "There is no book." : releases.map(sentenceOf).join("\n"));
  });

import { decodeRecord, encodeRecord, isInputRecord, type DecisionRecord, type LogRecord, type Message, type Tick } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { invariant } from "@finality/domain";
import { admit, advance, initialState, passOver } from "@finality/engine";
import { createLogWriter, type PendingRecord } from "@finality/event-log";
import { seededRandom } from "@finality/testkit";
import { sha256 } from "@finality/transparency";

// A log for tests, written as the sequencer writes one: admitted, decided, appended input by input.

const second = 1_000_000;
/** 2021-01-04T14:30:00Z. */
const startUs = 1_609_770_600 * second;
const expiryUs = startUs + 40 * 60 * second;

type Body<Type extends Message["type"]> = Extract<Message, { readonly type: Type }>["body"];

const common = { currency: "USD", settlement: "linear", tickSize: "0.05", lotSize: "1" } as const;
const policy = { type: "delta_band", deltaTarget: 0, thresholdUp: 100, thresholdDown: -100, hedgeRatio: 1, cooldownMs: 0, validityMs: 5_000 } as const;
const limits = { maxOrderQuantity: "100", maxHedgePosition: "200", maxQuoteAgeMs: 120_000 };

export type RecordedLog = {
  readonly log: string;
  /** Position of the last appended record. */
  head(): number;
  /** One more instant: prices move, hedges of the instant before are filled. */
  step(): Promise<void>;
  steps(count: number): Promise<void>;
  /** Appends a record as it is: a log that its own writer would never write. */
  appendRaw(record: Pick<LogRecord, "type" | "body">): Promise<void>;
};

type Send = <Type extends Message["type"]>(type: Type, body: Body<Type>) => Promise<void>;

const books = ["scalper", "unhedged"];

const openDesk = async (log: string, send: Send): Promise<void> => {
  await send("open_log", { clock: "data", startsAtUs: startUs, maxFutureMs: 1_000, lateAfterMs: 60_000, farShare: 0.1, stateHashEvery: 20 });
  const listed = { ...common, underlying: log };
  await send("list_instrument", { instrument: { kind: "future", instrument: "FUT", ...listed, multiplier: "50", expiryUs: startUs + 86_400 * 300 * second } });
  for (const putCall of ["call", "put"] as const) {
    const instrument = putCall === "call" ? "C3700" : "P3700";
    await send("list_instrument", { instrument: { kind: "option", instrument, ...listed, multiplier: "100", style: "european", strike: "3700", putCall, expiryUs, forward: { source: "index" } } });
  }
  for (const book of books) await send("open_book", { book, account: "paper-1", hedgeInstrument: "FUT", policy: book === "scalper" ? policy : { type: "none" }, limits });
};

const buyStraddles = async (send: Send, place: () => Pick<Body<"book_trade">, "tradeId" | "venueTimeUs">): Promise<void> => {
  for (const book of books) {
    for (const instrument of ["C3700", "P3700"]) await send("book_trade", { ...place(), book, instrument, side: "buy", quantity: "10", price: "14.30", fee: "1.25" });
  }
};

/** Opens a log with two books on a call and a put; `StateHashed` after every 20 records. */
export const recordedLog = async (database: Database, { log = "SPX", seed = 1 }: { readonly log?: string; readonly seed?: number } = {}): Promise<RecordedLog> => {
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const state = initialState(log);
  const random = seededRandom(seed);
  const hold = await writer.takeOver(log);
  const waiting: DecisionRecord[] = [];
  let head = 0;
  let nowUs = startUs;
  let price = 3_700;
  let ids = 0;
  const nextId = (kind: string): string => `${kind}-${String((ids += 1))}`;

  const append = async (records: readonly Pick<LogRecord, "type" | "body" | "venueTimeUs" | "recordedTimeUs">[]): Promise<void> => {
    const pending = records.map(({ venueTimeUs, recordedTimeUs, ...record }): PendingRecord => {
      // Type and body come out of one record.
      const content = { ...encodeRecord(record as LogRecord), venueTimeUs, recordedTimeUs };
      return { content, provenance: { epoch: hold.epoch, build: "test" } };
    });
    await writer.append({ log, epoch: hold.epoch, expectedPosition: head, records: pending, offsets: [], deadLetters: [], duplicates: 0 });
    head += records.length;
  };

  const send: Send = async <Type extends Message["type"]>(type: Type, body: Body<Type>): Promise<void> => {
    const admission = admit(state, { type, version: 1, log, body } as Message, nowUs); // the type and its body belong together by the signature
    invariant(admission.kind === "record", `the message is recorded: ${JSON.stringify(admission)}`);
    const place = { log, generation: 1, position: state.facts.position + 1, venueTimeUs: admission.venueTimeUs, recordedTimeUs: nowUs };
    const input = decodeRecord({ ...place, ...encodeRecord(admission.input) });
    invariant(isInputRecord(input), "an input reads back as an input");
    const decisions = advance(state, input, sha256);
    waiting.push(...decisions.filter((decision) => decision.type === "HedgeDecided"));
    await append([input, ...decisions]);
  };

  const quote = (instrument: string, mid: number, half: number): Tick => ({
    kind: "quote", instrument, venueTimeUs: nowUs, bid: (mid - half).toFixed(2), bidSize: "10", ask: (mid + half).toFixed(2), askSize: "10",
  });

  const fillWaiting = async (): Promise<void> => {
    for (const { body, position } of waiting.splice(0)) {
      if (!("expectedPrice" in body)) continue;
      const { account, instrument, side, quantity, expectedPrice } = body;
      const order = { account, commandId: `${log}-1-${String(position)}`, venueTimeUs: nowUs } as const;
      await send("order_report", { ...order, reportId: nextId("report"), sequence: 1, state: "accepted", cumulativeQuantity: "0" });
      const fill = { instrument, side, quantity, cumulativeQuantity: quantity, liquidity: "taker", fee: "0.85" } as const;
      await send("fill", { ...order, ...fill, fillId: nextId("fill"), sequence: 2, price: (Number(expectedPrice) + 0.05).toFixed(2) });
    }
  };

  const step = async (): Promise<void> => {
    nowUs += (1 + Math.floor(random.next() * 20)) * second;
    price *= 1 + (random.next() - 0.5) * 0.004;
    const value = 4 + 10 * random.next();
    const ticks: Tick[] = [
      { kind: "index", instrument: log, venueTimeUs: nowUs, price: price.toFixed(2) },
      quote("FUT", price, 0.25),
      quote("C3700", Math.max(price - 3_700, 0) + value, 0.2),
      quote("P3700", Math.max(3_700 - price, 0) + value, 0.2),
    ];
    await send("ticks", { ticks });
    await fillWaiting();
  };

  await openDesk(log, send);
  await step();
  await buyStraddles(send, () => ({ tradeId: nextId("trade"), venueTimeUs: nowUs }));
  return {
    log,
    head: () => head,
    step,
    steps: async (count) => { for (let done = 0; done < count; done += 1) await step(); },
    appendRaw: async (record) => {
      await append([{ ...record, venueTimeUs: nowUs, recordedTimeUs: nowUs }]);
      passOver(state, { generation: 1, position: head, recordedTimeUs: nowUs });
    },
  };
};

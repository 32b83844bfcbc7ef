import { commandIdOf, decodeRecord, encodeMessage, messageSchemas, topicNames, type HedgeDecided } from "@finality/contracts";
import type { Append, LogReader, LogWriter } from "@finality/event-log";
import { startSequencer } from "@finality/sequencer";
import { createLogger, noFaults } from "@finality/service-kit";
import { handOver } from "./hand-over.ts";
import type { Body, Instant, LongDay } from "./long-day.ts";
import { observed } from "./writers.ts";

/** The real sequencer with messages handed to it, and a venue that fills every order at once at the expected price. */
export type Desk = {
  /** Opens the log, the books and their positions. `also` is added last at the opening's last instant. */
  open(also?: readonly Body[]): Promise<void>;
  /** The messages of these instants, one each, as the conductor would send them. Apart from `give`, so that making them is not measured. */
  messagesOf(instants: readonly Instant[]): readonly Uint8Array[];
  /** Hands tick messages over as one batch; resolves after its commit. */
  give(messages: readonly Uint8Array[]): Promise<void>;
  /** Sends the fills of what was decided since; returns how many hedges that were. */
  answer(): Promise<number>;
  close(): Promise<void>;
};

export type DeskDeps = { readonly day: LongDay; readonly writer: LogWriter; readonly reader?: LogReader; readonly onCommitted?: (append: Append) => void };

export type Command = { readonly commandId: string; readonly venueTimeUs: number; readonly body: HedgeDecided };

const feePerContract = 0.85;

export const startDesk = ({ day, writer, reader = emptyReader, onCommitted }: DeskDeps): Desk => {
  const { log } = day;
  const hand = handOver();
  let commands: Command[] = [];
  let nowUs = day.opening.at(-1)?.instantUs ?? 0;
  const note = (append: Append): void => {
    commands.push(...commandsOf(append));
    onCommitted?.(append);
  };
  const sequencer = startSequencer({
    bus: hand.bus,
    catalogue: { assignPartition: async () => 0, partitionOf: async () => 0, logOf: async () => log, list: async () => [{ log, partition: 0 }] },
    reader,
    writer: observed(writer, note),
    nowUs: () => Date.now() * 1_000,
    build: "bench",
    faults: noFaults,
    logger: createLogger({ service: "bench", level: "warn" }),
  });
  const bytesOf = (instantUs: number, body: Body): Uint8Array => encodeMessage({ ...body, version: 1, log, instantUs });
  const give = async (topic: string, values: readonly Uint8Array[]): Promise<void> => {
    if (values.length > 0) await Promise.race([hand.give(topic, values.map((value) => ({ value, headers: {} }))), sequencer.failed]);
  };
  const send = async (instantUs: number, bodies: readonly Body[]): Promise<void> => {
    for (const topic of topicNames) {
      await give(topic, bodies.filter(({ type }) => messageSchemas[type].topic === topic).map((body) => bytesOf(instantUs, body)));
    }
  };
  return {
    open: async (also = []) => {
      for (const { instantUs, ticks, control } of day.opening) {
        if (ticks.length > 0) await send(instantUs, [{ type: "ticks", body: { ticks: [...ticks] } }]);
        await send(instantUs, control);
      }
      await send(nowUs, also);
    },
    messagesOf: (instants) => {
      nowUs = instants.at(-1)?.instantUs ?? nowUs;
      return instants.map(({ instantUs, ticks }) => bytesOf(instantUs, { type: "ticks", body: { ticks: [...ticks] } }));
    },
    give: (messages) => give(messageSchemas.ticks.topic, messages),
    answer: async () => {
      const decided = commands;
      commands = [];
      await send(nowUs, decided.flatMap((command) => answersTo(command)));
      return decided.length;
    },
    close: () => sequencer.stop(),
  };
};

const commandsOf = ({ log, expectedPosition, records }: Append): readonly Command[] =>
  records.flatMap(({ content }, index) => {
    if (content.type !== "HedgeDecided") return [];
    const place = { log, generation: 1, position: expectedPosition + index + 1 };
    const record = decodeRecord({ ...place, ...content });
    return record.type === "HedgeDecided" ? [{ commandId: commandIdOf(place), venueTimeUs: record.recordedTimeUs, body: record.body }] : [];
  });

/** The fill of a whole order at the expected price, and the report that it is done. */
export const answersTo = ({ commandId, venueTimeUs, body }: Command): readonly Body[] => {
  const { account, instrument, side, quantity } = body;
  const common = { account, commandId, venueTimeUs, cumulativeQuantity: quantity };
  const fee = String(Number(quantity) * feePerContract);
  return [
    { type: "fill", body: { ...common, fillId: `${commandId}-f1`, sequence: 1, instrument, side, quantity, price: body.expectedPrice, fee, liquidity: "taker" } },
    { type: "order_report", body: { ...common, reportId: `${commandId}-r2`, sequence: 2, state: "filled" } },
  ];
};

/** A fresh log has nothing to be read. */
const emptyReader: LogReader = {
  heads: async () => [],
  head: async () => undefined,
  read: async () => [],
  follow: async function* () {
    // Nothing follows.
  },
};

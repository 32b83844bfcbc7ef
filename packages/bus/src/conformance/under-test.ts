import { eventually } from "@finality/testkit";
import type { Bus, Consumer, ConsumerHandlers, ConsumerOptions, OutgoingMessage } from "../bus.ts";

/** What the parts of the suite share. */
export type BusUnderTest = {
  /** Another client of the same storage; closed after the test. */
  open(): Promise<Bus>;
  /** A consumer that is stopped after the test. */
  consume(bus: Bus, options: Partial<ConsumerOptions> & { readonly topics: readonly string[] }, handlers: ConsumerHandlers): Promise<Consumer>;
  /** A new name each time. */
  name(kind: string): string;
};

/** The name of each test, and what it does. */
export type BusChecks = Readonly<Record<string, (underTest: BusUnderTest) => Promise<void>>>;

export const outgoing = (topic: string, value: string | Uint8Array, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  topic,
  partition: 0,
  key: null,
  value: typeof value === "string" ? new TextEncoder().encode(value) : value,
  headers: {},
  ...more,
});

export const textOf = ({ value }: { readonly value: Uint8Array }): string => new TextDecoder().decode(value);

/** "0", "1", … as messages to partition 0. */
export const numbered = (topic: string, from: number, to: number): readonly OutgoingMessage[] =>
  Array.from({ length: to - from }, (_, index) => outgoing(topic, String(from + index)));

export const waitLongMs = 60_000;

/** Waits until `condition` holds; a change of group may take a broker many seconds. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  await eventually(condition, { timeoutMs: waitLongMs });
};

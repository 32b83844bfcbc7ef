import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "vitest";
import type { Bus, Consumer } from "../bus.ts";
import { consumingConformance } from "./consuming-conformance.ts";
import { groupConformance } from "./group-conformance.ts";
import { storingConformance } from "./storing-conformance.ts";
import { waitLongMs, type BusUnderTest } from "./under-test.ts";

/**
 * What every adapter of `Bus` owes. `makeBus` opens a client of one and the same storage at each call; topics and groups get names
 * that were never used before, so a storage may be used again.
 */
export const busConformance = (name: string, makeBus: () => Promise<Bus>): void => {
  describe(`bus conformance: ${name}`, { timeout: 3 * waitLongMs }, () => {
    let buses: Bus[] = [];
    let consumers: Consumer[] = [];
    beforeEach(() => {
      buses = [];
      consumers = [];
    });
    afterEach(async () => {
      for (const consumer of consumers) await consumer.stop();
      for (const bus of buses) await bus.close();
    });

    const underTest: BusUnderTest = {
      open: async () => {
        const bus = await makeBus();
        buses.push(bus);
        return bus;
      },
      consume: async (bus, options, handlers) => {
        const consumer = await bus.consume({ group: underTest.name("group"), maxMessages: 100, ...options }, handlers);
        consumers.push(consumer);
        return consumer;
      },
      name: (kind) => `conformance.${kind}.${randomUUID()}`,
    };

    for (const [title, check] of Object.entries({ ...storingConformance, ...consumingConformance, ...groupConformance })) {
      test(title, () => check(underTest));
    }
  });
};

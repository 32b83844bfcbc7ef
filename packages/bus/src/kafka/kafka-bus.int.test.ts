import { lacksKafka, testKafka } from "@finality/testkit";
import { describe } from "vitest";
import { busConformance } from "../conformance/bus-conformance.ts";
import { createKafkaBus } from "./kafka-bus.ts";

const sessionTimeoutMs = 6_000;

describe.skipIf(await lacksKafka())("kafka", () => {
  busConformance("kafka, one node", async () => createKafkaBus({ brokers: (await testKafka()).brokers, sessionTimeoutMs }));
  busConformance("kafka, three nodes", async () => createKafkaBus({ brokers: (await testKafka({ nodes: 3 })).brokers, sessionTimeoutMs }));
});

import type { Benchmark } from "../measurement.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { load } from "./load.ts";
import { memory } from "./memory.ts";
import { takeover } from "./takeover.ts";
import { throughput } from "./throughput.ts";

export const cluster: Benchmark = {
  name: "cluster",
  about: "the same way through Kafka, PostgreSQL and Redis, with the services as processes",
  parts: [
    { name: "latency", measure: latency },
    { name: "throughput", measure: throughput },
    { name: "load", measure: load },
    { name: "takeover", measure: takeover },
    { name: "idle", measure: idle },
    { name: "memory", measure: memory },
  ],
};

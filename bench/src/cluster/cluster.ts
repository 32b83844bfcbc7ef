import type { Benchmark } from "../measurement.ts";
import { latency } from "./latency.ts";

export const cluster: Benchmark = {
  name: "cluster",
  about: "the same way through Kafka, PostgreSQL and Redis, as separate processes",
  parts: [{ name: "latency", measure: latency }],
};

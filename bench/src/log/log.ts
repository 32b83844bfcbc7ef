import type { Benchmark } from "../measurement.ts";
import { appendFills } from "./append-fills.ts";
import { appendTicks } from "./append-ticks.ts";
import { decide } from "./decide.ts";
import { merkle } from "./merkle.ts";
import { read } from "./read.ts";

export const log: Benchmark = {
  name: "log",
  about: "the event store beside bare PostgreSQL and Emmett",
  parts: [
    { name: "append-ticks", measure: appendTicks },
    { name: "append-fills", measure: appendFills },
    { name: "read", measure: read },
    { name: "decide", measure: decide },
    { name: "merkle", measure: merkle },
  ],
};

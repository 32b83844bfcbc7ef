import type { Benchmark } from "../measurement.ts";
import { appendFills } from "./append-fills.ts";
import { appendTicks } from "./append-ticks.ts";
import { archive } from "./archive.ts";
import { asOf } from "./as-of.ts";
import { decide } from "./decide.ts";
import { merkle } from "./merkle.ts";
import { read } from "./read.ts";
import { replay } from "./replay.ts";

export const log: Benchmark = {
  name: "log",
  about: "the event store, its archive and its tree beside bare PostgreSQL, DuckDB, SHA-256 and Emmett; replay of up to 100 M ticks with --full",
  parts: [
    { name: "append-ticks", measure: appendTicks },
    { name: "append-fills", measure: appendFills },
    { name: "read", measure: read },
    { name: "decide", measure: decide },
    { name: "merkle", measure: merkle },
    { name: "replay", measure: replay },
    { name: "archive", measure: archive },
    { name: "as-of", measure: asOf },
  ],
};

import type { Benchmark } from "../measurement.ts";
import { append } from "./append.ts";
import { demo } from "./demo.ts";
import { fold } from "./fold.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";

export const spine: Benchmark = {
  name: "spine",
  about: "the way of a tick: fold, append, message to command, the demo, memory",
  parts: [
    { name: "fold", measure: fold },
    { name: "append", measure: append },
    { name: "latency", measure: latency },
    { name: "memory", measure: memory },
    { name: "demo", measure: demo },
  ],
};

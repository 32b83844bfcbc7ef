import { Type, type Static } from "typebox";
import { Name } from "./scalars.ts";

/** A job on the work queue: a wake-up that carries the command id and nothing else (rule 19). */
export const CommandJob = Type.Object({ commandId: Name }, { additionalProperties: false });
export type CommandJob = Static<typeof CommandJob>;

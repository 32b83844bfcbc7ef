import { createHash } from "node:crypto";
import { isDecisionType } from "@finality/contracts";
import type { Database } from "@finality/database";
import { EventLogError } from "./errors.ts";
import { readHashes, readHead } from "./statements.ts";

export type LogHashes = {
  readonly log: string;
  readonly generation: number;
  /** Position up to which the hashes are taken; also the count of records. */
  readonly head: number;
  readonly decisions: number;
  /** Lower-case hex SHA-256 over the content hashes 1 … head. */
  readonly logHash: string;
  /** The same over the content hashes of decision records. */
  readonly decisionsHash: string;
};

type HashRow = { readonly position: number; readonly type: string; readonly content_hash: Buffer };

const page = 10_000;

/** Over the stored content hashes; whether these go with the stored bytes is `verifyHashes`' to say. Throws `unknown_log`, `hole`. */
export const logHashes = async (database: Database, log: string): Promise<LogHashes> => {
  const { rows } = await database.query<{ generation: number; position: number }>(readHead, [log]);
  const [at] = rows;
  if (at === undefined) throw new EventLogError("unknown_log", `There is no log ${log}.`);
  const all = createHash("sha256");
  const decided = createHash("sha256");
  let decisions = 0;
  let position = 0;
  while (position < at.position) {
    const records = (await database.query<HashRow>(readHashes, [log, position, at.position, page])).rows;
    if (records[0] === undefined) throw new EventLogError("hole", `Log ${log} has no record at position ${String(position + 1)}.`);
    for (const record of records) {
      if (record.position !== position + 1) throw new EventLogError("hole", `Log ${log} has no record at position ${String(position + 1)}.`);
      position = record.position;
      all.update(record.content_hash);
      if (!isDecisionType(record.type)) continue;
      decisions++;
      decided.update(record.content_hash);
    }
  }
  return { log, generation: at.generation, head: position, decisions, logHash: all.digest("hex"), decisionsHash: decided.digest("hex") };
};

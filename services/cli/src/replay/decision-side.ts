import { createReadStream, existsSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import type { DecisionRecord } from "@finality/contracts";
import type { DecisionFace } from "@finality/engine";
import { recordChunks } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { groupsOf } from "./log-groups.ts";
import { namedLog, sourceOf, type SourceOptions } from "./replay-source.ts";
import { readRun } from "./run-folder.ts";

/** A decision with the input that it was made behind. */
export type PlacedDecision = DecisionFace & { readonly input: number };

/** One side of a comparison: a run's own decisions, or those recorded in a log. */
export type DecisionSide = {
  readonly name: string;
  readonly log: string;
  readonly generation: number;
  /** The inputs that it is about: positions, both included. */
  readonly from: number;
  readonly to: number;
  /** Equal for two runs of one recorded stretch. Null for a log, whose records are not hashed for a comparison. */
  readonly logHash: string | null;
  /** In order of input position. */
  readonly decisions: AsyncIterable<PlacedDecision>;
  close(): Promise<void>;
};

async function* linesOf(path: string): AsyncGenerator<PlacedDecision, void, void> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    // A line that a run wrote; the cast names what was written.
    yield JSON.parse(line) as PlacedDecision;
  }
}

const runSide = async (path: string): Promise<DecisionSide> => {
  const run = await readRun(path);
  if (run === undefined) throw new CliError("not_found", `${path} holds no finished run: there is no run.json in it.`);
  const { log, generation, from, to, logHash } = run.document;
  return { name: path, log, generation, from, to, logHash, decisions: linesOf(run.decisions), close: () => Promise.resolve() };
};

const placed = ({ log: _log, generation: _generation, venueTimeUs: _venueTimeUs, ...decision }: DecisionRecord, input: number): PlacedDecision => ({ ...decision, input });

const logSide = async (config: Config, name: string, options: SourceOptions & { readonly log?: string }): Promise<DecisionSide> => {
  const source = await sourceOf(config, options);
  const log = await namedLog(source, options.log);
  const head = await source.head(log);
  async function* decisions(): AsyncGenerator<PlacedDecision, void, void> {
    for await (const groups of groupsOf(recordChunks(source, { log, after: 0, to: head?.position ?? 0 }), () => undefined)) {
      for (const { input, decisions: made } of groups) for (const decision of made) yield placed(decision, input.position);
    }
  }
  return { name, log, generation: head?.generation ?? 0, from: 1, to: head?.position ?? 0, logHash: null, decisions: decisions(), close: () => source.close() };
};

/** A run's folder, an exported log, or the name of a log in the database or archive that the options name. */
export const decisionSide = async (config: Config, named: string, options: SourceOptions): Promise<DecisionSide> => {
  if (!existsSync(named)) return logSide(config, named, { ...options, log: named });
  return statSync(named).isDirectory() ? runSide(named) : logSide(config, named, { file: named });
};

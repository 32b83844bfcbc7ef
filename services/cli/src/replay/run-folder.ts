import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { restoreState, serializeState, stateHash, type EngineState } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { CliError } from "../exit-codes.ts";
import { lockRunFolder } from "./run-folder-lock.ts";
import { runFormat, type RunCounts, type RunDocument, type RunPlan } from "./run-document.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const files = { run: "run.json", decisions: "decisions.jsonl", unfinished: "unfinished" } as const;

/** Where a run stands behind a complete input, apart from the state. */
export type RunPlace = {
  readonly position: number;
  /** Of the record at `position`: says which history it belongs to. */
  readonly leafHash: string;
  readonly counts: RunCounts;
  /** Running hashes, as `runningHash` saves them. */
  readonly logHash: string;
  readonly decisionsHash: string;
};

type Unfinished = { readonly place: RunPlace; readonly state: EngineState };

/** The folder of one run. */
export interface RunFolder {
  readonly path: string;
  /** That of the run that it holds already, where there is one. */
  readonly plan: RunPlan;
  /** Of a run that was finished. */
  readonly document: RunDocument | undefined;
  /** Of one that was not; a reason in words where it cannot be gone on with. */
  readonly unfinished: Unfinished | string | undefined;
  /** Forgets what was written: the run begins. */
  restart(): Promise<void>;
  /** Lines behind those written. */
  append(text: string): Promise<void>;
  /** Keeps what is needed to go on here. */
  keep(place: RunPlace, state: EngineState): Promise<void>;
  /** Writes run.json; nothing is left to go on with. */
  finish(document: Omit<RunDocument, "ownDecisionsHash">): Promise<RunDocument>;
  close(): Promise<void>;
}

/** First line of `unfinished`; behind it the state, compressed. */
type Header = { readonly plan: RunPlan; readonly place: RunPlace; readonly stateHash: string; readonly decisions: { readonly bytes: number; readonly sha256: string } };

const hashOf = (bytes: Uint8Array): string => sha256(bytes).toString("hex");
const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** Replaces a file in one step: after a crash it holds the old bytes or the new ones. */
const replace = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  const handle = await open(`${path}.new`, "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
};

/** What a run is to be; without `to` it ends at the head of when it began. */
export type WantedRun = RunPlan & { readonly toHead: boolean };

/** Throws `CliError` "conflict" unless it is the run that was wanted. */
const requireSame = (path: string, held: RunPlan, wanted: WantedRun): void => {
  const keys = ["log", "generation", "from", "source", "semantics", "build", ...(wanted.toHead ? [] : (["to"] as const))] as const;
  const other = keys.find((key) => held[key] !== wanted[key]);
  if (other === undefined) return;
  throw new CliError("conflict", `${path} holds the run of log ${held.log} from ${String(held.from)} to ${String(held.to)} with ${other} ${String(held[other])}, not ${String(wanted[other])}: name another folder with --out.`);
};

/** Our own file, checked by its hash; the cast names what was written. */
const parsedHeader = (line: Buffer): Header | undefined => {
  const [check = "", text = ""] = line.toString("utf8").split(/ (.*)/);
  return check === hashOf(Buffer.from(text)) ? (JSON.parse(text) as Header) : undefined;
};

type Found = { readonly plan: RunPlan; readonly unfinished: Unfinished; readonly decisions: Hash; readonly bytes: number };

/** What there is to go on with, or in words why not. */
const found = async (path: string, wanted: WantedRun): Promise<Found | string> => {
  const bytes = await readFile(join(path, files.unfinished));
  const end = bytes.indexOf("\n");
  const header = parsedHeader(bytes.subarray(0, Math.max(0, end)));
  if (header === undefined) return "what was kept is damaged";
  requireSame(path, header.plan, wanted);
  const written = (await readFile(join(path, files.decisions))).subarray(0, header.decisions.bytes);
  if (written.length < header.decisions.bytes || hashOf(written) !== header.decisions.sha256) return `${files.decisions} is not the one that was written`;
  try {
    const state = restoreState(await decompress(bytes.subarray(end + 1)));
    if (stateHash(state, sha256) !== header.stateHash || state.facts.position !== header.place.position) return "the kept state is damaged";
    return { plan: header.plan, unfinished: { place: header.place, state }, decisions: createHash("sha256").update(written), bytes: written.length };
  } catch (error) {
    return `the kept state cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** run.json of a folder whose decisions are those that it was written with. Throws `CliError` "validation". */
const readFinished = async (path: string): Promise<RunDocument> => {
  const value = parsed(await readFile(join(path, files.run), "utf8"));
  if (typeof value !== "object" || value === null || Reflect.get(value, "format") !== runFormat) throw new CliError("validation", `${join(path, files.run)} is no run of ${runFormat}: name another folder.`);
  // Written by a run of this format.
  const document = value as RunDocument;
  const decisions = join(path, files.decisions);
  if (!existsSync(decisions) || (await hashOfFile(decisions)) !== document.ownDecisionsHash) throw new CliError("validation", `${decisions} is not the file that ${files.run} beside it was written with: run it again into another folder.`);
  return document;
};

const hashOfFile = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
};

const finished = async (path: string, wanted: WantedRun): Promise<RunDocument> => {
  const document = await readFinished(path);
  requireSame(path, document, wanted);
  return document;
};

const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EEXIST" || code === "ENOTDIR") throw new CliError("conflict", `${path} is no folder, or stands under a file: name another one with --out.`, { cause });
    throw cause;
  }
};

/** Opens a run's folder, making it where there is none. Throws `CliError` "conflict" where it holds another run, or one is writing into it now. */
export const openRunFolder = async (path: string, wanted: WantedRun): Promise<RunFolder> => {
  await makeFolder(path);
  const release = await lockRunFolder(path);
  try {
    const folder = await openAlone(path, wanted);
    return { ...folder, close: () => folder.close().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
};

const openAlone = async (path: string, wanted: WantedRun): Promise<RunFolder> => {
  const has = (name: string): boolean => existsSync(join(path, name));
  const document = has(files.run) ? await finished(path, wanted) : undefined;
  const begun = document === undefined && has(files.unfinished) ? await found(path, wanted) : undefined;
  const plan = planOf(document ?? (typeof begun === "object" ? begun.plan : wanted));
  let [written, hash] = typeof begun === "object" ? [begun.bytes, begun.decisions] : [0, createHash("sha256")];
  let handle: FileHandle | undefined;
  const decisions = async (): Promise<FileHandle> => {
    if (handle !== undefined) return handle;
    if (!has(files.decisions)) await writeFile(join(path, files.decisions), "");
    handle = await open(join(path, files.decisions), "r+");
    await handle.truncate(written);
    return handle;
  };
  return {
    path,
    plan,
    document,
    unfinished: typeof begun === "object" ? begun.unfinished : begun,
    restart: async () => {
      [written, hash] = [0, createHash("sha256")];
      await rm(join(path, files.unfinished), { force: true });
      await (await decisions()).truncate(0);
    },
    append: async (text) => {
      const bytes = Buffer.from(text);
      const file = await decisions();
      await file.write(bytes, 0, bytes.length, written);
      written += bytes.length;
      hash = hash.update(bytes);
    },
    keep: async (place, state) => {
      await (await decisions()).sync();
      const header: Header = { plan, place, stateHash: stateHash(state, sha256), decisions: { bytes: written, sha256: hash.copy().digest("hex") } };
      const text = JSON.stringify(header);
      await replace(join(path, files.unfinished), Buffer.concat([Buffer.from(`${hashOf(Buffer.from(text))} ${text}\n`), await compress(serializeState(state))]));
    },
    finish: async (end) => {
      await (await decisions()).sync();
      const whole: RunDocument = { ...end, ownDecisionsHash: hash.copy().digest("hex") };
      await replace(join(path, files.run), `${json(whole)}\n`);
      await rm(join(path, files.unfinished), { force: true });
      return whole;
    },
    close: async () => { await handle?.close(); },
  };
};

const planOf = ({ log, generation, from, to, source, semantics, build }: RunPlan): RunPlan => ({ log, generation, from, to, source, semantics, build });

/** The finished run that a folder holds, if it does. Throws `CliError` "validation" where its files are not the ones that were written. */
export const readRun = async (path: string): Promise<{ readonly document: RunDocument; readonly decisions: string } | undefined> => {
  if (!existsSync(join(path, files.run))) return undefined;
  return { document: await readFinished(path), decisions: join(path, files.decisions) };
};

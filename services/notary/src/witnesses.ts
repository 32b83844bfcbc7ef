import { setTimeout as sleep } from "node:timers/promises";
import type { StoredCheckpoint, TreeStore } from "@finality/history";
import type { Logger } from "@finality/service-kit";
import { checkedTiles, consistencyProof, cosignedAt, formatAddCheckpoint, nodesOfTiles, parseCheckpoint, parseNote, parseVerifierKey, TransparencyError, type VerifierKey } from "@finality/transparency";

/** Another party's process that signs checkpoints which continue the ones before (C2SP tlog-witness). */
export type Witness = {
  /** The part before `/add-checkpoint`. */
  readonly url: string;
  readonly key: VerifierKey;
};

/** Reads `name+id+key@https://…`. Throws TransparencyError "bad_key" that names it. */
export const parseWitness = (text: string): Witness => {
  const [, key, url] = /^(\S+?)@(https?:\/\/\S+?)\/?$/.exec(text) ?? [];
  if (key === undefined || url === undefined || !URL.canParse(url)) throw new TransparencyError("bad_key", `"${text}" is no witness: it must be name+id+key@https://host.`);
  const parsed = parseVerifierKey(key);
  if (parsed.use !== "cosignature") throw new TransparencyError("bad_key", `The key of ${url} is none that cosigns: ${key}.`);
  return { url, key: parsed };
};

/** What a witness has signed of a log, and what it says when it does not sign. */
export type Witnessed = { readonly witness: string; readonly size: number; readonly refusal: string | undefined };

export type WitnessDeps = {
  readonly tree: TreeStore;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onWitnessed: (witnessed: Witnessed) => void;
};

const everyMs = 1_000;
const answerMsMax = 10_000;
const sizeType = "text/x.tlog.size";

type Answer = { readonly kind: "signed"; readonly line: string } | { readonly kind: "knows"; readonly size: number } | { readonly kind: "refused"; readonly says: string };

const ask = async ({ url }: Witness, body: string, signal: AbortSignal): Promise<Answer> => {
  const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body, headers: { "content-type": "text/plain; charset=utf-8" }, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]) });
  const text = await response.text();
  if (response.status === 200) return { kind: "signed", line: text };
  if (response.status === 409 && (response.headers.get("content-type") ?? "").startsWith(sizeType)) return { kind: "knows", size: Number(text.trim()) };
  return { kind: "refused", says: `${String(response.status)}: ${text.trim().slice(0, 300)}` };
};

/** Asks for one checkpoint's signature. The witness says itself how far it is, when it is not as far as we think. */
const submit = async (deps: Pick<WitnessDeps, "tree" | "signal">, witness: Witness, checkpoint: StoredCheckpoint, from: number): Promise<Answer> => {
  const { tree, signal } = deps;
  const { log, size, note } = checkpoint;
  const nodes = nodesOfTiles(checkedTiles(tree.readTile(log), checkpoint), size);
  const answer = await ask(witness, formatAddCheckpoint({ old: from, proof: await consistencyProof(nodes, from, size), note }), signal);
  if (answer.kind !== "knows") return answer;
  if (!Number.isSafeInteger(answer.size) || answer.size > size) return { kind: "refused", says: `it has signed ${String(answer.size)} records of this tree, which has ${String(size)}: the log was set back` };
  if (answer.size === from) return { kind: "refused", says: `it has signed another tree of ${String(from)} records` };
  return submit(deps, witness, checkpoint, answer.size);
};

/** Brings the newest checkpoint of a log to a witness, again and again until the signal. A witness that is away or refuses holds nothing up; it is told. */
export const attendWitness = async (deps: WitnessDeps, witness: Witness, log: string): Promise<void> => {
  const { tree, logger, signal, onWitnessed } = deps;
  /** By origin: a new generation is a new tree. */
  const signed = new Map<string, number>();
  let [size, refusal] = [0, undefined as string | undefined];

  const say = (next: string | undefined): void => {
    if (next !== undefined && next !== refusal) logger.error({ log, witness: witness.key.name }, `the witness ${witness.key.name} does not sign the checkpoint of log ${log}: ${next}`);
    refusal = next;
    onWitnessed({ witness: witness.key.name, size, refusal });
  };

  const look = async (): Promise<void> => {
    const checkpoint = await tree.checkpoint(log);
    if (checkpoint === undefined) return;
    const note = parseNote(checkpoint.note);
    const { origin } = parseCheckpoint(note.text);
    if (cosignedAt(note, witness.key) === undefined) {
      const answer = await submit(deps, witness, checkpoint, signed.get(origin) ?? 0);
      if (answer.kind !== "signed") { say(answer.kind === "refused" ? answer.says : undefined); return; }
      if (cosignedAt(parseNote(checkpoint.note + answer.line), witness.key) === undefined) { say(`its answer is no signature of its key: ${answer.line.slice(0, 200)}`); return; }
      await tree.addCosignature(checkpoint, witness.key.name, answer.line);
    }
    signed.set(origin, checkpoint.size);
    size = checkpoint.size;
    say(undefined);
  };

  while (!signal.aborted) {
    try {
      await look();
    } catch (error) {
      if (!signal.aborted) say(`it cannot be asked (${error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}` : String(error)})`);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
};

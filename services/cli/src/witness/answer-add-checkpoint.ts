import type { CheckpointFolder } from "@finality/history";
import { openCheckpoint, parseAddCheckpoint, parseCheckpoint, parseNote, TransparencyError, witnessCheckpoint, type AddCheckpoint, type Era, type LogCheckpoint, type SignerKey } from "@finality/transparency";

export type WitnessOptions = {
  readonly witness: SignerKey;
  /** Of the logs' keys: a key signs the origins that begin with its name. */
  readonly eras: readonly Era[];
  /** What was signed last of each origin; nobody else's folder. */
  readonly state: CheckpointFolder;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Told of each answer. */
  readonly onAnswer: (origin: string, says: string) => void;
};

/** As C2SP tlog-witness says: 200 the cosignature, 400 no question, 403 no signature, 404 unknown origin, 409 the size signed last, 422 no proof. */
export type WitnessReply = { readonly status: 200 | 400 | 403 | 404 | 409 | 422; readonly type: string; readonly body: string };

const plain = (status: WitnessReply["status"], body: string): WitnessReply => ({ status, type: "text/plain; charset=utf-8", body: `${body}\n` });
const sizeSigned = (size: number): WitnessReply => ({ status: 409, type: "text/x.tlog.size", body: `${String(size)}\n` });

/** A key signs the origins that begin with its name, and no other's. */
export const erasFor = (eras: readonly Era[], origin: string): readonly Era[] => eras.filter(({ key }) => origin === key.name || origin.startsWith(`${key.name}/`));

const orFailure = <T>(work: () => T): T | TransparencyError => {
  try {
    return work();
  } catch (error) {
    if (error instanceof TransparencyError) return error;
    throw error;
  }
};

const keptCheckpoint = async (state: CheckpointFolder, origin: string): Promise<LogCheckpoint | undefined> => {
  const note = await state.kept(origin);
  return note === undefined ? undefined : parseCheckpoint(parseNote(note).text);
};

const answerOne = async ({ witness, eras, state, now }: WitnessOptions, { old, proof, note }: AddCheckpoint, origin: string): Promise<WitnessReply> => {
  const own = erasFor(eras, origin);
  if (own.length === 0) return plain(404, `No trusted key signs ${origin}.`);
  const opened = orFailure(() => openCheckpoint(note, own));
  if (opened instanceof TransparencyError) return plain(403, opened.message);
  if (old > opened.size) return plain(400, `The old size ${String(old)} is larger than the checkpoint's ${String(opened.size)}.`);
  const known = await keptCheckpoint(state, origin);
  if (old !== (known?.size ?? 0)) return sizeSigned(known?.size ?? 0);
  const answer = witnessCheckpoint({ origin, note, proof, known, eras: own, witness, now: now() });
  if (answer.kind === "refused") return answer.reason === "split_view" ? sizeSigned(old) : plain(422, answer.says);
  // Durable before the line leaves: a witness that forgets signs two histories.
  await state.keep(origin, note);
  return { status: 200, type: "text/plain; charset=utf-8", body: answer.line };
};

/** Answers the questions of one origin one behind the other, so that what is compared with is what was kept last. */
export const createWitness = (options: WitnessOptions): ((body: string) => Promise<WitnessReply>) => {
  const queues = new Map<string, Promise<unknown>>();
  return async (body) => {
    const asked = orFailure(() => parseAddCheckpoint(body));
    if (asked instanceof TransparencyError) return plain(400, asked.message);
    const origin = orFailure(() => parseCheckpoint(parseNote(asked.note).text).origin);
    if (origin instanceof TransparencyError) return plain(400, origin.message);
    const answer = (queues.get(origin) ?? Promise.resolve()).then(() => answerOne(options, asked, origin));
    queues.set(origin, answer.catch(() => undefined));
    const reply = await answer;
    options.onAnswer(origin, reply.status === 200 ? `signed ${String(parseCheckpoint(parseNote(asked.note).text).size)} records` : `not signed (${String(reply.status)}): ${reply.body.trim()}`);
    return reply;
  };
};

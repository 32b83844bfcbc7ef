import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { join, resolve } from "node:path";
import type { AddressInfo } from "node:net";
import { createCheckpointFolder } from "@finality/history";
import { followRotations, newPrivateKeyPem, parseVerifierKey, signerFromPem, TransparencyError, type Era, type SignerKey } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { interruption } from "../house/interruption.ts";
import { erasOf } from "../house/signing-key.ts";
import { printData, say } from "../output.ts";
import { lockRunFolder } from "../replay/run-folder-lock.ts";
import { createWitness, type WitnessReply } from "../witness/answer-add-checkpoint.ts";
import { servedTree } from "../witness/served-tree.ts";
import { watchLog } from "../witness/watch-log.ts";

type WitnessCommand = {
  readonly state?: string;
  readonly name: string;
  readonly trust: readonly string[];
  readonly rotations?: string;
  readonly host: string;
  readonly port: number;
  readonly from?: string;
  readonly once?: true;
  readonly every: number;
  readonly out?: string;
};

/** A note of a log has some hundred bytes, its proof some thousand. */
const bodyBytesMax = 100_000;

/** Made at the first start, readable by its owner alone. Throws `CliError` "conflict" for a folder of another witness. */
const keyIn = (folder: string, name: string): SignerKey => {
  const [pem, named] = [join(folder, "witness.pem"), join(folder, "witness.name")];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(pem)) {
    writeFileSync(named, `${name}\n`);
    writeFileSync(pem, newPrivateKeyPem(), { mode: 0o600 });
  }
  const own = readFileSync(named, "utf8").trim();
  if (own !== name) throw new CliError("conflict", `${folder} is the witness ${own}'s, not ${name}'s: what a key has signed must not be forgotten.`);
  return signerFromPem(readFileSync(pem, "utf8"), name, "cosignature");
};

const tooLong: WitnessReply = { status: 400, type: "text/plain; charset=utf-8", body: `A question has at most ${String(bodyBytesMax)} bytes.\n` };

/** Undefined for a body that is too long. */
const bodyOf = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const serve = (answer: (body: string) => Promise<WitnessReply>): Server =>
  createServer((request, response) => {
    const send = ({ status, type, body }: Omit<WitnessReply, "status"> & { readonly status: number }): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store", connection: "close" }).end(body);
    };
    const work = async (): Promise<void> => {
      if (request.method !== "POST" || request.url !== "/add-checkpoint") { send({ status: 404, type: "text/plain; charset=utf-8", body: "A witness answers POST /add-checkpoint.\n" }); return; }
      const body = await bodyOf(request);
      send(body === undefined ? tooLong : await answer(body));
    };
    work().catch((error: unknown) => {
      say(`witness: ${error instanceof Error ? error.message : String(error)}`);
      send({ status: 500, type: "text/plain; charset=utf-8", body: "The witness failed; it signed nothing.\n" });
    });
  });

const listen = async (server: Server, host: string, port: number): Promise<string> => {
  server.listen(port, host);
  await once(server, "listening").catch((cause: unknown) => {
    throw new CliError("conflict", `Nothing can listen on ${host}:${String(port)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const { port: taken } = server.address() as AddressInfo; // of a TCP server
  return `http://${host.includes(":") ? `[${host}]` : host}:${String(taken)}`;
};

/** The keys that are trusted; with a file of rotations, those that the first one handed over to. */
const erasFrom = ({ trust, rotations: path }: WitnessCommand): readonly Era[] => {
  if (path === undefined) return erasOf(trust.join(" "));
  const [first, ...others] = trust;
  if (first === undefined || others.length > 0) throw new CliError("usage", "With --rotations name with --trust the one key that came first.");
  try {
    const { rotations } = JSON.parse(readFileSync(path, "utf8")) as { readonly rotations?: unknown };
    if (Array.isArray(rotations) && rotations.every((note) => typeof note === "string")) return followRotations(parseVerifierKey(first), rotations);
  } catch (cause) {
    if (cause instanceof TransparencyError) throw cause;
    throw new CliError("validation", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw new CliError("validation", `${path} holds no rotations: it is what finality audit keys show --json prints.`);
};

const answerQuestions = async ({ host, port }: WitnessCommand, witness: SignerKey, eras: readonly Era[], answer: (body: string) => Promise<WitnessReply>, until: Promise<void>): Promise<ExitCode> => {
  const server = serve(answer);
  try {
    const url = await listen(server, host, port);
    printData(`${witness.text}@${url}`);
    say(`This is the witness for FINALITY_WITNESSES of the notaries that it shall sign for; behind a proxy with the proxy's address. It trusts ${eras.map(({ key }) => key.text).join(", ")}. Ctrl-C ends it.`);
    await until;
    return exitCodes.ok;
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

/**
 * Signs, for another party, checkpoints of logs that continue what it signed before, and nothing else. Needs no database. It is asked (C2SP tlog-witness), or
 * fetches one log's checkpoints and tiles itself where it is served.
 */
export const runWitness = async (config: Config, options: WitnessCommand): Promise<ExitCode> => {
  const { from, out, once: isOnce = false, every } = options;
  if (from === undefined && (isOnce || out !== undefined)) throw new CliError("usage", "--once and --out are for a log that is fetched: name its address with --from.");
  if (from !== undefined && !/^https?:\/\//.test(from)) throw new CliError("usage", `"${from}" is no address of a log: it must be one such as http://127.0.0.1:8420/tlog/SPX.`);
  const eras = erasFrom(options);
  const folder = resolve(options.state ?? join(config.dataRoot, "witness"));
  const witness = keyIn(folder, options.name);
  const release = await lockRunFolder(folder);
  const interrupted = interruption();
  const { signal } = interrupted;
  const state = createCheckpointFolder(folder);
  const onAnswer = (origin: string, says: string): void => { if (from === undefined) say(`${new Date().toISOString()} ${origin}: ${says}`); };
  const answer = createWitness({ witness, eras, state, now: () => Math.floor(Date.now() / 1_000), onAnswer });
  try {
    if (from === undefined) return await answerQuestions(options, witness, eras, answer, interrupted.happened);
    say(`The witness's key is ${witness.text}.`);
    const served = servedTree({ url: from.replace(/\/+$/, ""), token: config.environment["FINALITY_API_TOKEN"], signal });
    return await watchLog({ served, witness, eras, state, answer, out, once: isOnce, everyS: every, signal });
  } finally {
    await release();
    interrupted.done();
  }
};

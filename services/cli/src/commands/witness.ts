import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { join, resolve } from "node:path";
import type { AddressInfo } from "node:net";
import { createCheckpointFolder } from "@finality/history";
import { newPrivateKeyPem, signerFromPem, type SignerKey } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { interruption } from "../house/interruption.ts";
import { erasOf } from "../house/signing-key.ts";
import { printData, say } from "../output.ts";
import { lockRunFolder } from "../replay/run-folder-lock.ts";
import { createWitness, type WitnessReply } from "../witness/answer-add-checkpoint.ts";

type WitnessCommand = { readonly state?: string; readonly name: string; readonly trust: readonly string[]; readonly host: string; readonly port: number };

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

/** Signs, for another party, checkpoints of logs that continue what it signed before, and nothing else (C2SP tlog-witness). Needs no database. */
export const runWitness = async (config: Config, options: WitnessCommand): Promise<ExitCode> => {
  const eras = erasOf(options.trust.join(" "));
  const folder = resolve(options.state ?? join(config.dataRoot, "witness"));
  const witness = keyIn(folder, options.name);
  const release = await lockRunFolder(folder);
  const interrupted = interruption();
  const onAnswer = (origin: string, says: string): void => { say(`${new Date().toISOString()} ${origin}: ${says}`); };
  const server = serve(createWitness({ witness, eras, state: createCheckpointFolder(folder), now: () => Math.floor(Date.now() / 1_000), onAnswer }));
  try {
    const url = await listen(server, options.host, options.port);
    printData(`${witness.text}@${url}`);
    say(`This is the witness for FINALITY_WITNESSES of the notaries that it shall sign for; behind a proxy with the proxy's address. It trusts ${eras.map(({ key }) => key.text).join(", ")}. Ctrl-C ends it.`);
    await interrupted.happened;
    return exitCodes.ok;
  } finally {
    server.close();
    server.closeAllConnections();
    await release();
    interrupted.done();
  }
};

import { createPrisma, type Database } from "@finality/database";
import type { FastifyInstance } from "fastify";
import { createApp } from "./app.ts";
import { listenError } from "./errors.ts";
import { createHealth } from "./health.ts";

export type ApiOptions = {
  /** Stays open when the API stops. */
  readonly database: Database;
  /** 0: any free port. */
  readonly port: number;
  /** 0: any free port. */
  readonly healthPort: number;
  /** How long `min_position` may keep a request waiting, milliseconds; default 5,000. */
  readonly waitMsMax?: number;
  /** Read models that lag for longer make `/readyz` say 503, milliseconds; default 10,000. */
  readonly lagMsMax?: number;
  /** Told of what was answered by 500; default: one line on stderr. */
  readonly onInternal?: (error: unknown, traceId: string) => void;
};

export type Api = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly healthUrl: string;
  /** `/readyz` says 503, requests under way are answered, then both ports are closed. */
  stop(): Promise<void>;
};

const host = "127.0.0.1";
const waitMsMaxDefault = 5_000;
const lagMsMaxDefault = 10_000;
/** Requests that are still unanswered this long after `stop` are cut off. */
const stopMsMax = 3_000;

const report = (error: unknown, traceId: string): void =>
  void process.stderr.write(`api: trace_id ${traceId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);

const listen = async (app: FastifyInstance, what: "API" | "health", port: number): Promise<string> => {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw listenError(what, port, error);
  }
};

/** Serves the read models on the loopback address. Throws ApiError "port_in_use", "port_forbidden", "listen_failed": then nothing listens. */
export const startApi = async ({ database, port, healthPort, waitMsMax, lagMsMax, onInternal }: ApiOptions): Promise<Api> => {
  const prisma = createPrisma(database);
  const stopping = new AbortController();
  let started = false;
  const health = createHealth({ prisma, lagMsMax: lagMsMax ?? lagMsMaxDefault, standing: () => ({ started, stopping: stopping.signal.aborted }) });
  const app = await createApp({ prisma, waitMsMax: waitMsMax ?? waitMsMaxDefault, stopping: stopping.signal, onInternal: onInternal ?? report });
  const close = async (): Promise<void> => {
    stopping.abort();
    const impatience = setTimeout(() => app.server.closeAllConnections(), stopMsMax);
    await app.close();
    clearTimeout(impatience);
    await health.close();
    await prisma.$disconnect();
  };
  try {
    const healthUrl = await listen(health, "health", healthPort);
    const url = await listen(app, "API", port);
    started = true;
    let closing: Promise<void> | undefined;
    return { url, healthUrl, stop: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
};

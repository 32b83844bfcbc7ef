import { createPrisma, type Database } from "@finality/database";
import { startHealthServer, type HealthServer } from "@finality/service-kit";
import { createApp } from "./app.ts";
import { listenError } from "./errors.ts";
import { reasonNotReady } from "./readiness.ts";

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

const named = async <T>(what: "API" | "health", port: number, opening: Promise<T>): Promise<T> => {
  try {
    return await opening;
  } catch (error) {
    throw listenError(what, port, error);
  }
};

/** Serves the read models on the loopback address. Throws ApiError "port_in_use", "port_forbidden", "listen_failed": then nothing listens. */
export const startApi = async ({ database, port, healthPort, waitMsMax, lagMsMax, onInternal }: ApiOptions): Promise<Api> => {
  const prisma = createPrisma(database);
  const stopping = new AbortController();
  let started = false;
  let health: HealthServer | undefined;
  const app = await createApp({ prisma, waitMsMax: waitMsMax ?? waitMsMaxDefault, stopping: stopping.signal, onInternal: onInternal ?? report });
  const close = async (): Promise<void> => {
    stopping.abort();
    const impatience = setTimeout(() => app.server.closeAllConnections(), stopMsMax);
    await app.close();
    clearTimeout(impatience);
    await health?.close();
    await prisma.$disconnect();
  };
  try {
    const notStarted = (): string | undefined => (started ? undefined : "the API does not listen yet");
    const notReady = async (): Promise<string | undefined> => (stopping.signal.aborted ? "the API is stopping" : reasonNotReady(prisma, lagMsMax ?? lagMsMaxDefault));
    health = await named("health", healthPort, startHealthServer({ port: healthPort, notStarted, notReady }));
    const url = await named("API", port, app.listen({ host, port }));
    started = true;
    let closing: Promise<void> | undefined;
    return { url, healthUrl: `http://${host}:${String(health.port)}`, stop: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
};

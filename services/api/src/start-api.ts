import { createPrisma, type Database } from "@finality/database";
import { createApp } from "./app.ts";
import { ApiError, listenError } from "./errors.ts";
import { reasonNotReady } from "./readiness.ts";

export type ApiOptions = {
  /** Stays open when the API stops. */
  readonly database: Database;
  /** Address to listen on; default 127.0.0.1. Beyond loopback a token is needed (rule 41). */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** What callers send as `Authorization: Bearer …`; absent: whoever reaches the port may read. */
  readonly token?: string;
  /** How long `min_position` may keep a request waiting, milliseconds; default 5,000. */
  readonly waitMsMax?: number;
  /** Read models that lag for longer make the service not ready, milliseconds; default 10,000. */
  readonly lagMsMax?: number;
  /** Told of each answer: the route's pattern, its status and how long it took, in seconds. */
  readonly onAnswer?: (route: string, status: number, seconds: number) => void;
  /** Told of what was answered by 500; default: one line on stderr. */
  readonly onInternal?: (error: unknown, traceId: string) => void;
};

export type Api = {
  /** `http://<host>:<port>` */
  readonly url: string;
  /** Why it should get no requests now, in words; undefined when it can answer. */
  notReady(): Promise<string | undefined>;
  /** Requests under way are answered, then the port is closed. */
  stop(): Promise<void>;
};

const hostDefault = "127.0.0.1";
const loopback: ReadonlySet<string> = new Set([hostDefault, "::1", "localhost"]);
const waitMsMaxDefault = 5_000;
const lagMsMaxDefault = 10_000;
/** Requests that are still unanswered this long after `stop` are cut off. */
const stopMsMax = 3_000;

const report = (error: unknown, traceId: string): void =>
  void process.stderr.write(`api: trace_id ${traceId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);

/** Serves the read models. Throws ApiError "port_in_use", "port_forbidden", "listen_failed", "token_missing": then nothing listens. */
export const startApi = async ({ database, host = hostDefault, port, token, waitMsMax, lagMsMax, onAnswer, onInternal }: ApiOptions): Promise<Api> => {
  if (token === undefined && !loopback.has(host)) throw new ApiError("token_missing", `The api may listen on ${host}, which others can reach, only with a token: set FINALITY_API_TOKEN.`);
  const prisma = createPrisma(database);
  const stopping = new AbortController();
  const app = await createApp({
    prisma,
    waitMsMax: waitMsMax ?? waitMsMaxDefault,
    stopping: stopping.signal,
    onInternal: onInternal ?? report,
    ...(token === undefined ? {} : { token }),
    ...(onAnswer === undefined ? {} : { onAnswer }),
  });
  const close = async (): Promise<void> => {
    stopping.abort();
    const impatience = setTimeout(() => app.server.closeAllConnections(), stopMsMax);
    await app.close();
    clearTimeout(impatience);
    await prisma.$disconnect();
  };
  try {
    const url = await app.listen({ host, port });
    let closing: Promise<void> | undefined;
    return {
      url,
      notReady: async () => (stopping.signal.aborted ? "the API is stopping" : reasonNotReady(prisma, lagMsMax ?? lagMsMaxDefault)),
      stop: () => (closing ??= close()),
    };
  } catch (error) {
    await close();
    throw listenError(`${host}:${String(port)}`, error);
  }
};

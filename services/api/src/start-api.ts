import { createNotifier, createPrisma, type Database } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { createAsOfAnswers, createSnapshotStore, createTreeStore, type AsOfBounds, type SnapshotInfo, type SnapshotStore } from "@finality/history";
import { createApp } from "./app.ts";
import { ApiError, listenError } from "./errors.ts";
import { reasonNotReady } from "./readiness.ts";
import type { PastDeps } from "./routes/past.ts";

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
  /** What asking for the past may cost; default: see `asOfBoundsDefault`. */
  readonly asOf?: Partial<AsOfBounds>;
  /** Told of each snapshot that does not match the log; default: one line on stderr. */
  readonly onRejectedSnapshot?: (snapshot: SnapshotInfo, reason: string) => void;
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

/** A snapshot is taken every 10,000 records unless the house says otherwise; some that are missing shall not matter. */
const asOfBoundsDefault: AsOfBounds = { recordsMax: 50_000, atOnce: 2, waitingMax: 32, kept: 4 };

const reportRejected = ({ log, position }: SnapshotInfo, reason: string): void => void process.stderr.write(`api: the snapshot of ${log} at ${String(position)} is not used: ${reason}\n`);

/** The api's role reads only: that a snapshot is bad is marked by the notary or an operator, and found again until then. */
const readOnly = (snapshots: SnapshotStore): SnapshotStore => ({ ...snapshots, reject: () => Promise.resolve() });

const pastOf = (database: Database, signal: AbortSignal, { asOf, onRejectedSnapshot }: Pick<ApiOptions, "asOf" | "onRejectedSnapshot">): PastDeps => {
  const source = createLogReader({ database, notifier: createNotifier(database) });
  const deps = { source, snapshots: readOnly(createSnapshotStore(database)), onRejected: onRejectedSnapshot ?? reportRejected, signal };
  return {
    source,
    logs: async () => (await source.heads()).flatMap(({ log, position }) => (position > 0 ? [log] : [])),
    answers: createAsOfAnswers(deps, { ...asOfBoundsDefault, ...asOf }),
  };
};

/** Serves the read models and the past. Throws ApiError "port_in_use", "port_forbidden", "listen_failed", "token_missing": then nothing listens. */
export const startApi = async (options: ApiOptions): Promise<Api> => {
  const { database, host = hostDefault, port, token, waitMsMax, lagMsMax, onAnswer, onInternal } = options;
  if (token === undefined && !loopback.has(host)) throw new ApiError("token_missing", `The api may listen on ${host}, which others can reach, only with a token: set FINALITY_API_TOKEN.`);
  const prisma = createPrisma(database);
  const stopping = new AbortController();
  const app = await createApp({
    prisma,
    tree: createTreeStore(database),
    past: pastOf(database, stopping.signal, options),
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

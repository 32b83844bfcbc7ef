import { createServer } from "node:http";
import { ServiceKitError } from "./errors.ts";

export type HealthServerOptions = {
  /** 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1: health has no authentication, so it is not seen beyond the machine unless that is said. */
  readonly host?: string;
  /** Undefined: started; else what is still missing, in words. */
  readonly notStarted: () => string | undefined;
  /** Undefined: ready for work; else why not, in words. */
  readonly notReady: () => Promise<string | undefined>;
  /** The body of `/metrics`, in Prometheus' text format; absent: there is none. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly body: string }>;
};

export type HealthServer = {
  readonly port: number;
  close(): Promise<void>;
};

const statusOk = 200;
const statusUnavailable = 503;
const statusNotFound = 404;
const requestBoundMs = 2_000;

type Answer = { readonly status: number; readonly contentType?: string; readonly body: object | string };

/** `/livez`: the process answers. `/startupz`: it has begun. `/readyz`: it can work. 200, or 503 with the reason. `/metrics`. Throws "port_in_use". */
export const startHealthServer = async ({ port, host = "127.0.0.1", notStarted, notReady, metrics }: HealthServerOptions): Promise<HealthServer> => {
  const checks: Readonly<Record<string, () => Promise<string | undefined>>> = {
    "/livez": async () => undefined,
    "/startupz": async () => notStarted(),
    "/readyz": async () => notStarted() ?? (await notReady()),
  };
  const answer = async (path: string): Promise<Answer> => {
    if (path === "/metrics" && metrics !== undefined) return { status: statusOk, ...(await metrics()) };
    const check = checks[path];
    if (check === undefined) return { status: statusNotFound, body: { status: "not found" } };
    const reason = await check();
    return reason === undefined ? { status: statusOk, body: { status: "ok" } } : { status: statusUnavailable, body: { status: "unavailable", reason } };
  };
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const failed: Answer = { status: statusUnavailable, body: { status: "unavailable", reason: "the check itself failed" } };
    void answer(path).catch(() => failed).then(({ status, contentType = "application/json", body }) => {
      response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  server.requestTimeout = requestBoundMs;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const listenError = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  const place = `${host}:${String(port)}`;
  if (error.code === "EADDRINUSE") return new ServiceKitError("port_in_use", `The port ${place} for health is in use: stop who has it, or choose another.`, error);
  if (error.code === "EACCES") return new ServiceKitError("port_not_permitted", `The port ${place} for health is not permitted: choose one above 1023.`, error);
  return error;
};

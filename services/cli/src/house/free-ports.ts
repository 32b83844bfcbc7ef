import { createServer } from "node:net";
import { CliError } from "../exit-codes.ts";

const tryPort = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "another program listens on it" : cause.message;
      reject(new CliError("conflict", `The api cannot have port ${String(port)} of 127.0.0.1: ${why}. Stop that program or choose another with --port.`, { cause }));
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => { resolve(); });
    });
  });

/** Looks before anything is begun or emptied whether the api's ports can be had. 0 can always. Throws `CliError` "conflict". */
export const requireFreePorts = async (port: number): Promise<void> => {
  if (port === 0) return;
  await tryPort(port);
  await tryPort(port + 1);
};

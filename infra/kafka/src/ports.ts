import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";

/** Below the range that systems take for outgoing connections: such a port stays free while its server is down. */
const [lowestPort, endOfPorts] = [20_000, 32_000];
const draws = 1_000;

/** Whether nobody listens on it, on loopback. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => { resolve(false); });
    server.listen(port, "127.0.0.1", () => server.close(() => { resolve(true); }));
  });

/** Different ports on which nobody listens now; random, so that two processes that ask at once rarely get the same. */
export const freePorts = async (count: number): Promise<number[]> => {
  const found = new Set<number>();
  for (let draw = 0; found.size < count; draw++) {
    if (draw > draws) throw new RangeError(`no ${String(count)} free ports from ${String(lowestPort)} to ${String(endOfPorts)}`);
    const port = randomInt(lowestPort, endOfPorts);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
};

/** Sends bytes to a port of this machine and answers the first bytes that come back; undefined when none come within `timeoutMs`. */
export const ask = (port: number, question: Buffer, timeoutMs = 1_000): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (answer?: Buffer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, end);
    socket.once("connect", () => socket.write(question)).once("data", end).once("error", () => { end(); }).once("close", () => { end(); });
  });

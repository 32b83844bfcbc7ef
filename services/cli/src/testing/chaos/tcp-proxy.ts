import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";

/** Stands before a server and hurts its connections. */
export type TcpProxy = {
  readonly port: number;
  /** Breaks every connection that is open now; returns how many. */
  cut(): number;
  /** Each piece of data waits this long, in both directions, one after the other; 0: none. Milliseconds. */
  delay(delayMs: number): void;
  close(): Promise<void>;
};

export const startTcpProxy = async (target: { readonly host: string; readonly port: number }): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  const slowly = (): Transform =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (delayMs === 0) done(null, chunk);
        else setTimeout(done, delayMs, null, chunk);
      },
    });
  const server = createServer((inner) => {
    const outer = connect(target);
    const ends = [inner, outer];
    for (const each of ends) {
      sockets.add(each);
      each.setNoDelay(true);
      // What happens to one end happens to the other.
      each.once("error", () => { for (const end of ends) end.destroy(); });
      each.once("close", () => {
        sockets.delete(each);
        for (const end of ends) end.destroy();
      });
    }
    inner.pipe(slowly()).pipe(outer).pipe(slowly()).pipe(inner);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = (): number => {
    const open = sockets.size / 2;
    for (const socket of sockets) socket.destroy();
    return open;
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    delay: (asked) => { delayMs = asked; },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => { resolve(); }));
      cut();
      await closed;
    },
  };
};

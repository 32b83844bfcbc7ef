import { connect, createServer, type Socket } from "node:net";

/** What the network does to the next append. */
export const networkFaults = [
  /** It never arrives. */
  "request_lost",
  /** Half of it arrives. */
  "request_torn",
  /** It is carried out, and nobody is told. */
  "answer_lost",
  /** The client loses its connection while the server goes on with what it has, be it before, in or after the commit. */
  "client_cut",
] as const;
type NetworkFault = (typeof networkFaults)[number];

export type FaultyNetwork = {
  /** The database's URL by way of this network. */
  readonly url: string;
  /** The next append meets the fault; with `refused`, so does whoever connects next after it. */
  arm(fault: NetworkFault, options?: { readonly refused: boolean }): void;
  /** Whether a fault waits for its append. */
  isArmed(): boolean;
  /** Whether the armed fault came. None is armed any more. */
  disarm(): boolean;
  close(): Promise<void>;
};

/** Statements are sent by name; the append's are `event_log.append` and `event_log.append_whole`. */
const append = Buffer.from("event_log.append");
/** ReadyForQuery is what a server sends last, behind the commit: "Z", its length of 5, the transaction's state. */
const isReady = (answer: Buffer): boolean => answer.at(-6) === 0x5a;

/** TCP between writers and PostgreSQL that fails at the append, and nowhere else, when it is asked to. */
export const faultyNetwork = async (url: string): Promise<FaultyNetwork> => {
  const target = new URL(url);
  const open = new Set<Socket>();
  let armed: { readonly fault: NetworkFault; readonly refused: boolean } | undefined;
  let came = false;
  let refusing = false;

  const carry = (client: Socket, upstream: Socket): void => {
    let swallowing = false;
    const cut = (): void => void client.destroy();
    const fail = (fault: NetworkFault, data: Buffer): void => {
      if (fault === "request_lost") upstream.end();
      else if (fault === "request_torn") upstream.end(data.subarray(0, Math.floor(data.length / 2)));
      else upstream.write(data);
      swallowing = true;
      if (fault !== "answer_lost") cut();
    };
    client.on("data", (data) => {
      if (armed === undefined || !data.includes(append)) return void upstream.write(data);
      const { fault, refused } = armed;
      [armed, came, refusing] = [undefined, true, refused];
      fail(fault, data);
    });
    upstream.on("data", (data) => {
      if (!swallowing) return void client.write(data);
      if (!isReady(data)) return;
      cut();
      upstream.end();
    });
    client.on("end", () => upstream.end());
    upstream.on("end", () => client.end());
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on("error", () => undefined); // it is cut off on purpose
    if (refusing) {
      refusing = false;
      client.destroy();
      return;
    }
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true, noDelay: true });
    upstream.on("error", () => client.destroy());
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    carry(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The network has no port.");
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String(address.port);
  return {
    url: through.href,
    arm: (fault, { refused } = { refused: false }) => {
      [armed, came] = [{ fault, refused }, false];
    },
    isArmed: () => armed !== undefined,
    disarm: () => {
      [armed, refusing] = [undefined, false];
      return came;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

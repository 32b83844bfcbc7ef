import { connect, createServer, type Socket } from "node:net";

export type BreakableProxy = {
  /** The database's URL by way of the proxy. */
  readonly url: string;
  /** Cuts the clients off. The server's side stays open, as with a network that has gone: a backend goes on with what it is doing. */
  cutClients(): void;
  close(): Promise<void>;
};

/** TCP between a client and PostgreSQL that a test can break at the moment it chooses. */
export const breakableProxy = async (url: string): Promise<BreakableProxy> => {
  const target = new URL(url);
  const clients = new Set<Socket>();
  const servers = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    clients.add(client);
    servers.add(upstream);
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data) => client.writable && client.write(data));
    client.on("end", () => upstream.end());
    upstream.on("end", () => client.end());
    // A cut is what the proxy is for.
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  const proxied = new URL(url);
  proxied.hostname = "127.0.0.1";
  proxied.port = String(address.port);
  return {
    url: proxied.href,
    cutClients: () => {
      for (const client of clients) client.destroy();
      clients.clear();
    },
    close: async () => {
      for (const socket of [...clients, ...servers]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

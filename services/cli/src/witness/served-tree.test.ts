import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { servedTree } from "./served-tree.ts";

const answers: Record<string, readonly [number, string]> = {
  "/tlog/SPX/checkpoint": [200, "a note\n"],
  "/tlog/SPX/tile/0/001.p/44": [200, "hashes"],
  "/broken/checkpoint": [503, "later"],
  "/endless/checkpoint": [200, "x".repeat(100_001)],
};

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer(({ url = "", headers }, response) => {
    const [status, body] = headers.authorization === "Bearer sesame" ? (answers[url] ?? [404, "none"]) : [401, "who?"];
    response.writeHead(status).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`; // of a TCP server
});
afterAll(() => { server.closeAllConnections(); server.close(); });

const served = (path: string, token: string | undefined = "sesame") => servedTree({ url: `${base}/${path}`, token, signal: new AbortController().signal });

test("a tile is asked for at the width that it has in the tree", async () => {
  expect(await served("tlog/SPX").checkpoint()).toBe("a note\n");
  expect(Buffer.from((await served("tlog/SPX").tilesOf(300)({ level: 0, index: 1 })) ?? []).toString()).toBe("hashes");
  await expect(served("tlog/SPX").tilesOf(301)({ level: 0, index: 1 })).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("tile/0/001.p/45") });
});

test.each([
  ["tlog/NDX", "sesame", "not_found"],
  ["tlog/SPX", "open", "usage"],
  ["broken", "sesame", "unavailable"],
  ["endless", "sesame", "validation"],
])("%s with the token %s: %s", async (path, token, code) => {
  await expect(served(path, token).checkpoint()).rejects.toMatchObject({ code, message: expect.stringContaining(`${base}/${path}/checkpoint`) });
});

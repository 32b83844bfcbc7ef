import { expect, test } from "vitest";
import { startHealthServer } from "./health-server.ts";

const ask = async (port: number, path: string): Promise<readonly [number, unknown]> => {
  const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return [response.status, await response.json()];
};

test("each answer says whether, and why not", async () => {
  let missing: string | undefined = "the database is not migrated";
  let reason: string | undefined = "log BTC stopped";
  const server = await startHealthServer({ port: 0, notStarted: () => missing, notReady: async () => reason });
  expect(await ask(server.port, "/livez")).toEqual([200, { status: "ok" }]);
  expect(await ask(server.port, "/startupz")).toEqual([503, { status: "unavailable", reason: missing }]);
  expect(await ask(server.port, "/readyz")).toEqual([503, { status: "unavailable", reason: missing }]);
  missing = undefined;
  expect(await ask(server.port, "/readyz")).toEqual([503, { status: "unavailable", reason }]);
  reason = undefined;
  expect(await ask(server.port, "/readyz?full")).toEqual([200, { status: "ok" }]);
  expect((await ask(server.port, "/metrics"))[0]).toBe(404);
  await expect(startHealthServer({ port: server.port, notStarted: () => undefined, notReady: async () => undefined })).rejects.toMatchObject({ code: "port_in_use" });
  await server.close();
});

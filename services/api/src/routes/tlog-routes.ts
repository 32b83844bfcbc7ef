import type { LogSource, TreeStore } from "@finality/history";
import { entryBundle, hashBytes, parseTilePath, provenanceHash, tileWidth, type TileRequest } from "@finality/transparency";
import type { FastifyInstance } from "fastify";
import { EventLogError } from "@finality/event-log";
import { Problem } from "../problems/problem.ts";

export type TlogDeps = { readonly tree: TreeStore; readonly source: LogSource };

/** A tile of a width never changes. */
const forEver = "public, max-age=31536000, immutable";

const noTile = (log: string, path: string): Problem => new Problem("unknown-tile", `Log ${log} has no ${path}.`);

const hashesOf = async ({ tree }: TlogDeps, log: string, { place, width }: TileRequest): Promise<Uint8Array | undefined> => {
  const stored = await tree.readTile(log)(place);
  // A wider one begins with the narrower one.
  return stored === undefined || stored.length < width * hashBytes ? undefined : stored.subarray(0, width * hashBytes);
};

/** An entry is what its leaf is hashed from: content hash ‖ provenance hash. */
const entriesOf = async ({ tree, source }: TlogDeps, log: string, { place, width }: TileRequest): Promise<Uint8Array | undefined> => {
  const first = place.index * tileWidth;
  if (first + width > (await tree.size(log))) return undefined;
  const records = await source.read(log, first, width).catch((error: unknown) => {
    if (error instanceof EventLogError && error.code === "archived") return [];
    throw error;
  });
  return records.length < width ? undefined : entryBundle(records.map((record) => Buffer.concat([record.contentHash, provenanceHash(record.provenance)])));
};

/** The log's signed checkpoints and tiles as C2SP tlog-tiles says; what they prove needs no trust in who serves them. */
export const tlogRoutes = (app: FastifyInstance, deps: TlogDeps): void => {
  const schema = { hide: true } as const;
  app.get<{ Params: { log: string } }>("/tlog/:log/checkpoint", { schema }, async ({ params }, reply) => {
    const checkpoint = await deps.tree.checkpoint(params.log);
    if (checkpoint === undefined) throw new Problem("unknown-log", `Nothing was signed of a log ${params.log}.`);
    return reply.type("text/plain; charset=utf-8").header("cache-control", "no-cache").send(checkpoint.note);
  });
  app.get<{ Params: { log: string; "*": string } }>("/tlog/:log/tile/*", { schema }, async ({ params }, reply) => {
    const path = `tile/${params["*"]}`;
    const request = parseTilePath(path);
    if (request === undefined) throw noTile(params.log, path);
    const bytes = await (request.kind === "entries" ? entriesOf : hashesOf)(deps, params.log, request);
    if (bytes === undefined) throw noTile(params.log, path);
    return reply.type("application/octet-stream").header("cache-control", forEver).send(Buffer.from(bytes));
  });
};

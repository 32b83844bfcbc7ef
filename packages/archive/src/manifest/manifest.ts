import { canonicalJson, decodeJson } from "@finality/contracts";
import { type Frontier, frontierOf } from "@finality/transparency";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { ArchiveError } from "../errors.ts";

const closed = { additionalProperties: false } as const;
const Hex = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Position = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const ArchivedFile = Type.Object({ name: Type.String({ pattern: "^[A-Za-z][A-Za-z0-9]*\\.parquet$" }), bytes: Count, rows: Count, sha256: Hex }, closed);
export type ArchivedFile = Static<typeof ArchivedFile>;

/** What a range is known by. Its file is the RFC 8785 form, written last, so that a range without it does not exist. */
export const Manifest = Type.Object(
  {
    format: Type.Literal("finality-archive/1"),
    log: Type.String(),
    /** Generations of the records, rising. */
    generations: Type.Array(Position, { minItems: 1 }),
    first: Position,
    last: Position,
    records: Position,
    ticks: Count,
    /** Records by type. */
    types: Type.Record(Type.String(), Position),
    /** Names of the ticks' instruments in order of first appearance. */
    instruments: Type.Array(Type.String()),
    recordedFromUs: Count,
    recordedToUs: Count,
    /** RFC 6962: roots of the perfect subtrees over the leaves 1 … first − 1, largest first. */
    frontierBefore: Type.Array(Hex),
    /** The same over 1 … last: what the next range begins with. */
    frontierAfter: Type.Array(Hex),
    /** RFC 6962 root over the leaves 1 … last. */
    root: Hex,
    /** SHA-256 over the content hashes of the range. */
    logHash: Hex,
    /** Engine semantics in force, in order; empty where neither the range nor one before it names any. */
    semantics: Type.Array(Position),
    /** Builds named by the records' provenance, in order of appearance. */
    builds: Type.Array(Type.String()),
    files: Type.Array(ArchivedFile),
    /** SHA-256 of the manifest of the range before; null for the first of the archive. */
    previous: Type.Union([Hex, Type.Null()]),
  },
  closed,
);
export type Manifest = Static<typeof Manifest>;

export const manifestFormat = "finality-archive/1";

const check = Compile(Manifest);

/** The frontier that a manifest writes down; undefined when it is none of that size. */
export const frontierFrom = (size: number, roots: readonly string[]): Frontier | undefined => frontierOf(size, Buffer.from(roots.join(""), "hex"));

export const encodeManifest = (manifest: Manifest): Uint8Array<ArrayBuffer> => canonicalJson(manifest);

/** Throws `bad_manifest` for bytes that `encodeManifest` never writes. `path` is for the message. */
export const decodeManifest = (bytes: Uint8Array, path: string): Manifest => {
  const value = parsed(bytes, path);
  if (!check.Check(value)) {
    const [error] = check.Errors(value);
    throw new ArchiveError("bad_manifest", `${path} is no manifest of an archived range: ${error?.instancePath ?? ""} ${error?.message ?? "it has another shape"}.`);
  }
  if (!Buffer.from(encodeManifest(value)).equals(bytes)) throw new ArchiveError("bad_manifest", `${path} is not in its canonical form.`);
  if (value.last - value.first + 1 !== value.records) throw new ArchiveError("bad_manifest", `${path} counts ${String(value.records)} records from ${String(value.first)} to ${String(value.last)}.`);
  return value;
};

const parsed = (bytes: Uint8Array, path: string): unknown => {
  try {
    return decodeJson(bytes);
  } catch (cause) {
    throw new ArchiveError("bad_manifest", `${path} is not JSON.`, { cause });
  }
};

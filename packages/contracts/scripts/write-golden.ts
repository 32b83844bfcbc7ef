import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, encodeRecord, recordRegistry, recordSchemas } from "../src/index.ts";
import { goldenBodies } from "./golden-bodies.ts";

// Writes the golden files of versions that have none yet: node scripts/write-golden.ts. A file that is there is never written again,
// because stored logs hold records of that very shape.

const folder = join(import.meta.dirname, "../src/records/golden");

for (const record of goldenBodies) {
  const { type, version, payload } = encodeRecord(record);
  const path = join(folder, `${type}.${String(version)}.json`);
  if (existsSync(path)) continue;
  const golden = { type, version, payloadHex: Buffer.from(payload).toString("hex"), body: record.body };
  writeFileSync(path, `${JSON.stringify(golden, (_key, value: unknown) => (ArrayBuffer.isView(value) ? numbersOf(value) : value), 2)}\n`);
}

const fingerprints = join(folder, "schemas.json");
const known: unknown = existsSync(fingerprints) ? JSON.parse(readFileSync(fingerprints, "utf8")) : {};
const current = Object.entries(recordSchemas).map(([type, schema]) => [
  `${type}.${String(recordRegistry.versions[type as keyof typeof recordSchemas])}`,
  createHash("sha256").update(canonicalJson(JSON.parse(JSON.stringify(schema)))).digest("hex"),
]);
writeFileSync(fingerprints, `${JSON.stringify({ ...Object.fromEntries(current), ...(known as object) }, null, 2)}\n`);

/** Columns as JSON: an absent value is null. */
function numbersOf(view: ArrayBufferView): readonly (number | null)[] {
  return Array.from(view as Float64Array, (value) => (Number.isNaN(value) ? null : value));
}

import { join } from "node:path";
import { fileFacts } from "../export/file-facts.ts";
import type { SealedRange } from "../manifest/sealed-ranges.ts";
import type { ArchivedFile } from "../manifest/manifest.ts";
import type { RangeFinding } from "./finding.ts";

/** Compares size and SHA-256 of every file with the manifest. */
export async function* verifyFiles({ folder, manifest }: SealedRange): AsyncGenerator<RangeFinding, void, void> {
  for (const file of manifest.files) {
    const finding = await findingIn(join(folder, file.name), file);
    if (finding !== undefined) yield finding;
  }
}

const findingIn = async (path: string, { name, bytes, sha256 }: ArchivedFile): Promise<RangeFinding | undefined> => {
  const found = await factsOf(path);
  if (typeof found === "string") return { file: name, problem: found === "ENOENT" ? "missing_file" : "unreadable", detail: `${name} cannot be read: ${found}.` };
  if (found.bytes !== bytes) return { file: name, problem: "file_size", detail: `${name} has ${String(found.bytes)} bytes; ${String(bytes)} were sealed.` };
  if (found.sha256 !== sha256) return { file: name, problem: "file_hash", detail: `${name} has the SHA-256 ${found.sha256}; ${sha256} was sealed.` };
  return undefined;
};

/** The code of the system's error where the file cannot be read. */
const factsOf = async (path: string): Promise<Awaited<ReturnType<typeof fileFacts>> | string> => {
  try {
    return await fileFacts(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
};

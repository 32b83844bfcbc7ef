import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";

/** Size and lower-case hex SHA-256 of a file, read as a stream. */
export const fileFacts = async (path: string): Promise<{ readonly bytes: number; readonly sha256: string }> => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array); // A stream without an encoding yields bytes.
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
};

/** What was written is on the disk when this returns; of a folder, its names. */
export const toDisk = async (path: string): Promise<void> => {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

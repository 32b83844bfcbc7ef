export type ArchiveErrorCode =
  /** The range is archived already, overlaps what is, or another export of the log is running. */
  | "conflict"
  /** The range does not follow the last archived one. */
  | "gap"
  /** Positions are missing, in what is exported or in the archive. */
  | "hole"
  /** Bytes contradict their hashes, or a file of a sealed range cannot be read. */
  | "corrupt"
  /** The tree before the range is not the one that the archive ends with: the archive holds records that the log no longer has. */
  | "diverged"
  | "bad_manifest"
  /** The log's name cannot name a folder, or the range is none. */
  | "bad_request";

/** What fails in writing or reading an archive. The message names log, positions and file. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;
  /** The path of the file that cannot be read, where it is one. */
  readonly file: string | undefined;

  constructor(code: ArchiveErrorCode, message: string, { cause, file }: { readonly cause?: unknown; readonly file?: string } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ArchiveError";
    this.code = code;
    this.file = file;
  }
}

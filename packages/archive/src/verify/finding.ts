export type ArchiveProblem =
  /** A folder of a range without a manifest: an export never leaves one. */
  | "unsealed"
  | "bad_manifest"
  /** Positions between two ranges, or before the first, are not there any more. */
  | "missing_range"
  /** The manifest names another one before it, or begins with another tree than that one ends with. */
  | "broken_chain"
  | "missing_file"
  /** Size or SHA-256 differs from the manifest: torn, truncated or changed. */
  | "file_size"
  | "file_hash"
  | "unreadable"
  | "missing_record"
  /** The record's bytes, recomputed from the rows, do not give its content hash. */
  | "content"
  /** The content hash and the provenance do not give the leaf hash. */
  | "leaf"
  /** The leaves do not give the manifest's root. */
  | "root"
  /** Another part of the manifest contradicts the records. */
  | "summary"
  /** Columns that no hash covers contradict the record's bytes. */
  | "columns";

/** One thing that is wrong in an archive. */
export type ArchiveFinding = {
  readonly log: string;
  /** Path of the range's folder. */
  readonly range: string;
  /** Name of the file in it. */
  readonly file: string;
  /** The first position concerned, where one is known. */
  readonly position?: number;
  readonly problem: ArchiveProblem;
  /** One sentence that names what was found and what was expected. */
  readonly detail: string;
};

/** A finding of a range: log and folder are added by who knows them. */
export type RangeFinding = Omit<ArchiveFinding, "log" | "range">;

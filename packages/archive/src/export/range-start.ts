import { type Frontier, emptyFrontier, frontierBytes } from "@finality/transparency";
import { ArchiveError } from "../errors.ts";
import { frontierFrom, type Manifest } from "../manifest/manifest.ts";
import { sealedRanges } from "../manifest/sealed-ranges.ts";
import type { RangeStart } from "../manifest/summary.ts";

export type Range = { readonly log: string; readonly first: number; readonly last: number };

/**
 * What the range begins with: from the range before it in the archive, else from the caller, else, at position 1, from nothing.
 * Throws `conflict`, `gap`, `diverged`, `bad_request`.
 */
export const rangeStart = async (folder: string, range: Range, given: Frontier | undefined): Promise<RangeStart & { readonly previous: string | null }> => {
  const { log, first, last } = range;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first) {
    throw new ArchiveError("bad_request", `Log ${log} has no range from position ${String(first)} to ${String(last)}.`);
  }
  const ranges = await sealedRanges(folder, log);
  const overlapped = ranges.find(({ manifest }) => manifest.first <= last && first <= manifest.last);
  if (overlapped !== undefined) {
    throw new ArchiveError("conflict", `Positions ${String(first)} to ${String(last)} of log ${log} overlap the archived ${spanOf(overlapped.manifest)}.`);
  }
  const before = ranges.at(-1);
  if (before === undefined) return { frontier: firstFrontier(range, given), semantics: undefined, previous: null };
  if (before.manifest.last + 1 !== first) {
    throw new ArchiveError("gap", `The archive of log ${log} ends with ${spanOf(before.manifest)}; the next range begins at ${String(before.manifest.last + 1)}, not ${String(first)}.`);
  }
  const frontier = frontierFrom(before.manifest.last, before.manifest.frontierAfter);
  if (frontier === undefined) throw new ArchiveError("bad_manifest", `The manifest of ${spanOf(before.manifest)} of log ${log} has no tree of ${String(before.manifest.last)} leaves.`);
  if (given !== undefined && !(given.size === frontier.size && frontierBytes(given).equals(frontierBytes(frontier)))) {
    throw new ArchiveError("diverged", `Log ${log} has another tree over positions 1 to ${String(first - 1)} than its archive: the archive holds records that the log does not.`);
  }
  return { frontier, semantics: before.manifest.semantics.at(-1), previous: before.manifestHash };
};

const spanOf = ({ first, last }: Manifest): string => `positions ${String(first)} to ${String(last)}`;

const firstFrontier = ({ log, first }: Range, given: Frontier | undefined): Frontier => {
  const frontier = given ?? emptyFrontier;
  if (frontier.size === first - 1) return frontier;
  throw new ArchiveError("bad_request", `The archive of log ${log} is empty: a range from position ${String(first)} needs the tree over 1 to ${String(first - 1)}, not one of ${String(frontier.size)} leaves.`);
};

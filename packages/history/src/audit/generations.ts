import type { StoredRecord } from "@finality/contracts";

/** What a stored record's payload says, undecoded: of any version, of newer releases, too. Empty for what is no JSON object. */
export const claimsOf = ({ payload }: Pick<StoredRecord, "payload">): Readonly<Record<string, unknown>> => {
  const body: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
  return typeof body === "object" && body !== null ? { ...body } : {};
};

/**
 * Tells the generation that each record must carry, out of records one behind the other; `generation` is that before the first of them, 1
 * at the beginning of a log. No leaf covers a record's generation: it is the records that raise it which do.
 */
export const generationsFrom = (generation: number): ((record: Pick<StoredRecord, "type" | "payload">) => number) => {
  let current = generation;
  return ({ type, payload }) => {
    if (type === "GenerationRaised") current = Number(claimsOf({ payload })["generation"]);
    return current;
  };
};

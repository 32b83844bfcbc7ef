import { batchStatus } from "@finality/pricing";

/** What was timed has to be work that was done: throws if a row of a batch has no result. */
export const requireEveryRowPriced = (name: string, status: Uint8Array): void => {
  const row = status.findIndex((each) => each !== batchStatus.ok);
  if (row >= 0) throw new Error(`${name}: row ${String(row)} has status ${String(status[row])}.`);
};

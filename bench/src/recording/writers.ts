import type { Append, LogWriter } from "@finality/event-log";

/** Keeps nothing: every append is committed as soon as it comes. */
export const memoryWriter = (): LogWriter => ({
  takeOver: async (log) => ({ log, generation: 1, epoch: 1, position: 0, recordedUs: 0, offsets: [], skips: [] }),
  append: async ({ expectedPosition, records }) => ({ position: expectedPosition + records.length, recordedUs: records.at(-1)?.content.recordedTimeUs ?? 0 }),
  wasCommitted: async () => true,
  noteStop: async () => undefined,
  pendingSkips: async () => [],
});

/** Tells each append right after its commit. */
export const observed = (writer: LogWriter, onCommitted: (append: Append) => void): LogWriter => ({
  ...writer,
  append: async (append) => {
    const committed = await writer.append(append);
    onCommitted(append);
    return committed;
  },
});

import { maxValueBytes, type Bus, type OutgoingMessage } from "@finality/bus";
import { deadLetterHeaders, topicNames } from "@finality/contracts";
import type { DeadLetterUpkeep, UnpublishedLetter } from "@finality/event-log";
import { startLoop, type Logger, type Loop } from "@finality/service-kit";
import { sequencerGroup } from "./group.ts";

/** Where the dead letters of a topic are published, as many partitions as the topic has: `sequencer.md.ticks.v1.dlq`. */
export const deadLetterTopicOf = (topic: string): string => `${sequencerGroup}.${topic}.dlq`;
export const deadLetterTopics: readonly string[] = topicNames.map(deadLetterTopicOf);

export type DeadLetterFeedDeps = {
  readonly bus: Bus;
  readonly upkeep: DeadLetterUpkeep;
  /** The logs that this process writes. */
  readonly logs: () => readonly string[];
  /** Resolved letters older than this are deleted. */
  readonly retentionDays: number;
  readonly everyMs: number;
  readonly logger: Logger;
};

/** Letters in memory at once, 1 MB each at most unless another producer stored more. */
const batchMax = 20;
const expireEveryMs = 3_600_000;
const dayMs = 86_400_000;

/** Feeds the dead-letter topics from the rows, at least once (rule 10), and lets resolved rows expire (rule 40). */
export const startDeadLetterFeed = ({ bus, upkeep, logs, retentionDays, everyMs, logger }: DeadLetterFeedDeps): Loop => {
  let expiresMs = 0;
  return startLoop({
    name: "feed of the dead-letter topics",
    everyMs,
    logger,
    work: async (signal) => {
      const held = logs();
      if (held.length === 0) return;
      while (!signal.aborted) {
        const letters = await upkeep.unpublished(held, batchMax);
        if (letters.length === 0) break;
        // One by one: a bus takes about as many bytes at once as one of them may have.
        for (const letter of letters) await bus.produce([messageOf(letter)]);
        await upkeep.markPublished(letters);
      }
      if (performance.now() < expiresMs) return;
      const { deleted, openAndOlder } = await upkeep.expire(held, retentionDays * dayMs);
      expiresMs = performance.now() + expireEveryMs;
      if (deleted > 0) logger.info({ deleted, retentionDays }, `${String(deleted)} resolved dead letters older than ${String(retentionDays)} days were deleted`);
      if (openAndOlder > 0) logger.warn({ openAndOlder, retentionDays }, `${String(openAndOlder)} dead letters older than ${String(retentionDays)} days are open: redrive or discard them`);
    },
  });
};

/** The bytes as they came, or none where no bus takes so many: the row has them. */
const messageOf = ({ topic, partition, offset, log, reason, detail, at, headers, value }: UnpublishedLetter): OutgoingMessage => ({
  topic: deadLetterTopicOf(topic),
  partition,
  key: log,
  value: value.length > maxValueBytes ? new Uint8Array() : value,
  headers: {
    ...headers,
    [deadLetterHeaders.topic]: topic,
    [deadLetterHeaders.partition]: String(partition),
    [deadLetterHeaders.offset]: String(offset),
    [deadLetterHeaders.refusedAt]: at.toISOString(),
    [deadLetterHeaders.errorClass]: reason,
    [deadLetterHeaders.errorMessage]: detail,
    [deadLetterHeaders.group]: sequencerGroup,
    ...(value.length > maxValueBytes ? { [deadLetterHeaders.omittedBytes]: String(value.length) } : {}),
  },
});

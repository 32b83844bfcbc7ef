import { columnsOf, encodeRecord, type RecordContent, type Tick } from "@finality/contracts";
import { longDay } from "../recording/long-day.ts";

/** Ticks of one `TicksRecorded`. */
export const ticksPerBlock = 1_000;

/** `TicksRecorded` records of a thousand ticks each, from the shipped day walked there and back. Its message boundaries are given up here. */
export const tickBlocks = (count: number): readonly RecordContent[] => {
  const instants = longDay().instants();
  const waiting: Tick[] = [];
  return Array.from({ length: count }, () => {
    let lastUs = 0;
    while (waiting.length < ticksPerBlock) {
      const { instantUs, ticks } = instants.next().value;
      waiting.push(...ticks);
      lastUs = instantUs;
    }
    const ticks = waiting.splice(0, ticksPerBlock);
    return { ...encodeRecord({ type: "TicksRecorded", body: columnsOf(ticks, ticks.map(() => 0)) }), venueTimeUs: lastUs, recordedTimeUs: lastUs };
  });
};

import { getHeapStatistics } from "node:v8";
import { median } from "../measurement.ts";

const WINDOWS = 41;

/**
 * Bytes by which the heap grows for each option of some work, once it is compiled. The middle of many short windows counts: the few in
 * which garbage is collected shrink. What reading the heap itself takes, measured over empty windows, is left out.
 */
export const bytesAllocated = (options: number, work: () => void): number => {
  const growth = (windowed: () => void): number =>
    median(
      Array.from({ length: WINDOWS }, () => {
        const before = getHeapStatistics().used_heap_size;
        windowed();
        return getHeapStatistics().used_heap_size - before;
      }),
    );
  growth(work);
  const ofReading = growth(() => undefined);
  return Math.max(growth(work) - ofReading, 0) / options;
};

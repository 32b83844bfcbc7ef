import { decodeRecord, type LogRecord, type RecordContent, type RecordPlace } from "@finality/contracts";
import { evolve, initialState } from "@finality/engine";
import { compared, type Measurement } from "../measurement.ts";
import { recordDay, type RecordedDay } from "../recording/recorded-day.ts";
import { alternate } from "../timing.ts";

const ticks = 1_000_000;
const rounds = 3;

/** Ticks a second of the pure fold over a recorded log: four books, their hedges and fills, about 19 ticks a record. */
export const fold = async (): Promise<readonly Measurement[]> => {
  const recorded = await recordDay({ ticks, messagesPerBatch: 1 });
  const stored = storedOf(recorded);
  const decoded = stored.map((record) => decodeRecord(record));
  const decode = (): void => stored.forEach((record) => void decodeRecord(record));
  const perSecond = (milliseconds: number): number => (recorded.ticks / milliseconds) * 1_000;

  const replay = await alternate({ subject: () => foldAll(recorded.log, stored), baseline: decode, rounds });
  const evolveOnly = await alternate({ subject: () => foldDecoded(recorded.log, decoded), baseline: decode, rounds });
  const unit = "ticks/s";
  return [
    compared("fold: decode and evolve; baseline: decode", { value: perSecond(replay.subjectMs), baseline: perSecond(replay.baselineMs), unit }),
    compared("fold: evolve alone; baseline: decode", { value: perSecond(evolveOnly.subjectMs), baseline: perSecond(evolveOnly.baselineMs), unit }),
  ];
};

const storedOf = ({ log, opening, trading }: RecordedDay): readonly (RecordPlace & RecordContent)[] =>
  [...opening, ...trading]
    .flatMap(({ records }) => records)
    .map(({ content }, index) => ({ log, generation: 1, position: index + 1, ...content }));

const foldAll = (log: string, stored: readonly (RecordPlace & RecordContent)[]): void => {
  const state = initialState(log);
  for (const record of stored) evolve(state, decodeRecord(record));
};

const foldDecoded = (log: string, records: readonly LogRecord[]): void => {
  const state = initialState(log);
  for (const record of records) evolve(state, record);
};

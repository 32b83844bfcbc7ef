import { recordSchemas, type RecordType } from "./bodies.ts";

/** Turns a body of one version into the next one. Pure; never touches a newer body. */
export type Upcaster = (body: unknown) => unknown;

export type RecordRegistry = {
  /** The version that is written today, by type. */
  readonly versions: Readonly<Record<RecordType, number>>;
  /** By type, then by the version that is read; each leads one version up. */
  readonly upcasters: Readonly<Partial<Record<RecordType, Readonly<Record<number, Upcaster>>>>>;
};

export const recordTypes: readonly RecordType[] = ["TicksRecorded", ...(Object.keys(recordSchemas) as (keyof typeof recordSchemas)[])];

/** What this release writes and reads. A changed shape is a new version here, an upcaster, and a golden file of the old one kept. */
export const recordRegistry: RecordRegistry = {
  versions: {
    TicksRecorded: 1,
    LogOpened: 1,
    WriterStarted: 1,
    GenerationRaised: 1,
    ClockTicked: 1,
    InstrumentListed: 1,
    BookOpened: 1,
    TradeBooked: 1,
    PolicySet: 1,
    LimitsSet: 1,
    SettlementPriced: 1,
    Halted: 1,
    Resumed: 1,
    BookReleased: 1,
    OrderReported: 1,
    FillRecorded: 1,
    UnexpectedFillRecorded: 1,
    MessageSkipped: 1,
    PositionMismatchRecorded: 1,
    PositionsReconciled: 1,
    HedgeDecided: 1,
    HedgeRefused: 1,
    RefusalEnded: 1,
    InstrumentExpired: 1,
    PositionSettled: 1,
    BookSuspended: 1,
    StateHashed: 1,
  },
  upcasters: {},
};

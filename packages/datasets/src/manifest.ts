import {
  BookDefinition,
  DecimalString,
  FutureInstrument,
  LogOpening,
  Name,
  OptionInstrument,
  PerpetualInstrument,
  Side,
  SpotInstrument,
} from "@finality/contracts";
import { Type, type Static } from "typebox";

const closed = { additionalProperties: false } as const;

/** An instant as ISO 8601 with an offset; turned to microseconds when the manifest is read. */
const Instant = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?(Z|[+-]\\d{2}:\\d{2})$" });

const { expiryUs: _optionExpiry, ...optionProperties } = OptionInstrument.properties;
const { expiryUs: _futureExpiry, ...futureProperties } = FutureInstrument.properties;
const { startsAtUs: _startsAt, clock: _clock, ...openingProperties } = LogOpening.properties;

const ManifestInstrument = Type.Union([
  Type.Object({ ...optionProperties, expiresAt: Instant }, closed),
  Type.Object({ ...futureProperties, expiresAt: Instant }, closed),
  PerpetualInstrument,
  SpotInstrument,
]);
export type ManifestInstrument = Static<typeof ManifestInstrument>;

const DataFile = Type.Object(
  {
    /** Path beside the manifest; `.gz` is unpacked. CSV with one header line. */
    file: Type.String({ minLength: 1 }),
    kind: Type.Union([Type.Literal("quotes"), Type.Literal("trades"), Type.Literal("index"), Type.Literal("marks")]),
    /** Instrument of a row: a fixed name, or a template such as `{root}-{strike}` over the file's columns. Rows of instruments that are not listed are left out. */
    instrument: Type.String({ minLength: 1 }),
    stamp: Type.Object(
      {
        column: Type.String(),
        unit: Type.Union([Type.Literal("s"), Type.Literal("ms"), Type.Literal("us")]),
        /** What the source's stamp means, in words. */
        meaning: Type.String(),
        /** A row is known this long after its stamp, milliseconds. */
        knownAfterMs: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
    /** Our field: the file's column. Which fields, by kind: quotes bid, bidSize, ask, askSize; trades price, size; index price; marks price, vol. */
    columns: Type.Record(Type.String(), Type.String()),
  },
  closed,
);
export type DataFile = Static<typeof DataFile>;

const OpeningTrade = Type.Object(
  {
    at: Instant,
    instrument: Name,
    side: Side,
    quantity: DecimalString,
    /** A price, or the side of the quote known at `at`. */
    price: Type.Union([Type.Literal("bid"), Type.Literal("ask"), DecimalString]),
    /** Per contract, instrument's currency. */
    feePerContract: DecimalString,
  },
  closed,
);

/** `dataset.json`: a recorded day (or week) of one log. Another one is a new manifest, no code. Documented in docs/datasets.md. */
export const DatasetManifest = Type.Object(
  {
    dataset: Name,
    manifestVersion: Type.Literal(1),
    title: Type.String(),
    source: Type.String({ minLength: 1 }),
    licence: Type.String({ minLength: 1 }),
    /** The log, which is the underlying's name. */
    log: Name,
    currency: Type.String(),
    opening: Type.Object({ ...openingProperties, startsAt: Instant }, closed),
    session: Type.Object(
      {
        /** Rows known before this or after `closesAt` are left out. */
        opensAt: Instant,
        closesAt: Instant,
        /** Every book is halted at this instant, before the last quotes: nothing trades at the close itself. */
        tradingEndsAt: Instant,
      },
      closed,
    ),
    instruments: Type.Array(ManifestInstrument, { minItems: 1 }),
    files: Type.Array(DataFile, { minItems: 1 }),
    /**
     * Ticks are published together at the next whole multiple of so many milliseconds since 1970, each with its own venue time, as a feed that
     * sends in batches does. Absent: every instant by itself.
     */
    batchMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Quotes that the data lacks: half the spread below and above the index, or the instrument's last trade of each instant. A stated assumption. */
    modelledQuotes: Type.Array(
      Type.Object({ instrument: Name, from: Type.Union([Type.Literal("index"), Type.Literal("trades")]), halfSpread: DecimalString, size: DecimalString }, closed),
    ),
    settlements: Type.Array(Type.Object({ instrument: Name, price: DecimalString, publishedAt: Instant }, closed)),
    books: Type.Array(
      Type.Object({ ...BookDefinition.properties, openingTrades: Type.Array(OpeningTrade) }, closed),
      { minItems: 1 },
    ),
    /** The paper venue's terms; its own package says what they mean. */
    venue: Type.Record(Type.String(), Type.Unknown()),
    /** In words, what in this dataset is assumed rather than recorded. */
    assumptions: Type.Array(Type.String()),
  },
  closed,
);
export type DatasetManifest = Static<typeof DatasetManifest>;

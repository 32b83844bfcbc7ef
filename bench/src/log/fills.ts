import { encodeRecord, type Fill, type RecordContent } from "@finality/contracts";

const startUs = 1_609_770_840_000_000;
const apartUs = 1_000;

/** Fills of one hedge after the other, as a venue reports them. */
export const fillBodies = (count: number): readonly Fill[] =>
  Array.from({ length: count }, (_, index) => {
    const commandId = `SPX-1-${String(1_000 + 20 * index)}`;
    const quantity = String(1 + (index % 7));
    const price = (3_700 + (index % 400) / 4).toFixed(2);
    const [venueTimeUs, side] = [startUs + index * apartUs, index % 2 === 0 ? "buy" : "sell"] as const;
    const order = { account: "paper-1", commandId, instrument: "SPX-FUT", side, quantity, cumulativeQuantity: quantity };
    return { ...order, fillId: `${commandId}-f1`, sequence: 1, price, fee: "0.85", liquidity: "taker", venueTimeUs };
  });

export const fillContents = (bodies: readonly Fill[]): readonly RecordContent[] =>
  bodies.map((body) => ({ ...encodeRecord({ type: "FillRecorded", body }), venueTimeUs: body.venueTimeUs, recordedTimeUs: body.venueTimeUs }));

import { batchStatus } from "../batch-status.ts";
import { PricingError } from "../errors.ts";
import { poseProblem, problemStatus, writeDistances } from "./option-problem.ts";
import { BLOCK_ROWS, newTotalVolBlock } from "./total-vol-block.ts";
import { solveTotalVols } from "./total-vol-solver.ts";

/** One option a row; units and ranges as in `ImpliedVolInput`. All columns have the same length. */
export type ImpliedVolColumns = {
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  readonly yearsToExpiry: Float64Array;
  /** Undiscounted. */
  readonly price: Float64Array;
  /** 1 for a call, 0 for a put. */
  readonly isCall: Uint8Array;
};

export type ImpliedVolResultColumns = {
  /** Annualised lognormal volatility; NaN where `status` is not ok. */
  readonly vol: Float64Array;
  /** One of `batchStatus` a row. */
  readonly status: Uint8Array;
};

// Written and read within one call and never across calls, so that the loops allocate nothing.
const block = newTotalVolBlock();
/** The batch's row behind each row of the block. */
const rowOf = new Uint32Array(BLOCK_ROWS);

const requireLength = (name: string, length: number, expected: number): void => {
  if (length !== expected) throw new PricingError("invalid_input", `${name} must have as many rows as forward, ${expected}, got ${length}`);
};

const isInRange = (forward: number, strike: number, yearsToExpiry: number, price: number): boolean =>
  forward > 0 && forward < Infinity && strike > 0 && strike < Infinity && yearsToExpiry >= 0 && yearsToExpiry < Infinity && price === price;

/** Solves the first `count` rows of the block and writes them where they belong. */
const solvePosed = (results: ImpliedVolResultColumns, count: number): void => {
  writeDistances(block, count);
  solveTotalVols(block, count);
  for (let place = 0; place < count; place += 1) {
    const row = rowOf[place] ?? 0;
    const vol = (block.totalVol[place] ?? NaN) / Math.sqrt(block.yearsToExpiry[place] ?? NaN);
    results.vol[row] = vol;
    results.status[row] = vol === vol ? batchStatus.ok : batchStatus.noSolution;
  }
};

/** Poses the row's problem at `place` of the block, or returns the status that says why there is none. */
const poseRow = (columns: ImpliedVolColumns, row: number, place: number): number => {
  const forward = columns.forward[row] ?? NaN;
  const strike = columns.strike[row] ?? NaN;
  const yearsToExpiry = columns.yearsToExpiry[row] ?? NaN;
  const price = columns.price[row] ?? NaN;
  const callFlag = columns.isCall[row] ?? 2;
  if (callFlag > 1 || !isInRange(forward, strike, yearsToExpiry, price)) return batchStatus.invalidInput;
  block.assetLeg[place] = forward;
  block.strikeLeg[place] = strike;
  block.yearsToExpiry[place] = yearsToExpiry;
  block.price[place] = price;
  return poseProblem(block, place, callFlag === 1);
};

/**
 * `impliedVol` of every row, the same bits, into the caller's arrays; allocates nothing. A row without a volatility holds NaN and its
 * status says why, also for arguments out of range. Throws PricingError `invalid_input` only when the columns differ in length.
 */
export const writeImpliedVols = (columns: ImpliedVolColumns, results: ImpliedVolResultColumns): void => {
  const count = columns.forward.length;
  requireLength("strike", columns.strike.length, count);
  requireLength("yearsToExpiry", columns.yearsToExpiry.length, count);
  requireLength("price", columns.price.length, count);
  requireLength("isCall", columns.isCall.length, count);
  requireLength("vol", results.vol.length, count);
  requireLength("status", results.status.length, count);
  let posed = 0;
  for (let row = 0; row < count; row += 1) {
    const status = poseRow(columns, row, posed);
    if (status === problemStatus.posed) {
      rowOf[posed] = row;
      posed += 1;
      if (posed === BLOCK_ROWS) {
        solvePosed(results, posed);
        posed = 0;
      }
    } else {
      results.vol[row] = status === problemStatus.noTimeValue ? 0 : NaN;
      results.status[row] = status === problemStatus.noTimeValue ? batchStatus.ok : status;
    }
  }
  solvePosed(results, posed);
};

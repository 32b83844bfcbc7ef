// The books of a coin-settled day counted once more: from the hedges that were filled and the files' own rows, with decimal.js and nothing of ours.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Decimal as DecimalJs } from "decimal.js";

const Decimal = DecimalJs.clone({ precision: 60, rounding: DecimalJs.ROUND_HALF_EVEN });

export type FilledHedge = { readonly decidedAtUs: number; readonly side: "buy" | "sell"; readonly quantity: string; readonly averagePrice: string };
export type OpeningTrade = { readonly instrument: string; readonly side: "buy" | "sell"; readonly quantity: string; readonly price: string; readonly feePerContract: string };
export type CoinBook = { readonly optionPnl: string; readonly hedgePnl: string; readonly settlement: string; readonly fees: string; readonly netPnl: string };

const contractUsd = 10;
const takerShare = "0.0005";

/** Every amount of coin is rounded to a satoshi where it arises. */
const satoshi = (amount: DecimalJs): DecimalJs => amount.toDecimalPlaces(8, DecimalJs.ROUND_HALF_EVEN);

export const csv = (path: string): Record<string, string>[] => {
  const [header = "", ...lines] = (path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString("utf8").trim().split("\n");
  const names = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index] ?? "", cell])));
};

/** What the perpetual's modelled quote stood around at an instant: the last row at or before it. */
export const lastBefore = (folder: string, file: string, column: string, instrument?: string): ((atUs: number) => string) => {
  const rows = csv(join(folder, file)).filter((row) => instrument === undefined || row["instrument_name"] === instrument);
  return (atUs) => rows.findLast((row) => Number(row["timestamp_ms"]) * 1000 <= atUs)?.[column] ?? "";
};

type Counted = {
  readonly opening: readonly OpeningTrade[];
  readonly hedges: readonly FilledHedge[];
  /** Coin value of one contract of an open option at the end; its settlement's payoff in coin where it expired. */
  readonly optionEnd: (instrument: string) => { readonly mark: string } | { readonly payoff: DecimalJs };
  /** Price at which the perpetual is marked at the end. */
  readonly perpetualMark: string;
};

const signed = ({ side, quantity }: { readonly side: "buy" | "sell"; readonly quantity: string }): DecimalJs => new Decimal(quantity).times(side === "buy" ? 1 : -1);

/** An option's payoff in coin at a delivery price. */
export const payoffInCoin = (instrument: string, delivery: string): DecimalJs => {
  const [, , strike = "", type] = instrument.split("-");
  const gain = type === "C" ? new Decimal(delivery).minus(strike) : new Decimal(strike).minus(delivery);
  return Decimal.max(gain, 0).div(delivery);
};

/** The amounts of a book in coin. */
export const naiveCoinBook = ({ opening, hedges, optionEnd, perpetualMark }: Counted): CoinBook => {
  let [optionPnl, settlement, fees]: [DecimalJs, DecimalJs, DecimalJs] = [new Decimal(0), new Decimal(0), new Decimal(0)];
  for (const trade of opening) {
    const contracts = signed(trade);
    const end = optionEnd(trade.instrument);
    optionPnl = optionPnl.minus(satoshi(contracts.times(trade.price)));
    if ("mark" in end) optionPnl = optionPnl.plus(satoshi(contracts.times(end.mark)));
    else settlement = settlement.plus(satoshi(contracts.times(end.payoff)));
    fees = fees.plus(new Decimal(trade.feePerContract).times(trade.quantity));
  }
  let [cash, held]: [DecimalJs, DecimalJs] = [new Decimal(0), new Decimal(0)];
  for (const hedge of hedges) {
    const contracts = signed(hedge);
    // Bought dollars are paid back in coin: a long is a debt of contracts × 10 / price.
    cash = cash.plus(satoshi(contracts.times(contractUsd).div(hedge.averagePrice)));
    held = held.plus(contracts);
    fees = fees.plus(satoshi(new Decimal(hedge.quantity).times(contractUsd).div(hedge.averagePrice).times(takerShare)));
  }
  const hedgePnl = cash.minus(satoshi(held.times(contractUsd).div(perpetualMark)));
  const text = (value: DecimalJs): string => (value.isZero() ? "0" : value.toFixed());
  return { optionPnl: text(optionPnl), hedgePnl: text(hedgePnl), settlement: text(settlement), fees: text(fees), netPnl: text(optionPnl.plus(hedgePnl).plus(settlement).minus(fees)) };
};

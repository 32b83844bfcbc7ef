import { sviVol, type SmileQuote, type SviRaw } from "@finality/pricing";
import { figure } from "./greek-lines.ts";

const HEIGHT = 16;
const WIDTH = 64;

export type Smile = { readonly svi: SviRaw; readonly yearsToExpiry: number; readonly quotes: readonly (SmileQuote & { readonly strike: number })[] };

const usable = ({ bidVol, askVol }: SmileQuote): boolean => bidVol > 0 && askVol >= bidVol && askVol < Infinity;

/** The smile in plain characters: vol upward, log-moneyness to the right; `│` from bid to ask, `●` the fit, `┼` the fit between bid and ask. */
export const smilePicture = ({ svi, yearsToExpiry, quotes }: Smile): string => {
  const shown = quotes.filter(usable);
  const places = shown.map(({ logMoneyness }) => logMoneyness);
  const [left, right] = [Math.min(...places), Math.max(...places)];
  const fitAt = (column: number): number => sviVol(svi, { logMoneyness: left + ((right - left) * column) / (WIDTH - 1), yearsToExpiry });
  const fit = Array.from({ length: WIDTH }, (_, column) => fitAt(column));
  const low = Math.min(...fit, ...shown.map(({ bidVol }) => bidVol));
  const high = Math.max(...fit, ...shown.map(({ askVol }) => askVol));
  const rowOf = (vol: number): number => Math.round(((vol - low) / (high - low || 1)) * (HEIGHT - 1));
  const cells = Array.from({ length: HEIGHT }, () => new Array<string>(WIDTH).fill(" "));
  const put = (row: number, column: number, mark: string): void => {
    const line = cells[HEIGHT - 1 - row];
    if (line !== undefined) line[column] = mark;
  };
  for (const { logMoneyness, bidVol, askVol } of shown) {
    const column = Math.round(((logMoneyness - left) / (right - left || 1)) * (WIDTH - 1));
    for (let row = rowOf(bidVol); row <= rowOf(askVol); row += 1) put(row, column, "│");
  }
  for (const [column, vol] of fit.entries()) put(rowOf(vol), column, cells[HEIGHT - 1 - rowOf(vol)]?.[column] === "│" ? "┼" : "●");
  const label = (row: number): string => (row === HEIGHT - 1 || row === 0 || row === Math.floor(HEIGHT / 2) ? `${((low + ((high - low) * row) / (HEIGHT - 1)) * 100).toFixed(1)} %` : "").padStart(8);
  const lines = cells.map((line, index) => `${label(HEIGHT - 1 - index)} ┤${line.join("").trimEnd()}`);
  const [first, last] = [shown[0]?.strike ?? NaN, shown.at(-1)?.strike ?? NaN];
  const axis = `${" ".repeat(9)}└${"─".repeat(WIDTH)}`;
  const ends = `${" ".repeat(10)}${figure(first)}${figure(last).padStart(WIDTH - figure(first).length)}`;
  return [...lines, axis, ends, `${" ".repeat(10)}│ bid to ask   ● fit   ┼ both`].join("\n");
};

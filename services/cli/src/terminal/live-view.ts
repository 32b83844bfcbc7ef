import { clearLine, clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { dayOf, money, signed, timeOfDay } from "../output.ts";
import { digitsOf, type BookLine } from "./book-line.ts";

export type Frame = {
  readonly dataset: string;
  readonly instantUs: number;
  /** Share of the dataset that is over, 0 … 1. */
  readonly share: number;
  readonly underlying: string;
  readonly spot: number | null;
  readonly books: readonly BookLine[];
  /** Why nothing moves, when nothing does. */
  readonly waiting?: string;
};

const gaugeWidth = 25;
const widthWithBand = 91;
/** Of a terminal that does not say. */
const usualWidth = 120;

/** Net delta inside its band: `├` and `┤` are the thresholds, `┼` the target, `●` the book. Half the width is the band. */
export const gauge = ({ netDelta, bandLower, bandUpper, schedule }: Pick<BookLine, "netDelta" | "bandLower" | "bandUpper" | "schedule">): string => {
  if (schedule !== null) return schedule.padEnd(gaugeWidth).slice(0, gaugeWidth);
  if (bandLower === null || bandUpper === null || bandUpper <= bandLower) return " ".repeat(gaugeWidth);
  const quarter = Math.floor(gaugeWidth / 4);
  const place = (value: number): number => {
    const share = (value - bandLower) / (bandUpper - bandLower);
    return Math.max(0, Math.min(gaugeWidth - 1, Math.round(quarter + share * (gaugeWidth - 1 - 2 * quarter))));
  };
  const cells = Array.from({ length: gaugeWidth }, (_unused, index): string => (index > place(bandLower) && index < place(bandUpper) ? "─" : " "));
  cells[place(bandLower)] = "├";
  cells[place(bandUpper)] = "┤";
  cells[place((bandLower + bandUpper) / 2)] = "┼";
  if (netDelta !== null) cells[place(netDelta)] = "●";
  return cells.join("");
};

/** How much of something is over, 0 … 1, in 20 characters. */
export const bar = (share: number): string => {
  const filled = Math.round(share * 20);
  return "█".repeat(filled) + "░".repeat(20 - filled);
};

/** The lines of one frame, none longer than `width`; where the band does not fit it is left out. */
export const render = (frame: Frame, width: number): readonly string[] => {
  const band = (text: string): string => (width < widthWithBand ? "" : `  ${text}`);
  const header = `${dayOf(frame.instantUs)} ${timeOfDay(frame.instantUs)} UTC   ${frame.underlying} ${frame.spot === null ? "–" : money(frame.spot, 2)}   ${bar(frame.share)} ${String(Math.round(frame.share * 100))} %`;
  const titles = `${"book".padEnd(10)}${"net delta".padStart(10)}${band("band".padEnd(gaugeWidth))}${"hedges".padStart(8)}${"option P&L".padStart(12)}${"hedge P&L".padStart(12)}${"net P&L".padStart(12)}`;
  const lines = frame.books.map(
    (book) =>
      `${book.book.padEnd(10)}${signed(book.netDelta, digitsOf(book) === 0 ? 0 : 2).padStart(10)}${band(gauge(book))}${String(book.hedges).padStart(8)}${signed(book.optionPnl, digitsOf(book)).padStart(12)}${signed(book.hedgePnl, digitsOf(book)).padStart(12)}${signed(book.netPnl, digitsOf(book)).padStart(12)}${book.refusal === null ? "" : `  ${book.refusal}`}`,
  );
  return [header, "", titles, ...lines, frame.waiting === undefined ? "" : `waiting: ${frame.waiting}`].map((line) => fitting(line, width));
};

/** A line that wraps would be two to the terminal and one to us: the next frame would miss its place. */
const fitting = (line: string, width: number): string => Array.from(line).slice(0, width).join("");

/** Draws frames over each other on a terminal. */
export const createLiveView = (out: NodeJS.WriteStream): { draw: (frame: Frame) => void; end: () => void } => {
  const view = createInPlace(out);
  return { draw: (frame) => { view.draw(render(frame, widthOf(out))); }, end: view.end };
};

const widthOf = (out: NodeJS.WriteStream): number => (out.columns > 0 ? out.columns - 1 : usualWidth);

/** Draws lines over the lines drawn before them. */
export const createInPlace = (out: NodeJS.WriteStream): { draw: (lines: readonly string[]) => void; end: () => void } => {
  let drawn = 0;
  return {
    draw: (lines) => {
      if (drawn > 0) {
        moveCursor(out, 0, -drawn);
        cursorTo(out, 0);
      }
      for (const line of lines) {
        clearLine(out, 0);
        out.write(`${fitting(line, widthOf(out))}\n`);
      }
      // There may have been more lines than there are now.
      if (drawn > lines.length) clearScreenDown(out);
      drawn = lines.length;
    },
    end: () => { drawn = 0; },
  };
};

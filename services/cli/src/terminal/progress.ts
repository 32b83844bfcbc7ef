import { clearLine, cursorTo } from "node:readline";
import type { WriteStream } from "node:tty";
import { money } from "../output.ts";
import { bar } from "./live-view.ts";

/** How far a fold is. */
export type ProgressAt = {
  /** Of the last folded record. */
  readonly position: number;
  /** Records and ticks folded since it began; without ticks where nobody counts them. */
  readonly records: number;
  readonly ticks?: number;
};

export type Stretch = { readonly log: string; readonly from: number; readonly to: number };

const time = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  const pad = (number: number): string => String(number).padStart(2, "0");
  return whole < 3_600 ? `${String(minutes)}:${pad(rest)}` : `${String(Math.floor(whole / 3_600))}:${pad(minutes)}:${pad(rest)}`;
};

/** One line, no longer than `width`: where it is, how fast on average, how long it takes yet. */
export const progressLine = ({ log, from, to }: Stretch, { position, records, ticks }: ProgressAt, { seconds, width }: { readonly seconds: number; readonly width: number }): string => {
  const share = to < from ? 1 : Math.min(1, Math.max(0, (position - from + 1) / (to - from + 1)));
  const rate = (count: number): string => money(seconds > 0 ? count / seconds : 0);
  const left = records === 0 ? "" : `  ${time(((to - position) * seconds) / records)} left`;
  const line = `${log}  ${bar(share)} ${String(Math.floor(share * 100))} %  ${money(position)} of ${money(to)}  ${rate(records)} records/s${ticks === undefined ? "" : `  ${rate(ticks)} ticks/s`}${left}`;
  return Array.from(line).slice(0, width).join("");
};

export type ProgressBar = { show(at: ProgressAt): void; end(): void };

const betweenDrawingsMs = 200;
/** Of a terminal that does not say. */
const usualWidth = 120;

/** Draws over itself on a terminal; draws nothing where it is off. */
export const progressBar = (stretch: Stretch, { on, output = process.stderr }: { readonly on: boolean; readonly output?: WriteStream }): ProgressBar => {
  const begun = performance.now();
  let [drawn, last] = [-Infinity, undefined as ProgressAt | undefined];
  const draw = (at: ProgressAt): void => {
    drawn = performance.now();
    cursorTo(output, 0);
    output.write(progressLine(stretch, at, { seconds: (drawn - begun) / 1_000, width: output.columns || usualWidth }));
    clearLine(output, 1);
  };
  return {
    show: (at) => {
      last = at;
      if (on && performance.now() - drawn >= betweenDrawingsMs) draw(at);
    },
    end: () => {
      if (!on || last === undefined) return;
      draw(last);
      output.write("\n");
    },
  };
};

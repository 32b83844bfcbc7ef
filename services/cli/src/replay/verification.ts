import { semantics } from "@finality/engine";
import { isProven, type Verdict, type VerifiedRange, type VerifyDifference } from "./verdict.ts";

/** What `replay verify --json` prints, and what one release reads of another: fields may be added, never taken away. */
const verificationFormat = "finality-replay-verify/1";

export type Verification = {
  readonly format: typeof verificationFormat;
  readonly ok: boolean;
  /** Which ranges this release can check. */
  readonly semantics: number;
  readonly records: number;
  readonly decisions: number;
  readonly ranges: readonly VerifiedRange[];
  readonly firstDifference: VerifyDifference | null;
};

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number => items.reduce((total, item) => total + value(item), 0);

export const verificationOf = (verdicts: readonly Verdict[]): Verification => ({
  format: verificationFormat,
  ok: verdicts.every(isProven),
  semantics,
  records: sum(verdicts, ({ records }) => records),
  decisions: sum(verdicts, ({ decisions }) => decisions),
  ranges: verdicts.flatMap(({ ranges }) => ranges),
  firstDifference: verdicts.find(({ firstDifference }) => firstDifference !== undefined)?.firstDifference ?? null,
});

/** Undefined for anything but what a release prints. The shape behind the format's name is the promise between releases; the cast relies on it. */
export const parsedVerification = (text: string): Verification | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    const isOne = typeof value === "object" && value !== null && Reflect.get(value, "format") === verificationFormat && Array.isArray(Reflect.get(value, "ranges"));
    return isOne ? (value as Verification) : undefined;
  } catch {
    return undefined;
  }
};

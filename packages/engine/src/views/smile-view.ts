import type { FittedSmile } from "../market/smile-state.ts";
import type { VolSource } from "../market/strike-state.ts";
import type { EngineState } from "../state/engine-state.ts";

/** One strike's vol as the books are valued with. */
export type StrikeVolView = { readonly strike: number; readonly vol: number; readonly volTimeUs: number; readonly volSource: VolSource | null };

/** The vols of one expiry: of the strikes that books hold, and the smile fitted to all of its quotes. */
export type SmileView = {
  readonly key: string;
  readonly expiryUs: number;
  readonly strikes: readonly StrikeVolView[];
  readonly fitted: FittedSmile | null;
  /** Why the newest attempt gave no smile. */
  readonly refused: string | null;
};

/** The smiles of expiries that books hold or held, by key. */
export const smileViews = (state: EngineState): readonly SmileView[] =>
  state.smiles.values().flatMap((smile) => {
    if (!smile.watched) return [];
    const strikes = smile.strikes
      .flatMap((key) => state.strikes.get(key) ?? [])
      .flatMap(({ strike, vol, volTimeUs, volSource }) => (vol === null || volTimeUs === null ? [] : [{ strike, vol, volTimeUs, volSource }]))
      .sort((low, high) => low.strike - high.strike);
    return [{ key: smile.key, expiryUs: smile.expiryUs, strikes, fitted: smile.fitted, refused: smile.refused }];
  });

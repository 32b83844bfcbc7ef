export type BucketOptions = {
  /** Tokens that come in a second, > 0. */
  readonly perS: number;
  /** Most tokens that are saved up; what comes beyond is lost and counted. */
  readonly burst: number;
  /** A monotonic clock's now. Milliseconds. */
  readonly nowMs: number;
};

/** Evens out sending: so many tokens a second, and after a stall no more than one burst at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #filledMs: number;
  #tokens = 0;
  #lost = 0;

  constructor({ perS, burst, nowMs }: BucketOptions) {
    this.#perMs = perS / 1_000;
    this.#burst = burst;
    this.#filledMs = nowMs;
  }

  /** Tokens that came while the bucket was full. */
  get lost(): number {
    return Math.floor(this.#lost);
  }

  /** How many whole portions there are now; never negative. */
  portions(size: number, nowMs: number): number {
    const came = this.#tokens + (nowMs - this.#filledMs) * this.#perMs;
    this.#tokens = Math.min(came, this.#burst);
    this.#lost += came - this.#tokens;
    this.#filledMs = nowMs;
    return Math.floor(this.#tokens / size);
  }

  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  /** Milliseconds from the last look until there is a portion. */
  msUntil(size: number): number {
    return Math.max(0, (size - this.#tokens) / this.#perMs);
  }
}

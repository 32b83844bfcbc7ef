/** A map that is walked in order of its keys' code units, whatever the order of insertion: sums over it are the same in every replay (rule 28). */
export class SortedMap<Value> {
  readonly #byKey = new Map<string, Value>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  get(key: string): Value | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  set(key: string, value: Value): void {
    if (!this.#byKey.has(key)) this.#keys.splice(this.#placeOf(key), 0, key);
    this.#byKey.set(key, value);
  }

  *values(): IterableIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): IterableIterator<readonly [string, Value]> {
    for (const key of this.#keys) {
      const value = this.#byKey.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** First index whose key is not below `key`. */
  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A map that is walked in order of its keys' code units, whatever the order of insertion: sums over it are the same in every replay (rule 28). */
export class SortedMap<Value> {
  readonly #byKey = new Map<string, Value>();
  // Side by side, because the fold walks its maps at every record and an array is walked fastest.
  readonly #keys: string[] = [];
  readonly #values: Value[] = [];

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
    const place = this.#placeOf(key);
    const known = this.#byKey.has(key) ? 1 : 0;
    this.#keys.splice(place, known, key);
    this.#values.splice(place, known, value);
    this.#byKey.set(key, value);
  }

  values(): readonly Value[] {
    return this.#values;
  }

  entries(): readonly (readonly [string, Value])[] {
    return this.#values.map((value, index) => [this.#keys[index] ?? "", value] as const);
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

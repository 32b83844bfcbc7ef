const pageSize = 256;

/** A list that grows at its end, hashed page by page, so that a long history costs a hash only where it changed (rule 37). */
export class PagedList<Item> {
  readonly items: Item[];
  readonly #prefix: string;
  readonly #touch: (section: string) => void;

  /** `prefix` names its sections; `touch` is told which section changed. */
  constructor(prefix: string, touch: (section: string) => void, items: Item[] = []) {
    this.#prefix = prefix;
    this.#touch = touch;
    this.items = items;
  }

  /** Index of the new item. */
  push(item: Item): number {
    const index = this.items.length;
    this.items.push(item);
    this.changed(index);
    return index;
  }

  /** The item at `index` was changed in place. */
  changed(index: number): void {
    this.#touch(this.#sectionOf(Math.floor(index / pageSize)));
  }

  /** Sections by name, each with the items of its page. */
  *pages(): IterableIterator<readonly [section: string, items: readonly Item[]]> {
    for (let page = 0; page * pageSize < this.items.length; page += 1) {
      yield [this.#sectionOf(page), this.items.slice(page * pageSize, (page + 1) * pageSize)];
    }
  }

  #sectionOf(page: number): string {
    return `${this.#prefix}/${String(page).padStart(9, "0")}`;
  }
}
